// Waiting that a signal can cut short.
import { setTimeout as timeout } from "node:timers/promises";

/** Waits `ms` milliseconds. Rejects with the signal's reason as soon as it aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await timeout(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause;
  }
}
