// Which workload is looked at when: those that stay not healthy, seldom while nothing changes, and never many at a time.
// Memory only, no clock: the caller says what time it is.
import type { WorkloadRecord } from "../../shared/kruise/record.ts";

/** Progressing is looked into only when it lasts; what is worse, at once. */
const STAYS_MS = 30_000;
/** Time to the next look while the verdict stays: doubled each time, up to the last. */
const FIRST_REPEAT_MS = 60_000;
const LAST_REPEAT_MS = 15 * 60_000;
/** A verdict that goes to and fro makes no more looks than this. */
const LEAST_GAP_MS = 10_000;
/** One look a second over all workloads, of which so many may be saved up. */
const PER_LOOK_MS = 1_000;
const BURST = 3;

interface Item {
  uid: string;
  /** What the next look is about: another verdict or another generation begins anew. */
  about: string;
  /** Not healthy since. */
  sinceMs: number;
  lookedMs: number;
  dueMs: number;
  repeatMs: number;
}

type Judged = Pick<WorkloadRecord, "u" | "gen" | "h" | "r" | "since">;

export class Agenda {
  readonly #items = new Map<string, Item>();
  /** Time at which all the looks that may be saved up are there again. */
  #fullMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#items.size;
  }

  /** Takes in the record of a workload as it is now, undefined when it is gone; true when that changes the agenda. */
  note(key: string, record: Judged | undefined, nowMs: number): boolean {
    if (record === undefined || record.h === "Healthy" || record.h === "Suspended") return this.#items.delete(key);
    const about = `${record.u} ${record.gen} ${record.h}/${record.r}`;
    const before = this.#items.get(key);
    if (before?.about === about) return false;
    this.#items.set(key, itemOf(record, about, before?.uid === record.u ? before : undefined, nowMs));
    return true;
  }

  /** Gives the workload whose turn it is and sets its next turn; undefined when it is nobody's. */
  take(nowMs: number): string | undefined {
    const [key, item] = this.#next() ?? [];
    if (key === undefined || item === undefined || this.#waitMs(item, nowMs) > 0) return undefined;
    this.#fullMs = Math.max(this.#fullMs, nowMs) + PER_LOOK_MS;
    item.lookedMs = nowMs;
    item.dueMs = nowMs + item.repeatMs;
    item.repeatMs = Math.min(2 * item.repeatMs, LAST_REPEAT_MS);
    return key;
  }

  /** Time until it is somebody's turn. */
  waitMs(nowMs: number): number {
    const [, item] = this.#next() ?? [];
    return item === undefined ? Number.POSITIVE_INFINITY : this.#waitMs(item, nowMs);
  }

  /** Lets nobody have a turn for so long. */
  pause(ms: number, nowMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + ms);
  }

  #waitMs({ dueMs }: Item, nowMs: number): number {
    const allowedMs = this.#fullMs - (BURST - 1) * PER_LOOK_MS;
    return Math.max(dueMs, allowedMs, this.#notBeforeMs) - nowMs;
  }

  // A scan: it runs once a second at most, over those that are not healthy.
  #next(): [string, Item] | undefined {
    let next: [string, Item] | undefined;
    for (const entry of this.#items) if (next === undefined || entry[1].dueMs < next[1].dueMs) next = entry;
    return next;
  }
}

function itemOf(record: Judged, about: string, known: Item | undefined, nowMs: number): Item {
  const { sinceMs, lookedMs } = known ?? {
    sinceMs: Math.min(Date.parse(record.since) || nowMs, nowMs),
    lookedMs: Number.NEGATIVE_INFINITY,
  };
  const staysMs = record.h === "Progressing" ? sinceMs + STAYS_MS : nowMs;
  const dueMs = Math.max(nowMs, staysMs, lookedMs + LEAST_GAP_MS);
  return { uid: record.u, about, sinceMs, lookedMs, dueMs, repeatMs: FIRST_REPEAT_MS };
}
