// A queue for what is to happen one after another: the lists of many kinds, so that neither we nor the API server hold
// more than one at a time. Who waits long for an answer does not hold up the others.

export interface Turn {
  /** Something came: the patience with this turn begins anew. */
  renew(): void;
  /** The next one may begin. May be called more than once. */
  end(): void;
}

/** A turn that brings nothing for so long lets the next one begin, and goes on beside it. */
const PATIENCE_MS = 5_000;

export class Turns {
  readonly #patienceMs: number;
  readonly #queue: ((turn: Turn) => void)[] = [];
  #current: Turn | undefined;

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** Waits for its turn, first come first served. Rejects with the signal's reason when that aborts first. */
  async take(signal: AbortSignal): Promise<Turn> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
    const leave = (): void => {
      const place = this.#queue.indexOf(resolve);
      if (place >= 0) this.#queue.splice(place, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#queue.push(resolve);
    this.#next();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const begin = this.#queue.shift();
    if (begin === undefined) return;
    const turn = this.#turn();
    this.#current = turn;
    begin(turn);
  }

  #turn(): Turn {
    const end = (): void => {
      clearTimeout(timer);
      if (this.#current !== turn) return;
      this.#current = undefined;
      this.#next();
    };
    const timer = setTimeout(end, this.#patienceMs);
    const turn: Turn = { renew: () => this.#current === turn && timer.refresh(), end };
    return turn;
  }
}
