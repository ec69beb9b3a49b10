// How long a change waits until the hub has acknowledged it: from the first change that no report holds to the answer.
import type { Clock } from "../shared/runtime/clock.ts";

export class Lag {
  readonly #clock: Clock;
  /** Monotonic times of the first change that no report holds yet, and of the first that the one under way holds. */
  #waitingSinceMs: number | undefined;
  #underWaySinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something to report has changed. */
  changed(): void {
    this.#waitingSinceMs ??= this.#clock.monotonicMs();
  }

  /**
   * A report is made: it holds all changes until now. One that was lost before has handed its own down to it. Gives how long the
   * first of them has waited, in whole milliseconds; undefined when there is none.
   */
  composed(): number | undefined {
    this.#underWaySinceMs ??= this.#waitingSinceMs;
    this.#waitingSinceMs = undefined;
    const sinceMs = this.#underWaySinceMs;
    return sinceMs === undefined ? undefined : Math.round(this.#clock.monotonicMs() - sinceMs);
  }

  /** The report was acknowledged. Gives the lag in seconds; undefined when it held no change. */
  acknowledged(): number | undefined {
    const sinceMs = this.#underWaySinceMs;
    this.#underWaySinceMs = undefined;
    return sinceMs === undefined ? undefined : (this.#clock.monotonicMs() - sinceMs) / 1000;
  }
}
