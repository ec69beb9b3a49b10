import { afterEach, expect, test, vi } from "vitest";
import { sleep } from "./sleep.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("sleep() waits as long as it is told and leaves nothing on the signal", async () => {
  vi.useFakeTimers();
  const { signal } = new AbortController();
  const removed = vi.spyOn(signal, "removeEventListener");
  const woke = vi.fn<() => void>();
  const done = sleep(1000, signal).then(woke);
  await vi.advanceTimersByTimeAsync(999);
  expect(woke).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await done;
  expect(removed).toHaveBeenCalledOnce();
});

test("sleep() rejects with the signal's reason, before or while it waits, and clears its timer", async () => {
  vi.useFakeTimers();
  const reason = new Error("stop");
  await expect(sleep(1000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const stop = new AbortController();
  const done = sleep(1000, stop.signal);
  stop.abort(reason);
  await expect(done).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});
