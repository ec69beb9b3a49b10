// Long answers in slices: between two of them the event loop serves everybody else. However many are under way, one of
// them at a time works, so that a turn of the loop never takes longer than one slice.
import { setImmediate } from "node:timers";

/** Longest time without a turn of the event loop. */
export const SLICE_MS = 8;

const waiting: (() => void)[] = [];

function beginNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(beginNext);
}

export class Slice {
  #endMs = performance.now() + SLICE_MS;

  /** Whether it is time to let others go on. */
  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Resolves in a later turn of the event loop, with a new slice. */
  async next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(beginNext);
    await promise;
    this.#endMs = performance.now() + SLICE_MS;
  }
}
