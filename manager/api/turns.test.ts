import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

/** Works for so long. */
function busy(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

test("short work is done at once, all of it in one turn", () => {
  const turns = new Turns();
  const done: number[] = [];
  for (let index = 0; index < 10; index += 1) void turns.run(() => done.push(index));
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("much work is done in order, a slice in each turn of the event loop", async () => {
  const turns = new Turns();
  const done: number[] = [];
  const all = Array.from({ length: 12 }, (_, index) =>
    turns.run(() => {
      busy(3);
      return done.push(index);
    }),
  );
  const perTurn = [done.length];
  while (done.length < all.length) {
    const before = done.length;
    await setImmediate();
    perTurn.push(done.length - before);
  }
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(3);
  expect(perTurn.length).toBeGreaterThanOrEqual(4);
});

test("what fails fails alone, at once or later", async () => {
  const turns = new Turns();
  const fails = () =>
    turns.run(() => {
      busy(10);
      throw new Error("no");
    });
  const first = fails();
  const second = fails();
  const third = turns.run(() => "yes");
  await expect(first).rejects.toThrow("no");
  await expect(second).rejects.toThrow("no");
  expect(await third).toBe("yes");
});
