// What the hub told of an earlier agent's workloads, until each of them is seen: a restart is no reason to date anew what
// has not changed. What is not seen within some minutes is gone.
import type { History } from "../shared/health/history.ts";
import { dateText } from "../shared/kruise/condense.ts";
import { historyFromRecord, isRemembered } from "../shared/kruise/history.ts";
import type { ReceivedRecord } from "../shared/kruise/received-record.ts";
import { Why, keyOf } from "../shared/kruise/record.ts";
import type { WorkloadRecord } from "../shared/kruise/record.ts";
import { knownTransitions } from "../shared/kruise/transitions.ts";
import type { Verdicts } from "../shared/kruise/transitions.ts";

const KEPT_MS = 600_000;
/** Below this two clocks are the same: reports take time. */
const SAME_CLOCK_MS = 60_000;

export interface RecalledAt {
  nowMs: number;
  /** By how much the clock that dated the records was behind the one of now. */
  behindMs: number;
}

/** What is known of one workload from before. */
export interface RecalledWorkload extends Verdicts, Pick<WorkloadRecord, "why"> {
  history: History;
}

export class Recalled {
  readonly #known = new Map<string, RecalledWorkload>();
  #untilMs = 0;

  /** Keeps what can be understood of the records. No date is later than now. */
  put(records: readonly ReceivedRecord[], at: RecalledAt): void {
    this.#untilMs = at.nowMs + KEPT_MS;
    for (const record of records.filter(isRemembered)) {
      const { h, r, prog = record.since } = record;
      const since = redated(record.since, at);
      const history = historyFromRecord({ ...record, since, prog: redated(prog, at) });
      const hist = knownTransitions(record.hist).map((each) => ({ ...each, since: redated(each.since, at) }));
      const told = { h, r, since, why: knownCauses(record), ...(hist.length > 0 && { hist }) };
      this.#known.set(keyOf(record), { ...told, history });
    }
  }

  /** Takes out what is known of an object that is seen. */
  take(key: string, uid: string): RecalledWorkload | undefined {
    const known = this.#known.get(key);
    this.#known.delete(key);
    return known?.history.uid === uid ? known : undefined;
  }

  /** Lets go of what nobody came for. */
  expire(nowMs: number): void {
    if (this.#known.size > 0 && nowMs >= this.#untilMs) this.#known.clear();
  }
}

/** A date of an earlier agent by the clock of this one, in whole seconds. No date is later than now. */
export function redated(date: string, { nowMs, behindMs }: RecalledAt): string {
  const shiftMs = Math.abs(behindMs) < SAME_CLOCK_MS ? 0 : behindMs;
  return dateText(Math.min(Date.parse(date) + shiftMs, nowMs));
}

/** The causes that stood beside a verdict, as far as this version knows the words; the next look says whether they stay. */
export function causesOf(known: RecalledWorkload | undefined, record: WorkloadRecord): WorkloadRecord["why"] {
  return known?.h === record.h && known.r === record.r ? known.why : undefined;
}

function knownCauses({ why = [] }: ReceivedRecord): WorkloadRecord["why"] {
  return why.flatMap((cause) => Why.safeParse(cause).data ?? []);
}
