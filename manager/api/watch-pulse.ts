// Wakes the watches when the fleet changes: at once after quiet, then together and not too often. So a storm of changes costs
// each watch one look and one write a beat, however many changes there are, and all of them show the same lines.
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Fleet } from "../fleet/fleet.ts";

/** Least time between two beats: what a change may wait for at most, while there are few watches. */
const LEAST_MS = 5;
/** A beat takes each watch some ten microseconds: with these the watches take no more than half of the time. */
const MS_PER_WATCH = 0.02;

interface Sleeper {
  wake(): void;
}

export class WatchPulse {
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #sleepers = new Set<Sleeper>();
  #lastMs = Number.NEGATIVE_INFINITY;
  #next: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(fleet: Fleet, clock: Clock) {
    this.#fleet = fleet;
    this.#clock = clock;
  }

  /** Wakes a watch from now on. What it answers ends that. */
  join(sleeper: Sleeper): () => void {
    this.#sleepers.add(sleeper);
    this.#unsubscribe ??= this.#fleet.subscribe(() => this.#changed());
    return () => {
      this.#sleepers.delete(sleeper);
      if (this.#sleepers.size === 0) this.#rest();
    };
  }

  #changed(): void {
    if (this.#next !== undefined) return;
    const waitMs = this.#lastMs + LEAST_MS + this.#sleepers.size * MS_PER_WATCH - this.#clock.monotonicMs();
    if (waitMs <= 0) this.#beat();
    else this.#next = setTimeout(() => this.#beat(), waitMs);
  }

  #beat(): void {
    this.#next = undefined;
    this.#lastMs = this.#clock.monotonicMs();
    for (const sleeper of this.#sleepers) sleeper.wake();
  }

  #rest(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}
