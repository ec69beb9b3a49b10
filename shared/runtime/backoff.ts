// Retry delays with full jitter, so that many clients that failed together do not come back together.

export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. */
  baseMs: number;
  /** Upper bound of every delay, in milliseconds. */
  maxMs: number;
  /** Source of randomness in [0, 1). */
  random?: () => number;
}

export interface Backoff {
  /** The next delay in milliseconds: random below a bound that doubles; never below what the server asked for. */
  next(retryAfterMs?: number): number;
  reset(): void;
}

/** Builds a backoff whose n-th delay is random in [0, min(maxMs, baseMs x 2^n)). */
export function buildBackoff({ baseMs, maxMs, random = Math.random }: BackoffOptions): Backoff {
  let boundMs = baseMs;
  return {
    next(retryAfterMs = 0) {
      const delayMs = random() * boundMs;
      boundMs = Math.min(maxMs, boundMs * 2);
      return retryAfterMs + delayMs;
    },
    reset() {
      boundMs = baseMs;
    },
  };
}
