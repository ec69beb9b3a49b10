// How late changes arrive. A watch may be served by something slow between the API server's store and us; the only trace is
// the time that the API server stamps on each write (metadata.managedFields, whole seconds, its own clock). Pure.
import { mapOrEmpty, mapsOf, textOf } from "../../shared/kruise/raw.ts";

/** Lags are told in steps: a number that moves with every change would be a report each time. */
const STEPS_SECONDS = [300, 60, 30, 10] as const;
/** One late change may have waited for us; so many in a row have not. */
const IN_A_ROW = 3;

/** When an object was last written, in milliseconds since 1970; undefined when it does not say. */
export function writtenMsOf(raw: unknown): number | undefined {
  const entries = mapsOf(mapOrEmpty(mapOrEmpty(raw)["metadata"])["managedFields"]);
  const times = entries.map(({ time }) => Date.parse(textOf(time) ?? "")).filter((ms) => !Number.isNaN(ms));
  return times.length === 0 ? undefined : Math.max(...times);
}

export class LagMeter {
  /** Lags of the last changes in a row that were late, in seconds. */
  #late: number[] = [];

  /** Takes in a change that has just arrived. */
  note(writtenMs: number | undefined, nowMs: number): void {
    if (writtenMs === undefined) return;
    const seconds = (nowMs - writtenMs) / 1000;
    this.#late = seconds < STEPS_SECONDS[3] ? [] : [...this.#late, seconds].slice(-IN_A_ROW);
  }

  /** What to tell of it; undefined while changes arrive in time. */
  get message(): string | undefined {
    if (this.#late.length < IN_A_ROW) return undefined;
    const least = Math.min(...this.#late);
    return `Changes arrive more than ${STEPS_SECONDS.find((step) => least >= step)} s late`;
  }
}
