// What a restarted agent can know of an object: the record of its previous report.
import type { History, Marks } from "../health/history.ts";
import { seedHistory } from "../health/seed.ts";
import type { WorkloadRecord } from "./record.ts";

/** Makes the history to go on with from the record of a previous report. */
export function historyFromRecord(record: WorkloadRecord): History {
  const sinceMs = Date.parse(record.since);
  return seedHistory({
    uid: record.u,
    generation: record.gen,
    observedGeneration: record.obs ?? 0,
    revision: record.ro?.upd ?? "",
    marks: marksOf(record.c),
    health: record.h,
    reason: record.r,
    sinceMs,
    progressMs: record.prog === undefined ? sinceMs : Date.parse(record.prog),
  });
}

function marksOf({ d, p, rdy, av, up, uav, urdy }: WorkloadRecord["c"]): Marks | undefined {
  if (up === undefined) return undefined;
  return {
    updated: up,
    updatedAvailable: uav ?? urdy ?? 0,
    available: av ?? rdy ?? 0,
    gap: Math.abs((d ?? 0) - (p ?? 0)),
  };
}
