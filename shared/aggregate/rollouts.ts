// What is rolled out where: partitions, image sets, pod templates, and in which order clusters came to them.
// Revision hashes are not compared: each cluster makes its own from its own objects.
import { compareText } from "./items.ts";
import type { ImageSet, Partition, Source, Valued } from "./shape.ts";
import { firstByTime, groupBy, spreadsOf, VALUES_MAX } from "./spread.ts";
import type { Group, Spreads } from "./spread.ts";
import type { FreshTally } from "./tally.ts";

export interface Partitions extends Spreads<Partition> {
  /** Pods that all of them keep at the old revision. */
  kept: number;
  /** They differ. A canary by cluster is usually intended: worth saying, no alarm. */
  spread: boolean;
}

/** Clusters coming to one image set. Their time is that of their last verdict: the nearest that a record has. */
export interface Wave {
  /** Index of the image set in `versions`. */
  version: number;
  /** The first clusters in it, the first one first. */
  names: string[];
  earliestMs: number;
  latestMs: number;
}

/** Lists what rollouts are held by; undefined for a kind without partition and pause. */
export function listPartitions(fresh: Iterable<FreshTally>, namesMax: number): Partitions | undefined {
  const groups = groupBy(fresh, ({ shape }) => optional(shape.partition));
  if (groups.length === 0) return undefined;
  const kept = groups.flatMap(({ tallies }) => tallies).reduce((sum, { shape, count }) => sum + shape.kept * count, 0);
  return { ...spreadsOf(groups, namesMax), kept, spread: groups.length > 1 };
}

/** Groups clusters by the set of images that they want. */
export function groupVersions(fresh: Iterable<FreshTally>): Group<ImageSet, FreshTally>[] {
  return groupBy(fresh, ({ shape }) => optional(shape.images));
}

/** Orders image sets by when the first cluster came to them: who is ahead and who lags. */
export function listWaves(versions: readonly Group<ImageSet>[], namesMax: number): Wave[] {
  return versions
    .slice(0, VALUES_MAX)
    .map(({ tallies }, version) => {
      const names = firstByTime(tallies, namesMax).map(({ cluster }) => cluster);
      const earliestMs = Math.min(...tallies.map((tally) => tally.earliestMs));
      return { version, names, earliestMs, latestMs: Math.max(...tallies.map((tally) => tally.latestMs)) };
    })
    .sort((a, b) => a.earliestMs - b.earliestMs || compareText(a.names[0] ?? "", b.names[0] ?? ""));
}

/** Lists the hashes of pod templates: more than one says that the clusters do not want the same. */
export function listTemplates(fresh: Iterable<FreshTally>, namesMax: number): Spreads<string> {
  return spreadsOf(
    groupBy(fresh, ({ shape }) => optional(shape.template)),
    namesMax,
  );
}

/** Lists what delivers the workload: more than one of a type may mean that two workloads share a name. */
export function listSources(fresh: Iterable<FreshTally>, namesMax: number): Spreads<Source> {
  return spreadsOf(
    groupBy(fresh, ({ shape }) => shape.sources),
    namesMax,
  );
}

function optional<T>(value: Valued<T> | undefined): Valued<T>[] {
  return value === undefined ? [] : [value];
}
