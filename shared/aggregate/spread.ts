// What differs between clusters: which values there are, and the clusters of each.
import { compareText } from "./items.ts";
import type { Valued } from "./shape.ts";
import { byName, longestFirst } from "./tally.ts";
import type { Named, Tally } from "./tally.ts";

/** Clusters that have something in common: all are counted, some are named. */
export interface ClusterNames {
  count: number;
  names: string[];
}

interface Spread<T> {
  value: T;
  clusters: ClusterNames;
}

/** The values that clusters have, the most common first; of many, only those are listed. */
export interface Spreads<T> {
  listed: Spread<T>[];
  /** Values beyond the bound. */
  leftOut: number;
}

/** Most values that are listed. */
export const VALUES_MAX = 20;

/** What has one value. */
export interface Group<T, V extends Tally = Tally> {
  text: string;
  value: T;
  count: number;
  tallies: V[];
}

/** Puts together what has the same value: the most common first, equally common ones by their text. */
export function groupBy<T, V extends Tally>(
  tallies: Iterable<V>,
  valuesOf: (tally: V) => Iterable<Valued<T>>,
): Group<T, V>[] {
  const groups = new Map<string, Group<T, V>>();
  for (const tally of tallies) {
    for (const { text, value } of valuesOf(tally)) {
      const group = groups.get(text);
      if (group === undefined) groups.set(text, { text, value, count: tally.count, tallies: [tally] });
      else {
        group.count += tally.count;
        group.tallies.push(tally);
      }
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || compareText(a.text, b.text));
}

/** Lists groups with their first clusters by name. */
export function spreadsOf<T>(groups: readonly Group<T>[], namesMax: number): Spreads<T> {
  const listed = groups.slice(0, VALUES_MAX).map(({ value, count, tallies }) => {
    return { value, clusters: { count, names: firstByName(tallies, namesMax) } };
  });
  return { listed, leftOut: groups.length - listed.length };
}

export function firstByName(tallies: readonly Tally[], limit: number): string[] {
  const [only] = tallies;
  const all = tallies.length === 1 && only ? only.byName : tallies.flatMap((tally) => tally.byName).sort(byName);
  return all.slice(0, limit).map(({ cluster }) => cluster);
}

/** The clusters that are so for the longest time, that first. */
export function firstByTime(tallies: readonly Tally[], limit: number): Named[] {
  return tallies
    .flatMap(({ longest }) => longest)
    .sort(longestFirst)
    .slice(0, limit);
}
