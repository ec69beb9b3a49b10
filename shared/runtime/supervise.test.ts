import { expect, test } from "vitest";
import { linkedController, supervise } from "./supervise.ts";
import type { Task } from "./supervise.ts";

/** Runs until it is stopped, then rejects with the signal's reason as most loops do. */
const loop: Task = async (signal) => {
  const { promise, reject } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  if (signal.aborted) reject(signal.reason);
  await promise;
};

test("supervise() ends in peace when it is stopped", async () => {
  const stop = new AbortController();
  const ended = supervise({ one: loop, two: loop }, stop);
  stop.abort(new Error("shutdown"));
  await expect(ended).resolves.toBeUndefined();
});

test("supervise() stops the others when one fails, and tells of that failure alone", async () => {
  const stop = new AbortController();
  const failure = new Error("broken");
  const ended = supervise({ good: loop, bad: () => Promise.reject(failure) }, stop);
  await expect(ended).rejects.toMatchObject({ message: "Cannot keep running", errors: [failure] });
  expect(stop.signal.aborted).toBe(true);
});

test("supervise() counts a task that ends early as a failure, by its name", async () => {
  const ended = supervise({ loop, short: () => Promise.resolve() }, new AbortController());
  await expect(ended).rejects.toMatchObject({ errors: [{ message: 'Task "short" ended before shutdown' }] });
});

test("linkedController() aborts with its signal and the same reason, at once when that has aborted already", () => {
  const outer = new AbortController();
  const before = linkedController(outer.signal);
  outer.abort(new Error("shutdown"));
  expect(before.signal.reason).toBe(outer.signal.reason);
  expect(linkedController(outer.signal).signal.reason).toBe(outer.signal.reason);
});

test("linkedController() leaves the signal that it follows alone", () => {
  const outer = new AbortController();
  linkedController(outer.signal).abort();
  expect(outer.signal.aborted).toBe(false);
});
