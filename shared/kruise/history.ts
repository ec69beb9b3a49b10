// What a restarted agent can know of an object: the record of its previous report.
import type { History, Marks } from "../health/history.ts";
import { seedHistory } from "../health/seed.ts";
import { statusText } from "./observe.ts";
import type { ReceivedRecord } from "./received-record.ts";
import { WorkloadRecord } from "./record.ts";

/** A record whose reason is one of ours; another version may have others. */
export type Remembered = Omit<ReceivedRecord, "r"> & Pick<WorkloadRecord, "r">;

const reasons: ReadonlySet<string> = new Set(WorkloadRecord.shape.r.options);

/** Asks whether a record says what this version can go on with. */
export function isRemembered(record: ReceivedRecord): record is Remembered {
  return record.written === undefined && reasons.has(record.r);
}

/** Makes the history to go on with from the record of a previous report. */
export function historyFromRecord(record: Remembered): History {
  const sinceMs = Date.parse(record.since);
  return seedHistory({
    uid: record.u,
    generation: record.gen,
    observedGeneration: record.obs ?? 0,
    revision: record.ro?.upd ?? "",
    marks: marksOf(record),
    health: record.h,
    reason: record.r,
    sinceMs,
    progressMs: record.prog === undefined ? sinceMs : Date.parse(record.prog),
    wanted: record.c.d ?? record.c.des,
    frozenStatus: statusText(record),
  });
}

function marksOf({ k, c, last }: Remembered): Marks | undefined {
  // A cron job has no pods to count: its latest start is all its progress.
  const nothing = { updated: 0, updatedAvailable: 0, available: 0, gap: 0 };
  if (k === "AdvancedCronJob") return last === undefined ? nothing : { ...nothing, startedMs: Date.parse(last) };
  const { d, des, p, cur, rdy, av, up, uav, urdy } = c;
  if (up === undefined) return undefined;
  const available = av ?? rdy ?? 0;
  const gap = k === "DaemonSet" ? distance(des, cur) : distance(d, p);
  // A DaemonSet does not count the updated pods that are available.
  return { updated: up, updatedAvailable: uav ?? urdy ?? available, available, gap };
}

function distance(wanted = 0, existing = 0): number {
  return Math.abs(wanted - existing);
}
