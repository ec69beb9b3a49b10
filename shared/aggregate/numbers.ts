// The numbers of a fleet workload: sums beside the rows, never instead of them, and how far a rollout has come.
import type { WorkloadRecord } from "../kruise/record.ts";
import type { FreshItem } from "./items.ts";

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

/** How the rollout stands on one cluster, as its verdict says it. */
type RolloutState = "atTarget" | "moving" | "held" | "stuck";

/** Sums each counter over the clusters that report. */
export function sumCounts(fresh: readonly FreshItem[]): WorkloadRecord["c"] {
  const sums: WorkloadRecord["c"] = {};
  for (const { record } of fresh) {
    for (const [name, count] of Object.entries(record.c)) {
      const counter = name as keyof typeof sums;
      sums[counter] = (sums[counter] ?? 0) + count;
    }
  }
  return sums;
}

interface Rollout {
  updated: number;
  wanted: number;
  target: number;
  state: RolloutState;
}

/** Adds up the rollouts; undefined for a kind that rolls nothing out. */
export function sumProgress(fresh: readonly FreshItem[]): Progress | undefined {
  const rollouts = fresh.map(({ record }) => rolloutOf(record)).filter((rollout) => rollout !== undefined);
  if (rollouts.length === 0) return undefined;
  const progress: Progress = {
    reached: 0,
    target: 0,
    updated: 0,
    wanted: 0,
    held: 0,
    clusters: { atTarget: 0, moving: 0, held: 0, stuck: 0 },
  };
  for (const { updated, wanted, target, state } of rollouts) {
    progress.reached += Math.min(updated, target);
    progress.target += target;
    progress.updated += updated;
    progress.wanted += wanted;
    if (state === "held") progress.held += Math.max(wanted - updated, 0);
    progress.clusters[state] += 1;
  }
  return progress;
}

function rolloutOf(record: WorkloadRecord): Rollout | undefined {
  const { c: counts, ro } = record;
  const wanted = counts.d ?? counts.m ?? counts.des;
  if (counts.up === undefined || wanted === undefined) return undefined;
  return { updated: counts.up, wanted, target: ro?.tgt ?? wanted, state: stateOf(record, wanted) };
}

function stateOf({ h }: WorkloadRecord, wanted: number): RolloutState {
  // Nothing is wanted: nothing is left to do, however it came to that.
  if (wanted === 0 || h === "Healthy") return "atTarget";
  if (h === "Suspended") return "held";
  return h === "Progressing" ? "moving" : "stuck";
}
