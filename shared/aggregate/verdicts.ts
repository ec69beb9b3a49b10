// The verdict of a fleet workload, the reasons behind it, and how many clusters it is known from.
import { severity } from "../health/verdict.ts";
import type { Health } from "../health/verdict.ts";
import { compareText } from "./items.ts";
import { firstByTime, VALUES_MAX } from "./spread.ts";
import type { ClusterNames } from "./spread.ts";
import type { Tallies, Tally } from "./tally.ts";

export interface ReasonCount {
  health: Health;
  /** As the clusters say it; ReportStale and NeverReported are ours. */
  reason: string;
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
export function worstHealth({ fresh }: Tallies): Health {
  let worst: Health | undefined;
  for (const { shape } of fresh) {
    if (worst === undefined || severity(shape.health) > severity(worst)) worst = shape.health;
  }
  return worst ?? "Unknown";
}

/** Counts clusters by what is known of them now: a silent one is Unknown, whatever it last said. */
export function countByHealth({ fresh, stale, missing }: Tallies): Record<Health, number> {
  const silent = stale.count + missing.count;
  const counts: Record<Health, number> = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: silent, Degraded: 0 };
  for (const { shape, count } of fresh) counts[shape.health] += count;
  return counts;
}

interface ReasonGroup {
  health: Health;
  reason: string;
  count: number;
  tallies: Tally[];
}

/** Lists the reasons, worst health first, then the most common; of very many, the first. */
export function countReasons(tallies: Tallies, namesMax: number): ReasonCount[] {
  return groupReasons(tallies)
    .sort((a, b) => severity(b.health) - severity(a.health) || b.count - a.count || compareText(a.reason, b.reason))
    .slice(0, VALUES_MAX)
    .map(({ health, reason, count, tallies: same }) => {
      const names = health === "Healthy" ? [] : firstByTime(same, namesMax).map(({ cluster }) => cluster);
      return { health, reason, clusters: { count, names } };
    });
}

function groupReasons({ fresh, stale, missing }: Tallies): ReasonGroup[] {
  const groups = new Map<string, ReasonGroup>();
  const add = (health: Health, reason: string, tally: Tally) => {
    if (tally.count === 0) return;
    const group = groups.get(`${health}/${reason}`) ?? { health, reason, count: 0, tallies: [] };
    group.count += tally.count;
    group.tallies.push(tally);
    groups.set(`${health}/${reason}`, group);
  };
  for (const tally of fresh) add(tally.shape.health, tally.shape.reason, tally);
  add("Unknown", "ReportStale", stale);
  add("Unknown", "NeverReported", missing);
  return [...groups.values()];
}

/** Says from how many clusters there is a report, and how old the oldest is. */
export function countReporting({ fresh, stale, missing, absent, oldestReportedAtMs }: Tallies): Reporting {
  let known = 0;
  for (const { count } of fresh) known += count;
  return {
    fresh: known + absent,
    stale: stale.count,
    missing: missing.count,
    absent,
    ...(oldestReportedAtMs !== undefined && { oldestReportedAtMs }),
  };
}

/**
 * Since when the fleet has this health, as far as its records tell: the longest of the clusters that have it; of Healthy,
 * the last that came to it; with no fresh report, the last one that there was. 0 when nothing tells.
 */
export function sinceMsOf({ fresh, stale }: Tallies, health: Health): number {
  const times: number[] = [];
  let isKnown = false;
  for (const tally of fresh) {
    isKnown = true;
    if (tally.shape.health !== health) continue;
    times.push(health === "Healthy" ? tally.latestMs : tally.earliestMs);
  }
  if (!isKnown) return Math.max(0, stale.latestMs);
  return health === "Healthy" ? Math.max(...times) : Math.min(...times);
}
