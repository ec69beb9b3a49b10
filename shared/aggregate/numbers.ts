// The numbers of a fleet workload: sums beside the rows, never instead of them, and how far a rollout has come.
import type { RolloutState } from "./shape.ts";
import type { FreshTally } from "./tally.ts";

export interface Progress {
  /** Pods of the new revision, of those that may have it now (`target`). */
  reached: number;
  target: number;
  /** Pods of the new revision, of all that are wanted. */
  updated: number;
  wanted: number;
  /** Pods kept at the old revision by a pause or a partition. */
  held: number;
  clusters: Record<RolloutState, number>;
}

/** Sums each counter over the clusters that report. */
export function sumCounts(fresh: Iterable<FreshTally>): Record<string, number> {
  // A name is what a cluster says: "__proto__" is one, and stays one in a Map.
  const sums = new Map<string, number>();
  for (const { shape, count } of fresh) {
    for (const [name, each] of shape.counts) sums.set(name, (sums.get(name) ?? 0) + each * count);
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Adds up the rollouts; undefined for a kind that rolls nothing out. */
export function sumProgress(fresh: Iterable<FreshTally>): Progress | undefined {
  let progress: Progress | undefined;
  for (const { shape, count } of fresh) {
    if (shape.rollout === undefined) continue;
    progress ??= noProgress();
    const { updated, wanted, target, state } = shape.rollout;
    progress.reached += Math.min(updated, target) * count;
    progress.target += target * count;
    progress.updated += updated * count;
    progress.wanted += wanted * count;
    if (state === "held") progress.held += Math.max(wanted - updated, 0) * count;
    progress.clusters[state] += count;
  }
  return progress;
}

function noProgress(): Progress {
  const clusters = { atTarget: 0, moving: 0, held: 0, stuck: 0 };
  return { reached: 0, target: 0, updated: 0, wanted: 0, held: 0, clusters };
}
