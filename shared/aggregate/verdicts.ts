// The verdict of a fleet workload, the reasons behind it, and how many clusters it is known from.
import { severity } from "../health/verdict.ts";
import type { Health } from "../health/verdict.ts";
import { compareText, knownOf } from "./items.ts";
import type { AggregateItem, FreshItem, Known } from "./items.ts";
import { nameClusters } from "./spread.ts";
import type { ClusterNames } from "./spread.ts";

export interface ReasonCount extends Known {
  /** The clusters longest in it first; of a Healthy reason none is named. */
  clusters: ClusterNames;
}

export interface Reporting {
  fresh: number;
  stale: number;
  missing: number;
  /** Of the fresh ones: clusters that report and do not have the workload. */
  absent: number;
  /** Arrival of the oldest report that is the newest of its cluster, in milliseconds since 1970. */
  oldestReportedAtMs?: number;
}

/** The worst that is known now; Unknown when nothing is. */
export function worstHealth(fresh: readonly FreshItem[]): Health {
  if (fresh.length === 0) return "Unknown";
  return fresh.map(({ record }) => record.h).reduce((a, b) => (severity(a) >= severity(b) ? a : b));
}

/** Counts clusters by what is known of them now: a silent one is Unknown, whatever it last said. */
export function countByHealth(items: readonly AggregateItem[]): Record<Health, number> {
  const counts: Record<Health, number> = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  for (const item of items) {
    const known = knownOf(item);
    if (known !== undefined) counts[known.health] += 1;
  }
  return counts;
}

/** Lists the reasons, worst health first, then the most common. */
export function countReasons(items: readonly AggregateItem[], namesMax: number): ReasonCount[] {
  const groups = new Map<string, { known: Known; items: AggregateItem[] }>();
  for (const item of items.toSorted(longestFirst)) {
    const known = knownOf(item);
    if (known === undefined) continue;
    const group = groups.get(`${known.health}/${known.reason}`) ?? { known, items: [] };
    group.items.push(item);
    groups.set(`${known.health}/${known.reason}`, group);
  }
  return [...groups.values()]
    .sort((a, b) => severity(b.known.health) - severity(a.known.health) || byCount(a, b))
    .map((group) => ({ ...group.known, clusters: named(group, namesMax) }));
}

function byCount(a: { known: Known; items: unknown[] }, b: { known: Known; items: unknown[] }): number {
  return b.items.length - a.items.length || compareText(a.known.reason, b.known.reason);
}

function named({ known, items }: { known: Known; items: AggregateItem[] }, namesMax: number): ClusterNames {
  const clusters = items.map(({ cluster }) => cluster);
  return nameClusters(clusters, known.health === "Healthy" ? 0 : namesMax);
}

/** A silent cluster is in its state since its last report. */
function longestFirst(a: AggregateItem, b: AggregateItem): number {
  return sinceMs(a) - sinceMs(b) || compareText(a.cluster, b.cluster);
}

function sinceMs({ record, state, reportedAtMs }: AggregateItem): number {
  return state === "Fresh" && record ? Date.parse(record.since) : (reportedAtMs ?? 0);
}

/** Says from how many clusters there is a report, and how old the oldest is. */
export function countReporting(items: readonly AggregateItem[]): Reporting {
  const inState = (state: AggregateItem["state"]) => items.filter((item) => item.state === state);
  const times = items.flatMap(({ reportedAtMs }) => (reportedAtMs === undefined ? [] : [reportedAtMs]));
  return {
    fresh: inState("Fresh").length,
    stale: inState("Stale").length,
    missing: inState("Missing").length,
    absent: inState("Fresh").filter(({ record }) => record === undefined).length,
    ...(times.length > 0 && { oldestReportedAtMs: times.reduce((a, b) => Math.min(a, b)) }),
  };
}
