// Wakes the watches when the fleet changes: at once after quiet, then together and not too often. So a storm of changes costs
// each watch one look and one write a beat, however many changes there are, and all of them show the same lines. A watch of one
// cluster is woken by its own changes alone: thousands of these are more than the others together.
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { RowChange } from "../fleet/types.ts";

/** Least time between two beats: what a change may wait for at most, while there are few watches. */
const LEAST_MS = 5;
/** A beat takes each watch some ten microseconds: with these the watches take no more than half of the time. */
const MS_PER_WATCH = 0.02;

interface Sleeper {
  wake(): void;
  /** Up to this version nothing happened that it wants to hear of, unless it still has to look at something. */
  skip(version: number): void;
}

export class WatchPulse {
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  /** With the cluster whose changes wake it; undefined: all. */
  readonly #sleepers = new Map<Sleeper, string | undefined>();
  /** Since the last beat. */
  readonly #changed = new Set<string>();
  /** Version of the newest change that was noted: the fleet may have more in place that are still to be told. */
  #noted = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #next: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(fleet: Fleet, clock: Clock) {
    this.#fleet = fleet;
    this.#clock = clock;
  }

  /** Wakes a watch of all clusters, or of one, from now on. What it answers ends that. */
  join(sleeper: Sleeper, cluster?: string): () => void {
    this.#sleepers.set(sleeper, cluster);
    this.#unsubscribe ??= this.#fleet.subscribe((change) => this.#note(change));
    return () => {
      this.#sleepers.delete(sleeper);
      if (this.#sleepers.size === 0) this.#rest();
    };
  }

  #note({ row }: RowChange): void {
    this.#changed.add(row.cluster);
    this.#noted = row.resourceVersion;
    if (this.#next !== undefined) return;
    const waitMs = this.#lastMs + LEAST_MS + this.#sleepers.size * MS_PER_WATCH - this.#clock.monotonicMs();
    if (waitMs <= 0) this.#beat();
    else this.#next = setTimeout(() => this.#beat(), waitMs);
  }

  #beat(): void {
    this.#next = undefined;
    this.#lastMs = this.#clock.monotonicMs();
    for (const [sleeper, cluster] of this.#sleepers) {
      if (cluster === undefined || this.#changed.has(cluster)) sleeper.wake();
      else sleeper.skip(this.#noted);
    }
    this.#changed.clear();
  }

  #rest(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#changed.clear();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}
