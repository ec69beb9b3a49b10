import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

async function read(pieces: readonly Uint8Array[]): Promise<string[]> {
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const lines: string[] = [];
  for await (const line of linesOf(stream)) lines.push(line);
  return lines;
}

const bytes = new TextEncoder().encode('{"a":"ä€😀"}\n{"b":1}\n\n{"last":true}');
const WHOLE = ['{"a":"ä€😀"}', '{"b":1}', '{"last":true}'];

test("lines come whole, wherever the stream is cut: in a line, in a letter, at its end", async () => {
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(await read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(WHOLE);
  }
  expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(WHOLE);
});

test("an empty stream has no line", async () => {
  expect(await read([])).toEqual([]);
});

test("a reader who goes lets go of the stream", async () => {
  let isLetGo = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("x\n")),
    cancel: () => {
      isLetGo = true;
    },
  });
  for await (const line of linesOf(stream)) {
    expect(line).toBe("x");
    break;
  }
  expect(isLetGo).toBe(true);
});
