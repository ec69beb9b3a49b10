import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Slice } from "./slices.ts";

test("however many are under way, one of them works in a turn of the event loop, and each comes to its end", async () => {
  const worked: string[] = [];
  const job = async (name: string) => {
    const slice = new Slice();
    for (let step = 0; step < 3; step += 1) {
      await slice.next();
      worked.push(name);
    }
  };
  const jobs = ["a", "b", "c"].map(job);
  const perTurn = [];
  for (let turn = 0; turn < 10; turn += 1) {
    const before = worked.length;
    await setImmediate();
    perTurn.push(worked.length - before);
  }
  await Promise.all(jobs);
  expect(worked.join("")).toBe("abcabcabc");
  expect(Math.max(...perTurn)).toBe(1);
});

test("a slice is over after some milliseconds, and anew with the next", async () => {
  const slice = new Slice();
  expect(slice.isOver).toBe(false);
  while (!slice.isOver);
  await slice.next();
  expect(slice.isOver).toBe(false);
});
