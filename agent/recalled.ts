// What the hub told of an earlier agent's workloads, until each of them is seen: a restart is no reason to date anew what
// has not changed. What is not seen within some minutes is gone.
import type { History } from "../shared/health/history.ts";
import { historyFromRecord, isRemembered } from "../shared/kruise/history.ts";
import type { ReceivedRecord } from "../shared/kruise/received-record.ts";
import { keyOf } from "../shared/kruise/record.ts";

const KEPT_MS = 600_000;
/** Below this two clocks are the same: reports take time. */
const SAME_CLOCK_MS = 60_000;

export interface RecalledAt {
  nowMs: number;
  /** By how much the clock that dated the records was behind the one of now. */
  behindMs: number;
}

export class Recalled {
  readonly #histories = new Map<string, History>();
  #untilMs = 0;

  /** Keeps what can be understood of the records. No date is later than now. */
  put(records: readonly ReceivedRecord[], { nowMs, behindMs }: RecalledAt): void {
    const shiftMs = Math.abs(behindMs) < SAME_CLOCK_MS ? 0 : behindMs;
    const shifted = (date: string): string => {
      const atMs = Math.min(Date.parse(date) + shiftMs, nowMs);
      return new Date(Math.max(0, atMs)).toISOString();
    };
    this.#untilMs = nowMs + KEPT_MS;
    for (const record of records.filter(isRemembered)) {
      const { since, prog = since } = record;
      const dated = { ...record, since: shifted(since), prog: shifted(prog) };
      this.#histories.set(keyOf(record), historyFromRecord(dated));
    }
  }

  /** Takes out the history of an object that is seen. */
  take(key: string, uid: string): History | undefined {
    const history = this.#histories.get(key);
    this.#histories.delete(key);
    return history?.uid === uid ? history : undefined;
  }

  /** Lets go of what nobody came for. */
  expire(nowMs: number): void {
    if (this.#histories.size > 0 && nowMs >= this.#untilMs) this.#histories.clear();
  }
}
