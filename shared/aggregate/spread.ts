// What differs between clusters: which values there are, and the clusters of each.
import { compareText } from "./items.ts";

/** Clusters that have something in common: all are counted, some are named. */
export interface ClusterNames {
  count: number;
  names: string[];
}

export interface Spread<T> {
  value: T;
  clusters: ClusterNames;
}

/** Counts clusters and names at most `limit` of them, in the order given. */
export function nameClusters(clusters: readonly string[], limit: number): ClusterNames {
  return { count: clusters.length, names: clusters.slice(0, limit) };
}

/** Lists the values that clusters have, the most common first, equal ones by their text. */
export function spreadOf<T>(values: Iterable<{ cluster: string; value: T }>, namesMax: number): Spread<T>[] {
  const groups = new Map<string, { value: T; clusters: string[] }>();
  for (const { cluster, value } of values) {
    const text = JSON.stringify(value);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { value, clusters: [cluster] });
    else group.clusters.push(cluster);
  }
  return [...groups]
    .sort(([textA, a], [textB, b]) => b.clusters.length - a.clusters.length || compareText(textA, textB))
    .map(([, { value, clusters }]) => ({ value, clusters: nameClusters(clusters, namesMax) }));
}
