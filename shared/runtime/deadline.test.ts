import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeadlineExceeded, withDeadline } from "./deadline.ts";
import { sleep } from "./sleep.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("withDeadline() passes on a result or an error that comes in time", async () => {
  const { signal } = new AbortController();
  expect(await withDeadline(1000, signal, () => Promise.resolve(1))).toBe(1);
  await expect(withDeadline(1000, signal, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(vi.getTimerCount()).toBe(0);
});

test("withDeadline() aborts the work's signal when the time is over", async () => {
  const outcome = withDeadline(1000, undefined, (signal) => sleep(5000, signal)).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await outcome).toEqual(new DeadlineExceeded("not done within 1000 ms"));
  expect(vi.getTimerCount()).toBe(0);
});

test("withDeadline() passes on the reason of the outer signal, before and while it runs", async () => {
  const reason = new Error("stop");
  const stop = new AbortController();
  const outcome = withDeadline(1000, stop.signal, (signal) => sleep(5000, signal)).catch((error: unknown) => error);
  stop.abort(reason);
  expect(await outcome).toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
  await expect(withDeadline(1000, stop.signal, () => Promise.resolve(1))).rejects.toBe(reason);
});
