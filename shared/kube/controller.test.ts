import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../runtime/clock.ts";
import { buildController } from "./controller.ts";
import type { ControllerOptions, Reconcile } from "./controller.ts";
import { ApiError } from "./errors.ts";

let stop: AbortController;
let logged: { level: number; msg: string; key: string; retryInMs: number }[];
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
  logged = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function build(reconcile: ControllerOptions["reconcile"], options: Partial<ControllerOptions> = {}) {
  const log = pino({ level: "debug" }, { write: (line) => logged.push(JSON.parse(line) as (typeof logged)[0]) });
  const base = { name: "test", reconcile, log, clock: systemClock, random: () => 0.5, concurrency: 1 };
  return buildController({ ...base, ...options });
}

/** Runs a controller for `ms`, then stops it. */
async function run(controller: ReturnType<typeof build>, ms: number): Promise<unknown> {
  const ended = controller.run(stop.signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(ms);
  stop.abort(new Error("stop"));
  return ended;
}

describe("buildController()", () => {
  test("reconciles keys that were added before and while it runs, and rejects with the signal's reason", async () => {
    const keys: string[] = [];
    const controller = build(async (key) => {
      keys.push(key);
      if (key === "a") controller.enqueue("c");
    });
    controller.enqueue("a");
    controller.enqueue("b", 100);
    expect(await run(controller, 1000)).toEqual(new Error("stop"));
    expect(keys).toEqual(["a", "c", "b"]);
  });

  test("looks again after requeueAfterMs", async () => {
    const reconcile = vi.fn<Reconcile>(async () => ({ requeueAfterMs: 1000 }));
    const controller = build(reconcile);
    controller.enqueue("a");
    await run(controller, 3500);
    expect(reconcile).toHaveBeenCalledTimes(4);
  });

  test("says how many keys are due, and how many looks have failed, conflicts apart", async () => {
    const broken: Record<string, Error> = {
      a: new Error("broken"),
      b: new ApiError("changed meanwhile", { status: 409, reason: "Conflict" }),
    };
    const controller = build(async (key) => {
      if (broken[key] !== undefined) throw broken[key];
    });
    for (const key of ["a", "b", "c"]) controller.enqueue(key);
    controller.enqueue("later", 60_000);
    expect(controller.state()).toEqual({ due: 3, failures: 0 });
    await run(controller, 1);
    expect(controller.state()).toEqual({ due: 0, failures: 1 });
  });

  test("tries a failed key again, later each time, and logs each failure once", async () => {
    let failures = 3;
    const reconcile = vi.fn<Reconcile>(async () => {
      if (failures-- > 0) throw new Error("broken");
    });
    const controller = build(reconcile);
    controller.enqueue("a");
    await run(controller, 10_000);
    expect(reconcile).toHaveBeenCalledTimes(4);
    expect(logged.map(({ level, msg, key, retryInMs }) => [level, msg, key, retryInMs])).toEqual([
      [40, "reconcile failed", "a", 250],
      [40, "reconcile failed", "a", 500],
      [40, "reconcile failed", "a", 1000],
    ]);
  });

  test("begins with a short delay again after a success", async () => {
    const outcomes = [false, false, true, false, true];
    const controller = build(async () => {
      if (outcomes.shift() !== true) throw new Error("broken");
      controller.enqueue("a", 1);
    });
    controller.enqueue("a");
    await run(controller, 1200);
    expect(logged.slice(0, 3).map(({ retryInMs }) => retryInMs)).toEqual([250, 500, 250]);
  });

  test("waits as long as the server asks, and takes a conflict for nothing to warn of", async () => {
    const errors = [
      new ApiError("x", { status: 429, reason: "TooManyRequests", retryAfterMs: 5000 }),
      new ApiError("x", { status: 409, reason: "Conflict" }),
    ];
    const reconcile = vi.fn<Reconcile>(async () => {
      const error = errors.shift();
      if (error) throw error;
    });
    const controller = build(reconcile);
    controller.enqueue("a");
    await run(controller, 20_000);
    expect(reconcile).toHaveBeenCalledTimes(3);
    expect(logged.map(({ level, retryInMs }) => [level, retryInMs])).toEqual([
      [40, 5250],
      [20, 500],
    ]);
  });

  test("works on several keys together, never twice on one", async () => {
    const running = new Set<string>();
    let most = 0;
    const controller = build(
      async (key) => {
        expect(running.has(key)).toBe(false);
        running.add(key);
        most = Math.max(most, running.size);
        await new Promise((resolve) => setTimeout(resolve, 100));
        running.delete(key);
      },
      { concurrency: 2 },
    );
    for (const key of ["a", "b", "c", "a"]) controller.enqueue(key);
    const ended = controller.run(stop.signal).catch(() => "stopped");
    await vi.advanceTimersByTimeAsync(50);
    controller.enqueue("a");
    await vi.advanceTimersByTimeAsync(1000);
    stop.abort();
    expect(await ended).toBe("stopped");
    expect(most).toBe(2);
    expect(logged).toEqual([]);
  });

  test("waits, when stopped, for the run under way", async () => {
    let finished = false;
    const controller = build(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      finished = true;
    });
    controller.enqueue("a");
    const ended = controller.run(stop.signal).catch(() => finished);
    await vi.advanceTimersByTimeAsync(10);
    stop.abort();
    await vi.advanceTimersByTimeAsync(100);
    expect(await ended).toBe(true);
  });

  test("looks at every key again from time to time, in a spread of its own, though nobody asks", async () => {
    const looks: [string, number][] = [];
    const startMs = performance.now();
    let keys = ["a", "b"];
    const reconcile: Reconcile = async (key) => void looks.push([key, performance.now() - startMs]);
    const controller = build(reconcile, { resync: { everyMs: 60_000, keys: () => keys } });
    const ended = controller.run(stop.signal).catch(() => "stopped");
    await vi.advanceTimersByTimeAsync(65_000);
    keys = ["b"];
    await vi.advanceTimersByTimeAsync(60_000);
    stop.abort();
    await ended;
    expect(looks).toEqual([
      ["a", 63_000],
      ["b", 63_000],
      ["b", 123_000],
    ]);
  });

  test("leaves no timer when it is stopped, whatever waits, runs or has failed", async () => {
    const reconcile: Reconcile = async (key) => {
      if (key === "fails") throw new Error("broken");
      if (key === "again") return { requeueAfterMs: 5000 };
      return new Promise((resolve) => setTimeout(resolve, 50, { requeueAfterMs: 5000 }));
    };
    const controller = build(reconcile, { concurrency: 3, resync: { everyMs: 60_000, keys: () => ["a"] } });
    for (const key of ["fails", "again", "runs"]) controller.enqueue(key);
    controller.enqueue("waits", 90_000);
    const ended = run(controller, 20);
    await vi.advanceTimersByTimeAsync(100);
    expect(await ended).toEqual(new Error("stop"));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("delays a failing key alone: the others are looked at without delay", async () => {
    const looks: string[] = [];
    const controller = build(async (key) => {
      looks.push(key);
      if (key === "bad") throw new Error("broken");
    });
    controller.enqueue("bad");
    setTimeout(() => controller.enqueue("good"), 200);
    await run(controller, 400);
    expect(looks).toEqual(["bad", "good", "bad"]);
  });
});
