// A limit in time for one piece of work, on top of the signal that may stop it anyway. Leaves no timer and no listener.

/** Work did not end in time. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/**
 * Runs `run` with a signal that aborts when `signal` does (same reason), or with DeadlineExceeded after `ms`.
 * `run` decides what that means: this only passes on how it ends.
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new DeadlineExceeded(`not done within ${Math.ceil(ms)} ms`)), ms);
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });
  try {
    return await run(stop.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", forward);
  }
}
