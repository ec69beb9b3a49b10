// Kinds that end: on how many clusters they did, where they failed, and when a scheduled one last started.
import type { KindName } from "../kruise/kinds.ts";
import type { FreshItem } from "./items.ts";
import { nameClusters } from "./spread.ts";
import type { ClusterNames } from "./spread.ts";

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

const JOB_KINDS: ReadonlySet<string> = new Set<KindName>([
  "BroadcastJob",
  "ImagePullJob",
  "ImageListPullJob",
  "ContainerRecreateRequest",
  "EphemeralJob",
]);

/** Counts jobs by how they ended; undefined when the workload is no job. */
export function countJobs(fresh: readonly FreshItem[], namesMax: number): Jobs | undefined {
  const jobs = fresh.filter(({ record }) => JOB_KINDS.has(record.k));
  if (jobs.length === 0) return undefined;
  const failed = jobs.filter(({ record }) => record.h === "Degraded").map(({ cluster }) => cluster);
  return {
    completed: jobs.filter(({ record }) => record.h === "Healthy").length,
    of: jobs.length,
    failed: nameClusters(failed, namesMax),
  };
}

/** Finds the earliest and the latest of the last starts; undefined when nothing has started. */
export function lastStarts(fresh: readonly FreshItem[]): Schedule | undefined {
  const starts = fresh
    .flatMap(({ record: { last } }) => (last === undefined ? [] : [last]))
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  const [earliest] = starts;
  const latest = starts.at(-1);
  return earliest === undefined || latest === undefined ? undefined : { earliest, latest };
}
