// Keys that are due for work: each waits at most once, at its earliest time, and never runs twice at the same time.
import { buildBackoff } from "../runtime/backoff.ts";
import type { Backoff } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import { Heap } from "../runtime/heap.ts";

export interface QueueOptions {
  clock: Clock;
  random?: () => number;
  /** Bounds of the delay after failures of one key, in milliseconds; 500 and 120,000 when not given. */
  baseMs?: number;
  maxMs?: number;
}

/** setTimeout fires at once beyond 2^31 - 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A queue of keys. A key that is added while it runs comes again when that run is over. */
export class Queue {
  readonly #clock: Clock;
  readonly #buildBackoff: () => Backoff;
  /** When each waiting key is due, on the monotonic clock. The heap may hold outdated entries besides. */
  readonly #dueMs = new Map<string, number>();
  readonly #heap = new Heap<{ key: string; dueMs: number }>(({ dueMs }) => dueMs);
  readonly #running = new Set<string>();
  readonly #backoffs = new Map<string, Backoff>();
  readonly #waiters = new Set<(key: string) => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ clock, random, baseMs = 500, maxMs = 120_000 }: QueueOptions) {
    this.#clock = clock;
    this.#buildBackoff = () => buildBackoff({ baseMs, maxMs, ...(random && { random }) });
  }

  /** How many keys wait, due or not. */
  get size(): number {
    return this.#dueMs.size;
  }

  /** How many keys are due and have not been given out. */
  get due(): number {
    const nowMs = this.#clock.monotonicMs();
    let count = 0;
    for (const dueMs of this.#dueMs.values()) if (dueMs <= nowMs) count += 1;
    return count;
  }

  /** Adds a key, due after `delayMs`. When it waits already, the earlier time wins. */
  add(key: string, delayMs = 0): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const before = this.#dueMs.get(key);
    if (before !== undefined && before <= dueMs) return;
    this.#dueMs.set(key, dueMs);
    if (this.#running.has(key)) return;
    this.#heap.push({ key, dueMs });
    this.#dispatch();
  }

  /** Adds a key after a failure, later with every failure in a row. Returns the delay in milliseconds. */
  retry(key: string, retryAfterMs?: number): number {
    const backoff = this.#backoffs.get(key) ?? this.#buildBackoff();
    this.#backoffs.set(key, backoff);
    const delayMs = backoff.next(retryAfterMs);
    this.add(key, delayMs);
    return delayMs;
  }

  /** Forgets the failures of a key. */
  forget(key: string): void {
    this.#backoffs.delete(key);
  }

  /** Gives the next key as soon as it is due; it counts as running until done(). Rejects when the signal aborts. */
  async next(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    this.#waiters.add(resolve);
    this.#dispatch();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#waiters.delete(resolve);
      if (this.#waiters.size === 0) clearTimeout(this.#timer);
    }
  }

  /** Ends the run of a key. */
  done(key: string): void {
    this.#running.delete(key);
    const dueMs = this.#dueMs.get(key);
    if (dueMs !== undefined) this.#heap.push({ key, dueMs });
    this.#dispatch();
  }

  /** Hands due keys to whoever waits, then waits for the next one. */
  #dispatch(): void {
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters) {
      const first = this.#first();
      if (first === undefined) return;
      const delayMs = first.dueMs - this.#clock.monotonicMs();
      if (delayMs > 0) {
        this.#timer = setTimeout(() => this.#dispatch(), Math.min(Math.ceil(delayMs), MAX_TIMER_MS));
        return;
      }
      this.#heap.pop();
      this.#dueMs.delete(first.key);
      this.#running.add(first.key);
      this.#waiters.delete(waiter);
      waiter(first.key);
    }
  }

  /** The entry that is due first; drops outdated ones on the way. */
  #first(): { key: string; dueMs: number } | undefined {
    for (;;) {
      const first = this.#heap.peek();
      if (first === undefined) return undefined;
      if (this.#dueMs.get(first.key) === first.dueMs && !this.#running.has(first.key)) return first;
      this.#heap.pop();
    }
  }
}
