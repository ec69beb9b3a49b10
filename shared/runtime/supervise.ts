// Runs the long-lived tasks of a process together: when one ends, all end.

export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs every task until `stop` aborts. A task that fails or ends early stops the others.
 * @throws AggregateError with every failure that was not the stop itself.
 */
export async function supervise(tasks: Record<string, Task>, stop: AbortController): Promise<void> {
  const running = Object.entries(tasks).map(async ([name, run]) => {
    try {
      await run(stop.signal);
      if (!stop.signal.aborted) throw new Error(`Task "${name}" ended before shutdown`);
    } catch (cause) {
      if (isStop(cause, stop.signal)) return;
      throw cause;
    } finally {
      stop.abort();
    }
  });
  const settled = await Promise.allSettled(running);
  const failures = settled.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : []));
  if (failures.length > 0) throw new AggregateError(failures, "Cannot keep running");
}

function isStop(cause: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (cause === signal.reason || (cause instanceof Error && cause.name === "AbortError"));
}

/** A controller that aborts with the signal, with the same reason. */
export function linkedController(signal: AbortSignal): AbortController {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return controller;
}
