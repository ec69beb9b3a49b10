// One workload of the fleet from what each cluster says of it. Pure: no clock, and the order of the items does not matter.
// Whether a fleet may have, say, one Degraded cluster is a matter of alerts, not of this.
import type { Health } from "../health/verdict.ts";
import type { WorkloadRecord } from "../kruise/record.ts";
import { freshOf, newestOfEach } from "./items.ts";
import type { AggregateItem } from "./items.ts";
import { countJobs, lastStarts } from "./jobs.ts";
import type { Jobs, Schedule } from "./jobs.ts";
import { sumCounts, sumProgress } from "./numbers.ts";
import type { Progress } from "./numbers.ts";
import { listPartitions, listSources, listTemplates, listVersions, listWaves } from "./rollouts.ts";
import type { ImageSet, Partitions, Source, Wave } from "./rollouts.ts";
import type { Spread } from "./spread.ts";
import { countByHealth, countReasons, countReporting, worstHealth } from "./verdicts.ts";
import type { ReasonCount, Reporting } from "./verdicts.ts";

export interface AggregateOptions {
  /** Most clusters that are named beside a count. */
  namesMax?: number;
}

const NAMES_MAX = 10;

export interface Aggregate {
  /** The worst that is known now. */
  health: Health;
  /** Clusters by health; one that does not report is Unknown. */
  byHealth: Record<Health, number>;
  reasons: ReasonCount[];
  reporting: Reporting;
  /** Sums over the clusters that report, in the words of the record. */
  counts: WorkloadRecord["c"];
  progress: Progress | undefined;
  partition: Partitions | undefined;
  versions: Spread<ImageSet>[];
  waves: Wave[];
  templates: Spread<string>[];
  sources: Spread<Source>[];
  jobs: Jobs | undefined;
  lastScheduleTime: Schedule | undefined;
}

/** Aggregates the items of one fleet workload: see groupByIdentity. Of a cluster's items the newest counts. */
export function aggregate(items: Iterable<AggregateItem>, options: AggregateOptions = {}): Aggregate {
  const { namesMax = NAMES_MAX } = options;
  const newest = newestOfEach(items);
  const fresh = freshOf(newest);
  const versions = listVersions(fresh, namesMax);
  return {
    health: worstHealth(fresh),
    byHealth: countByHealth(newest),
    reasons: countReasons(newest, namesMax),
    reporting: countReporting(newest),
    counts: sumCounts(fresh),
    progress: sumProgress(fresh),
    partition: listPartitions(fresh),
    versions,
    waves: listWaves(fresh, versions),
    templates: listTemplates(fresh, namesMax),
    sources: listSources(fresh, namesMax),
    jobs: countJobs(fresh, namesMax),
    lastScheduleTime: lastStarts(fresh),
  };
}
