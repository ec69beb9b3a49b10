// Reads something again and again: at the latest after a while, and soon after somebody says that it has changed.

export interface PollTimes {
  /** Least time between the beginnings of two readings. */
  leastMs: number;
  /** Longest time without one. */
  mostMs: number;
}

export interface PollDeps {
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class Poller {
  readonly #read: (signal: AbortSignal) => Promise<boolean>;
  readonly #times: PollTimes;
  readonly #deps: PollDeps;
  #wake = Promise.withResolvers<void>();

  /** `read` gives false when nobody wants it now. It must not reject but for an abort: what goes wrong is its own to show. */
  constructor(read: (signal: AbortSignal) => Promise<boolean>, times: PollTimes, deps: PollDeps) {
    this.#read = read;
    this.#times = times;
    this.#deps = deps;
  }

  /** Says that there is something to read. */
  kick(): void {
    this.#wake.resolve();
  }

  /** Reads until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { now, sleep } = this.#deps;
    while (!signal.aborted) {
      const startMs = now();
      this.#wake = Promise.withResolvers<void>();
      const wasRead = await this.#read(signal);
      const left = (limitMs: number) => Math.max(0, startMs + limitMs - now());
      if (wasRead) await sleep(left(this.#times.leastMs), signal);
      const waiting = new AbortController();
      const both = AbortSignal.any([signal, waiting.signal]);
      await Promise.race([this.#wake.promise, sleep(left(this.#times.mostMs), both)]);
      waiting.abort();
    }
  }
}
