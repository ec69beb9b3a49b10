// Waiting for a condition by asking again and again, with an end that says what was last seen.
import { setTimeout as timeout } from "node:timers/promises";

export interface UntilOptions {
  limitMs: number;
  everyMs?: number;
  /** Ends the wait at once with the signal's reason: a component that others depend on has died. */
  signal?: AbortSignal | undefined;
}

/** What one look at the condition found: `done` with its value, or `seen`, which goes into the error at the limit. */
export type Look<T> = { done: true; value: T } | { done: false; seen: unknown };

export function met<T>(value: T): Look<T> {
  return { done: true, value };
}

export function unmet(seen: unknown): Look<never> {
  return { done: false, seen };
}

/** Turns a yes or no into a look at the condition. */
export function lookAt(holds: boolean, seen: unknown): Look<void> {
  return holds ? met(undefined) : unmet(seen);
}

/**
 * Asks `probe` until it says `done`. An exception of the probe counts as "not yet" and is shown at the limit.
 * @throws an Error that names what was awaited, for how long, and what was last seen.
 */
export async function until<T>(
  description: string,
  probe: () => Promise<Look<T>> | Look<T>,
  { limitMs, everyMs = 100, signal }: UntilOptions,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const look = await tryProbe(probe);
    if (look.done) return look.value;
    if (performance.now() - startedMs >= limitMs) {
      throw new Error(`Waited ${limitMs / 1000} s for ${description}. Last seen: ${show(look.seen)}`, {
        ...(look.seen instanceof Error && { cause: look.seen }),
      });
    }
    await timeout(everyMs);
  }
}

async function tryProbe<T>(probe: () => Promise<Look<T>> | Look<T>): Promise<Look<T>> {
  try {
    return await probe();
  } catch (cause) {
    return unmet(cause);
  }
}

function show(seen: unknown): string {
  if (seen instanceof Error) return seen.message;
  return typeof seen === "string" ? seen : JSON.stringify(seen);
}
