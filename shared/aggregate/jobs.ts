// Kinds that end: on how many clusters they did, where they failed, and when a scheduled one last started.
import { firstByName } from "./spread.ts";
import type { ClusterNames } from "./spread.ts";
import type { FreshTally } from "./tally.ts";

export interface Jobs {
  /** Clusters on which the job is done and well, of those that report it. */
  completed: number;
  of: number;
  failed: ClusterNames;
}

/** Starts of a scheduled kind, RFC 3339: the two ends, for a mean would say nothing. */
export interface Schedule {
  earliest: string;
  latest: string;
}

/** Counts jobs by how they ended; undefined when the workload is no job. */
export function countJobs(fresh: Iterable<FreshTally>, namesMax: number): Jobs | undefined {
  const jobs = [...fresh].filter(({ shape }) => shape.isJob);
  if (jobs.length === 0) return undefined;
  const failed = jobs.filter(({ shape }) => shape.health === "Degraded");
  return {
    completed: clusters(jobs.filter(({ shape }) => shape.health === "Healthy")),
    of: clusters(jobs),
    failed: { count: clusters(failed), names: firstByName(failed, namesMax) },
  };
}

function clusters(tallies: readonly FreshTally[]): number {
  return tallies.reduce((sum, { count }) => sum + count, 0);
}

/** Finds the earliest and the latest of the last starts; undefined when nothing has started. */
export function lastStarts(fresh: Iterable<FreshTally>): Schedule | undefined {
  let earliest: string | undefined;
  let latest: string | undefined;
  for (const { last } of Array.from(fresh, ({ shape }) => shape)) {
    if (last === undefined) continue;
    if (earliest === undefined || isBefore(last, earliest)) earliest = last;
    if (latest === undefined || isBefore(latest, last)) latest = last;
  }
  return earliest === undefined || latest === undefined ? undefined : { earliest, latest };
}

/** Of two texts of one moment the order must not decide. */
function isBefore(a: string, b: string): boolean {
  const distanceMs = Date.parse(a) - Date.parse(b);
  return distanceMs === 0 ? a < b : distanceMs < 0;
}
