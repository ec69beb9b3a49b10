// What the numbers of a replica kind mean together, and the words for them.
import type { ReplicaNumbers } from "./inputs.ts";

/** Says whether old pods are being replaced now. */
export function isRolling(n: ReplicaNumbers): boolean {
  return n.updated < Math.min(n.target, n.existing) && !n.paused && !n.onDelete;
}

/** Says whether there are two revisions: without a rollout every pod is an updated one. */
export function isRollout(n: ReplicaNumbers): boolean {
  return n.updated < n.wanted || (!n.onDelete && n.revisionsDiffer);
}

/** Says whether all that may happen has happened and every wanted pod serves. */
export function isComplete(n: ReplicaNumbers): boolean {
  return n.existing === n.wanted && n.updated >= n.target && n.available >= n.wanted;
}

/**
 * Updated pods that are available, from a counter that older releases and views lack.
 * Of the available pods at most `existing - updated` are old, which bounds the number from below.
 */
export function boundUpdatedAvailable(c: {
  existing: number;
  available: number;
  updated: number;
  updatedAvailable: number;
}): number {
  return Math.max(c.updatedAvailable, c.updated + c.available - c.existing, 0);
}

export function updatedPods(n: ReplicaNumbers): string {
  return `${ofPods(n.updated, n.wanted, "pod")} ${are(n.updated)} updated`;
}

/** Writes "2 of 5 pods". */
export function ofPods(some: number, all: number, noun: string): string {
  return `${some} of ${all} ${noun}${all === 1 ? "" : "s"}`;
}

export function are(count: number): string {
  return count === 1 ? "is" : "are";
}

export function keeps(n: ReplicaNumbers): string {
  const kept = n.wanted - n.target;
  return kept > 0 ? `; partition keeps ${kept} old` : "";
}
