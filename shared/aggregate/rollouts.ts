// What is rolled out where: partitions, image sets, pod templates, and in which order clusters came to them.
// Revision hashes are not compared: each cluster makes its own from its own objects.
import type { WorkloadRecord } from "../kruise/record.ts";
import { compareText } from "./items.ts";
import type { FreshItem } from "./items.ts";
import { spreadOf } from "./spread.ts";
import type { Spread } from "./spread.ts";

interface ClusterPartition {
  cluster: string;
  /** As written in the spec; absent: none. */
  written?: string;
  /** Pods that it keeps at the old revision. */
  kept: number;
  paused: boolean;
}

export interface Partitions {
  clusters: ClusterPartition[];
  /** They differ. A canary by cluster is usually intended: worth saying, no alarm. */
  spread: boolean;
}

export type ImageSet = NonNullable<WorkloadRecord["img"]>;

export interface Wave {
  cluster: string;
  /** Index of its image set in `versions`. */
  version: number;
  /** Last change of its verdict, RFC 3339: the nearest that a record has to when it came to its images. */
  since: string;
}

/** Lists what each cluster's rollout is held by; undefined for a kind without partition and pause. */
export function listPartitions(fresh: readonly FreshItem[]): Partitions | undefined {
  const clusters = fresh.flatMap(({ cluster, record: { ro } }) => {
    if (ro?.ptn === undefined && ro?.pa === undefined) return [];
    return [{ cluster, ...(ro.pt !== undefined && { written: ro.pt }), kept: ro.ptn ?? 0, paused: ro.pa ?? false }];
  });
  if (clusters.length === 0) return undefined;
  return { clusters, spread: new Set(clusters.map(intentOf)).size > 1 };
}

/** The same percentage is the same intent, however many pods it keeps; none is 0. */
function intentOf({ written, paused }: ClusterPartition): string {
  const partition = written === undefined || written === "0%" ? "0" : written;
  return `${partition} ${paused}`;
}

/** Lists the sets of images and the clusters that want each. */
export function listVersions(fresh: readonly FreshItem[], namesMax: number): Spread<ImageSet>[] {
  return spreadOf(imageSets(fresh), namesMax);
}

function imageSets(fresh: readonly FreshItem[]): { cluster: string; since: string; value: ImageSet }[] {
  return fresh.flatMap(({ cluster, record: { img, since } }) =>
    img === undefined ? [] : [{ cluster, since, value: img.toSorted(([a], [b]) => compareText(a, b)) }],
  );
}

/** Orders clusters by the time since which they are as they are: who came first and who came last. */
export function listWaves(fresh: readonly FreshItem[], versions: readonly Spread<ImageSet>[]): Wave[] {
  const indexes = new Map(versions.map(({ value }, index) => [JSON.stringify(value), index]));
  return imageSets(fresh)
    .map(({ cluster, since, value }) => ({ cluster, version: indexes.get(JSON.stringify(value)) ?? -1, since }))
    .sort((a, b) => Date.parse(a.since) - Date.parse(b.since) || compareText(a.cluster, b.cluster));
}

/** Lists the hashes of pod templates: more than one says that the clusters do not want the same. */
export function listTemplates(fresh: readonly FreshItem[], namesMax: number): Spread<string>[] {
  const hashes = fresh.flatMap(({ cluster, record: { th } }) => (th === undefined ? [] : [{ cluster, value: th }]));
  return spreadOf(hashes, namesMax);
}

export type Source = NonNullable<WorkloadRecord["src"]>;

/** Lists what delivers the workload: more than one of a type may mean that two workloads share a name. */
export function listSources(fresh: readonly FreshItem[], namesMax: number): Spread<Source>[] {
  const sources = fresh.flatMap(({ cluster, record: { src, also = [] } }) =>
    uniqueSources(src === undefined ? also : [src, ...also]).map((value) => ({ cluster, value })),
  );
  return spreadOf(sources, namesMax);
}

function uniqueSources(sources: readonly Source[]): Source[] {
  // Rebuilt, so that equal sources have equal texts.
  const texts = sources.map(({ t, n, q }) => JSON.stringify({ t, n, q }));
  return [...new Set(texts)].map((text) => JSON.parse(text) as Source);
}
