// Clusters on which a workload looks the same, counted in one pass; of each group some clusters are named.
import { compareText } from "./items.ts";
import type { AggregateItem } from "./items.ts";
import type { Shape } from "./shape.ts";

/** A cluster and the moment since which it is as it is; of a silent one, the arrival of its last report. */
export interface Named {
  cluster: string;
  sinceMs: number;
}

/** Clusters with one shape. */
export interface Tally {
  count: number;
  /** The first by name. */
  byName: Named[];
  /** Those that are so for the longest time. */
  longest: Named[];
  earliestMs: number;
  latestMs: number;
}

export interface FreshTally extends Tally {
  shape: Shape;
}

export class Tallies {
  readonly #namesMax: number;
  readonly #fresh = new Map<Shape, FreshTally>();
  readonly stale: Tally = newTally();
  readonly missing: Tally = newTally();
  /** Clusters that report and do not have the workload. */
  absent = 0;
  /** Oldest of the clusters' newest reports, as far as it was told. */
  oldestReportedAtMs: number | undefined;

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  /** Counts a cluster whose record is current. */
  addFresh(cluster: string, shape: Shape, sinceMs: number): void {
    let tally = this.#fresh.get(shape);
    if (tally === undefined) {
      tally = { ...newTally(), shape };
      this.#fresh.set(shape, tally);
    }
    this.#add(tally, cluster, sinceMs);
  }

  /** Counts a cluster that does not report. */
  addSilent(cluster: string, state: Exclude<AggregateItem["state"], "Fresh">, reportedAtMs: number | undefined): void {
    this.#add(state === "Stale" ? this.stale : this.missing, cluster, reportedAtMs ?? 0);
    this.noteReport(reportedAtMs);
  }

  /** Regards the arrival of a cluster's newest report. */
  noteReport(atMs: number | undefined): void {
    if (atMs !== undefined) this.oldestReportedAtMs = Math.min(atMs, this.oldestReportedAtMs ?? Infinity);
  }

  get fresh(): Iterable<FreshTally> {
    return this.#fresh.values();
  }

  #add(tally: Tally, cluster: string, sinceMs: number): void {
    tally.count += 1;
    tally.earliestMs = Math.min(tally.earliestMs, sinceMs);
    tally.latestMs = Math.max(tally.latestMs, sinceMs);
    const limit = this.#namesMax;
    const lastNamed = tally.byName.at(-1);
    if (tally.byName.length < limit || (lastNamed && cluster < lastNamed.cluster)) {
      insert(tally.byName, { cluster, sinceMs }, { order: byName, limit });
    }
    const lastLong = tally.longest.at(-1);
    if (tally.longest.length < limit || (lastLong && sinceMs <= lastLong.sinceMs)) {
      insert(tally.longest, { cluster, sinceMs }, { order: longestFirst, limit });
    }
  }
}

function newTally(): Tally {
  return { count: 0, byName: [], longest: [], earliestMs: Infinity, latestMs: -Infinity };
}

export function byName(a: Named, b: Named): number {
  return compareText(a.cluster, b.cluster);
}

export function longestFirst(a: Named, b: Named): number {
  return a.sinceMs - b.sinceMs || byName(a, b);
}

interface Bounded {
  order: (a: Named, b: Named) => number;
  limit: number;
}

/** Puts one in its place in a short sorted list that has at most `limit`. */
function insert(sorted: Named[], named: Named, { order, limit }: Bounded): void {
  let at = sorted.length;
  for (let before = sorted[at - 1]; before !== undefined && order(named, before) < 0; before = sorted[at - 1]) at -= 1;
  sorted.splice(at, 0, named);
  if (sorted.length > limit) sorted.pop();
}
