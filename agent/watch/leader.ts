// Whether a Lease is being renewed, judged by changes seen with our own clock, so that a skewed clock of the holder
// does not matter. Only for the first look, with nothing to compare, the written time counts.
import type { Clock } from "../../shared/runtime/clock.ts";

/** Without renewal for this long there is no leader; Kruise's manager renews every two seconds. */
const STALE_AFTER_MS = 60_000;

export class LeaderWatch {
  readonly #clock: Clock;
  #renewTime: string | undefined;
  /** Monotonic; undefined until a change was seen. */
  #changedMs: number | undefined;
  #seen = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Judges the Lease as it reads now. An empty holder has let go of it. */
  judge(holder: string, renewTime: string | undefined): "Fresh" | "Stale" {
    const nowMs = this.#clock.monotonicMs();
    if (this.#seen && renewTime !== this.#renewTime) this.#changedMs = nowMs;
    this.#seen = true;
    this.#renewTime = renewTime;
    if (holder === "" || renewTime === undefined) return "Stale";
    const quietMs =
      this.#changedMs === undefined ? this.#clock.wallMs() - Date.parse(renewTime) : nowMs - this.#changedMs;
    // An unreadable date gives NaN, which is not "at most".
    return quietMs <= STALE_AFTER_MS ? "Fresh" : "Stale";
  }
}
