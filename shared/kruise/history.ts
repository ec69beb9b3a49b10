// What a restarted agent can know of an object: the record of its previous report.
import type { History, Marks } from "../health/history.ts";
import { seedHistory } from "../health/seed.ts";
import { statusText } from "./observe.ts";
import type { WorkloadRecord } from "./record.ts";

/** Makes the history to go on with from the record of a previous report. */
export function historyFromRecord(record: WorkloadRecord): History {
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

function marksOf({ k, c, last }: WorkloadRecord): Marks | undefined {
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
