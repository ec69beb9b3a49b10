// The loop around a reconcile function: what to run next, and what an error leads to.
// Level-based: a key says only which object to look at, never what happened to it.
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { sleep } from "../runtime/sleep.ts";
import { ApiError, isConflict } from "./errors.ts";
import { Queue } from "./queue.ts";

/** Brings one object where it should be. `requeueAfterMs`: look again then, even if nothing changes. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<{ requeueAfterMs?: number } | void>;

export interface ControllerOptions {
  name: string;
  reconcile: Reconcile;
  log: Log;
  clock: Clock;
  random?: () => number;
  /** How many keys are worked on at a time; 4 when not given. One key never twice together. */
  concurrency?: number;
  /** Every key there is, and how often to look at them all even if nothing changes; never when not given. */
  resync?: { everyMs: number; keys: () => Iterable<string> };
}

/** The part of a resync's time over which its looks are spread, so that they never come all at once. */
const RESYNC_SPREAD = 0.1;

/** What a controller has to tell of itself. */
export interface ControllerState {
  /** Keys that are due and wait for their turn. */
  due: number;
  /** Looks that have failed, conflicts apart. */
  failures: number;
}

export interface Controller {
  /** Asks for a look at a key, now or after `delayMs`. */
  enqueue(key: string, delayMs?: number): void;
  /** Works until the signal aborts; rejects then with its reason, after the runs under way have ended. */
  run(signal: AbortSignal): Promise<void>;
  state(): ControllerState;
}

/** Builds a controller. Keys may be enqueued before it runs. */
export function buildController(options: ControllerOptions): Controller {
  const { name, reconcile, log, clock, random = Math.random, concurrency = 4, resync } = options;
  const queue = new Queue({ clock, random });
  let failures = 0;

  const runOne = async (key: string, signal: AbortSignal): Promise<void> => {
    try {
      const result = await reconcile(key, signal);
      queue.forget(key);
      if (result?.requeueAfterMs !== undefined) queue.add(key, result.requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      const retryInMs = queue.retry(key, error instanceof ApiError ? error.retryAfterMs : undefined);
      // Somebody else wrote first: nothing is wrong, the next look sees the new state.
      const level = isConflict(error) ? "debug" : "warn";
      if (level === "warn") failures += 1;
      log[level]({ err: error, controller: name, key, retryInMs }, "reconcile failed");
    } finally {
      queue.done(key);
    }
  };

  const work = async (signal: AbortSignal): Promise<never> => {
    for (;;) await runOne(await queue.next(signal), signal);
  };

  // Not for what a watch has missed, which no cache holds: for what was in a cache and nobody looked at.
  const lookAtAll = async (signal: AbortSignal, { everyMs, keys }: NonNullable<typeof resync>): Promise<never> => {
    for (;;) {
      await sleep(everyMs, signal);
      for (const key of keys()) queue.add(key, random() * everyMs * RESYNC_SPREAD);
    }
  };

  return {
    enqueue: (key, delayMs) => queue.add(key, delayMs),
    state: () => ({ due: queue.due, failures }),
    run: async (signal) => {
      const workers = Array.from({ length: concurrency }, () => work(signal));
      await Promise.allSettled(resync ? [...workers, lookAtAll(signal, resync)] : workers);
      signal.throwIfAborted();
    },
  };
}
