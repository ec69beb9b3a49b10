import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { Queue } from "./queue.ts";

let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
});

const build = () => new Queue({ clock: systemClock, random: () => 0.5, baseMs: 1000, maxMs: 4000 });

/** Takes keys for as long as the test runs; says when, in milliseconds since it began. */
function drain(queue: Queue): { taken: [string, number][] } {
  const startMs = performance.now();
  const taken: [string, number][] = [];
  void (async () => {
    for (;;) {
      const key = await queue.next(stop.signal);
      taken.push([key, performance.now() - startMs]);
      queue.done(key);
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return { taken };
}

describe("Queue", () => {
  test("gives each key once, however often it was added", async () => {
    const queue = build();
    for (const key of ["a", "b", "a", "a"]) queue.add(key);
    const { taken } = drain(queue);
    await vi.advanceTimersByTimeAsync(1000);
    expect(taken).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
  });

  test("gives keys when they are due; the earlier of two times wins", async () => {
    const queue = build();
    const { taken } = drain(queue);
    queue.add("late", 5000);
    queue.add("sooner", 5000);
    queue.add("sooner", 1000);
    queue.add("stays", 2000);
    queue.add("stays", 9000);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(taken).toEqual([
      ["sooner", 1000],
      ["stays", 2000],
      ["late", 5000],
    ]);
    expect(queue.size).toBe(0);
  });

  test("never gives a key that is running; gives it again when it was added meanwhile", async () => {
    const queue = build();
    queue.add("a");
    expect(await queue.next(stop.signal)).toBe("a");
    queue.add("a");
    queue.add("a", 50);
    queue.add("b");
    expect(await queue.next(stop.signal)).toBe("b");
    const next = queue.next(stop.signal);
    await vi.advanceTimersByTimeAsync(1000);
    queue.done("a");
    expect(await next).toBe("a");
    expect(queue.size).toBe(0);
  });

  test("delays a failing key longer each time, up to a bound, until it is forgotten", () => {
    const queue = build();
    expect([1, 2, 3, 4].map(() => queue.retry("a"))).toEqual([500, 1000, 2000, 2000]);
    expect(queue.retry("b", 7000)).toBe(7500);
    queue.forget("a");
    expect(queue.retry("a")).toBe(500);
  });

  test("hands keys to several takers", async () => {
    const queue = build();
    const both = Promise.all([queue.next(stop.signal), queue.next(stop.signal)]);
    queue.add("a", 10);
    queue.add("b", 20);
    await vi.advanceTimersByTimeAsync(20);
    expect(await both).toEqual(["a", "b"]);
  });

  test("rejects who waits when the signal aborts, and leaves no timer", async () => {
    const queue = build();
    queue.add("a", 1000);
    const next = queue.next(stop.signal);
    const reason = new Error("stop");
    stop.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(queue.next(stop.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    expect(await Promise.race([queue.next(new AbortController().signal), vi.advanceTimersByTimeAsync(1000)])).toBe("a");
  });
});
