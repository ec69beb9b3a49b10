import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./errors.ts";
import { withRetry } from "./retry.ts";

const failed = (status: number, retryAfterMs?: number) => new ApiError("x", { status, reason: "Test", retryAfterMs });
const { signal } = new AbortController();
const random = () => 0.5;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Fails with each error in turn, then succeeds; notes when it was called, in milliseconds. */
function flaky(...errors: Error[]) {
  const startMs = performance.now();
  const calledMs: number[] = [];
  const run = async () => {
    calledMs.push(performance.now() - startMs);
    const error = errors.shift();
    if (error) throw error;
    return "done";
  };
  return { run, calledMs };
}

describe("withRetry()", () => {
  test("tries again after no answer, 429 and server faults, no sooner than the server asks", async () => {
    const { run, calledMs } = flaky(failed(0), failed(503), failed(429, 3000), failed(500));
    const done = withRetry(run, { attempts: 5, signal, random });
    await vi.runAllTimersAsync();
    expect(await done).toBe("done");
    expect(calledMs).toEqual([0, 250, 750, 4750, 6750]);
  });

  test.each([400, 401, 403, 404, 409, 410, 422])("fails at once with %i", async (status) => {
    const error = failed(status);
    const { run, calledMs } = flaky(error);
    await expect(withRetry(run, { attempts: 5, signal })).rejects.toBe(error);
    expect(calledMs).toHaveLength(1);
  });

  test("fails at once with what is not the API server's", async () => {
    const { run, calledMs } = flaky(new TypeError("ours"));
    await expect(withRetry(run, { attempts: 5, signal })).rejects.toThrow("ours");
    expect(calledMs).toHaveLength(1);
  });

  test("gives the last error when the attempts are used up: four when nothing is said", async () => {
    const { run, calledMs } = flaky(...[1, 2, 3, 4, 5].map(() => failed(500)));
    const done = withRetry(run, { signal, random }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await done).toMatchObject({ status: 500 });
    expect(calledMs).toHaveLength(4);
  });

  test("begins no attempt after the deadline", async () => {
    const { run, calledMs } = flaky(...Array.from({ length: 20 }, () => failed(500)));
    const done = withRetry(run, { deadlineMs: 2000, signal, random }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await done).toMatchObject({ status: 500 });
    expect(calledMs).toEqual([0, 250, 750, 1750]);
  });

  test("stops waiting when the signal aborts", async () => {
    const stop = new AbortController();
    const { run, calledMs } = flaky(failed(500, 60_000));
    const done = withRetry(run, { signal: stop.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    stop.abort(new Error("stop"));
    expect(await done).toEqual(new Error("stop"));
    expect(calledMs).toHaveLength(1);
  });
});
