// What a request may ask to be told of its answer, and how long it may be.
import { gzipSync } from "node:zlib";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { failure, json, startScriptedServer } from "../../test/support/scripted-server.ts";
import type { Answer } from "../../test/support/scripted-server.ts";
import { buildKube } from "./connection.ts";
import { staticSource } from "./credentials.ts";
import { isTooLarge } from "./errors.ts";
import type { Kube } from "./types.ts";

async function connect(...script: Answer[]): Promise<Kube> {
  const server = await startScriptedServer(...script);
  const source = staticSource({ server: server.url, ca: server.authority.cert });
  const kube = await buildKube({ source, log: pino({ level: "silent" }), userAgent: "test" });
  onTestFinished(async () => {
    kube.close();
    await server.close();
  });
  return kube;
}

const TEXT = JSON.stringify({ items: "x".repeat(9_988) });
const zipped: Answer = (response) => {
  response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(TEXT));
};
const plain: Answer = (response) => {
  response.writeHead(200).end(TEXT);
};
const GET = { method: "GET", path: "/things" } as const;

describe("an answer", () => {
  test.each([
    ["plain", plain],
    ["compressed", zipped],
  ])("that is %s has its length told, and is given up when it is longer than allowed", async (_what, answer) => {
    const kube = await connect(answer, answer, json({ ok: true }));
    const lengths: number[] = [];
    const onBody = (bytes: number): void => void lengths.push(bytes);
    expect(await kube.request({ ...GET, maxBytes: 10_000, onBody })).toMatchObject({ items: expect.any(String) });
    const error: unknown = await kube.request({ ...GET, maxBytes: 9_999, onBody }).catch((cause: unknown) => cause);
    expect(isTooLarge(error)).toBe(true);
    expect(String(error)).toContain("longer than 9999 bytes");
    expect(lengths).toEqual([10_000]);
    expect(await kube.request(GET)).toEqual({ ok: true });
  });
});

describe("a stream", () => {
  test("says that it has begun, before its first line; one that is refused has not", async () => {
    const held = Promise.withResolvers<void>();
    const kube = await connect(
      async (response) => {
        response.writeHead(200).flushHeaders();
        await held.promise;
        response.end("line\n");
      },
      failure(403, "Forbidden"),
    );
    const seen: string[] = [];
    const opened = Promise.withResolvers<void>();
    const onOpen = (): void => {
      seen.push("open");
      opened.resolve();
    };
    const lines = kube.open({ ...GET, onOpen });
    const first = lines.next();
    await opened.promise;
    held.resolve();
    seen.push(String((await first).value));
    expect(seen).toEqual(["open", "line"]);
    await expect(kube.open({ ...GET, onOpen }).next()).rejects.toThrow("Forbidden");
    expect(seen).toEqual(["open", "line"]);
    await lines.return();
  });
});
