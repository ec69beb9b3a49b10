// Tries again what may succeed later: no answer, 429, server faults. Everything else fails at once.
import { buildBackoff } from "../runtime/backoff.ts";
import { systemClock } from "../runtime/clock.ts";
import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/sleep.ts";
import { ApiError, isTransient } from "./errors.ts";

export interface RetryOptions {
  /** How many times in all; without a limit when only `deadlineMs` is given; 4 when neither is. */
  attempts?: number;
  /** No new attempt begins later than this many milliseconds after the first. */
  deadlineMs?: number;
  signal: AbortSignal;
  random?: () => number;
  clock?: Clock;
}

/** Runs `run` until it succeeds. Waits with full jitter between attempts, and at least as long as Retry-After asks. */
export async function withRetry<T>(run: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, random, clock = systemClock } = options;
  const { attempts, deadlineMs } = limitsOf(options);
  const backoff = buildBackoff({ baseMs: 500, maxMs: 10_000, ...(random && { random }) });
  const startMs = clock.monotonicMs();
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted || !isTransient(error) || attempt >= attempts) throw error;
      const delayMs = backoff.next(error instanceof ApiError ? error.retryAfterMs : undefined);
      if (clock.monotonicMs() - startMs + delayMs > deadlineMs) throw error;
      await sleep(delayMs, signal);
    }
  }
}

function limitsOf({ attempts, deadlineMs }: RetryOptions): { attempts: number; deadlineMs: number } {
  const unlimited = Number.POSITIVE_INFINITY;
  return { attempts: attempts ?? (deadlineMs === undefined ? 4 : unlimited), deadlineMs: deadlineMs ?? unlimited };
}
