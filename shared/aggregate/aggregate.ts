// One workload of the fleet from what each cluster says of it. Pure: no clock, and the order of the items does not matter.
// Each item is looked at once; all else is done with groups of clusters on which the workload looks the same.
// Whether a fleet may have, say, one Degraded cluster is a matter of alerts, not of this.
import type { Health } from "../health/verdict.ts";
import { newestOfEach } from "./items.ts";
import type { AggregateItem } from "./items.ts";
import { countJobs, lastStarts } from "./jobs.ts";
import type { Jobs, Schedule } from "./jobs.ts";
import { sumCounts, sumProgress } from "./numbers.ts";
import type { Progress } from "./numbers.ts";
import { groupVersions, listPartitions, listSources, listTemplates, listWaves } from "./rollouts.ts";
import type { Partitions, Wave } from "./rollouts.ts";
import { Shapes } from "./shape.ts";
import type { ImageSet, Source } from "./shape.ts";
import { spreadsOf } from "./spread.ts";
import type { Spreads } from "./spread.ts";
import { Tallies } from "./tally.ts";
import { countByHealth, countReasons, countReporting, worstHealth } from "./verdicts.ts";
import type { ReasonCount, Reporting } from "./verdicts.ts";

export interface AggregateOptions {
  /** Most clusters that are named beside a count. */
  namesMax?: number;
}

export const NAMES_MAX = 10;

export interface Aggregate {
  /** The worst that is known now. */
  health: Health;
  /** Clusters by health; one that does not report is Unknown. */
  byHealth: Record<Health, number>;
  reasons: ReasonCount[];
  reporting: Reporting;
  /** Sums over the clusters that report, in the words of the record. */
  counts: Record<string, number>;
  progress: Progress | undefined;
  partitions: Partitions | undefined;
  versions: Spreads<ImageSet>;
  waves: Wave[];
  templates: Spreads<string>;
  sources: Spreads<Source>;
  jobs: Jobs | undefined;
  lastScheduleTime: Schedule | undefined;
}

/** Aggregates the items of one fleet workload. Of a cluster's items the newest counts. */
export function aggregate(items: Iterable<AggregateItem>, { namesMax = NAMES_MAX }: AggregateOptions = {}): Aggregate {
  const tallies = new Tallies(namesMax);
  const shapes = new Shapes();
  for (const { cluster, record, state, reportedAtMs } of newestOfEach(items)) {
    if (state !== "Fresh") {
      tallies.addSilent(cluster, state, reportedAtMs);
      continue;
    }
    tallies.noteReport(reportedAtMs);
    if (record === undefined) tallies.absent += 1;
    else tallies.addFresh(cluster, shapes.of(record), Date.parse(record.since));
  }
  return summarise(tallies, namesMax);
}

/** The aggregate of what was tallied with the same `namesMax`. */
export function summarise(tallies: Tallies, namesMax = NAMES_MAX): Aggregate {
  const fresh = [...tallies.fresh];
  const versions = groupVersions(fresh);
  return {
    health: worstHealth(tallies),
    byHealth: countByHealth(tallies),
    reasons: countReasons(tallies, namesMax),
    reporting: countReporting(tallies),
    counts: sumCounts(fresh),
    progress: sumProgress(fresh),
    partitions: listPartitions(fresh, namesMax),
    versions: spreadsOf(versions, namesMax),
    waves: listWaves(versions, namesMax),
    templates: listTemplates(fresh, namesMax),
    sources: listSources(fresh, namesMax),
    jobs: countJobs(fresh, namesMax),
    lastScheduleTime: lastStarts(fresh),
  };
}
