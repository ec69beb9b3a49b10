// Questions about the fleet's rows. Pure: they take rows and look at nothing else.
import { HEALTHS, severity } from "../../shared/health/verdict.ts";
import type { Health } from "../../shared/health/verdict.ts";
import type { ClusterRow, WorkloadRow } from "./types.ts";

/** What is known of a workload now: a cluster that does not report says nothing about its workloads. */
export function currentHealth(row: WorkloadRow): Health {
  return row.state === "Fresh" ? row.record.h : "Unknown";
}

export function countByHealth(rows: Iterable<WorkloadRow>): Record<Health, number> {
  const counts: Record<Health, number> = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  for (const row of rows) counts[currentHealth(row)] += 1;
  return counts;
}

/** The rows that need a person first: worst health, then the longest in it, then by name. Healthy ones are left out. */
export function worstRows(rows: readonly WorkloadRow[], limit: number): WorkloadRow[] {
  return rows
    .filter((row) => currentHealth(row) !== HEALTHS[0])
    .toSorted(
      (a, b) =>
        severity(currentHealth(b)) - severity(currentHealth(a)) ||
        compareText(a.record.since, b.record.since) ||
        compareText(a.name, b.name),
    )
    .slice(0, limit);
}

/** Clusters without a fresh report, by name. */
export function silentClusters(clusters: readonly ClusterRow[]): ClusterRow[] {
  return clusters.filter((row) => row.state !== "Fresh").toSorted((a, b) => compareText(a.cluster, b.cluster));
}

/** Order by code units: the same on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
