// Short pieces of work that many ask for at the same time: as many in one turn of the event loop as fit into a slice, the
// others in the order in which they came. So the Lease is renewed and discovery is answered while a whole fleet reports.
import { setImmediate } from "node:timers";
import { SLICE_MS } from "./slices.ts";

export class Turns {
  readonly #waiting: (() => void)[] = [];
  /** End of this turn's slice; undefined: nothing was done in this turn yet. */
  #endMs: number | undefined;

  /** Does the work now or in a later turn; what it throws rejects. */
  run<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const begin = (): void => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    if (this.#waiting.length === 0 && this.#hasTime()) begin();
    else this.#waiting.push(begin);
    return promise;
  }

  #hasTime(): boolean {
    const nowMs = performance.now();
    if (this.#endMs === undefined) {
      this.#endMs = nowMs + SLICE_MS;
      setImmediate(() => this.#nextTurn());
    }
    return nowMs < this.#endMs;
  }

  #nextTurn(): void {
    this.#endMs = undefined;
    while (this.#waiting.length > 0 && this.#hasTime()) this.#waiting.shift()?.();
  }
}
