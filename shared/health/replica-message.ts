// One sentence for each verdict of the replica table, made of its numbers.
import type { ReplicaNumbers } from "./inputs.ts";

export type ReplicaReason =
  | "ScaledToZero"
  | "ScalingUp"
  | "ScalingDown"
  | "Updating"
  | "UpdatedPodsNotAvailable"
  | "WaitingAvailable"
  | "PodsNotAvailable"
  | "Paused"
  | "AwaitingDelete"
  | "PartitionHeld"
  | "AllAvailable";

/** The sentence of each reason. */
export const REPLICA_MESSAGES: Record<ReplicaReason, (n: ReplicaNumbers) => string> = {
  ScaledToZero: () => "Scaled to zero: no pod is wanted and none exists",
  ScalingUp: (n) => `${ofPods(n.existing, n.wanted, "wanted pod")} ${n.existing === 1 ? "exists" : "exist"}`,
  ScalingDown: (n) =>
    `${n.existing} ${n.existing === 1 ? "pod exists" : "pods exist"}, ${n.wanted} ${are(n.wanted)} wanted`,
  Updating: (n) =>
    `${ofPods(n.updated, n.target, "pod")} to update ${are(n.updated)} updated, ${Math.min(n.updatedAvailable, n.updated)} available${keeps(n)}`,
  UpdatedPodsNotAvailable: (n) =>
    `${ofPods(n.updatedAvailable, n.updated, "updated pod")} ${are(n.updatedAvailable)} available${keeps(n)}`,
  WaitingAvailable: (n) =>
    `${ofPods(n.available, n.wanted, "pod")} ${are(n.available)} available; all are ready and wait to count as available`,
  PodsNotAvailable: (n) => `${ofPods(n.available, n.wanted, "pod")} ${are(n.available)} available`,
  Paused: (n) => `${updatedPods(n)}; the update is paused`,
  AwaitingDelete: (n) => `${updatedPods(n)}; the others wait for somebody to delete them`,
  PartitionHeld: (n) => `${updatedPods(n)}${keeps(n)}`,
  AllAvailable: (n) => `${ofPods(n.available, n.wanted, "pod")} ${are(n.available)} available and updated`,
};

function updatedPods(n: ReplicaNumbers): string {
  return `${ofPods(n.updated, n.wanted, "pod")} ${are(n.updated)} updated`;
}

/** Writes "2 of 5 pods". */
export function ofPods(some: number, all: number, noun: string): string {
  return `${some} of ${all} ${noun}${all === 1 ? "" : "s"}`;
}

export function are(count: number): string {
  return count === 1 ? "is" : "are";
}

function keeps(n: ReplicaNumbers): string {
  const kept = n.wanted - n.target;
  return kept > 0 ? `; partition keeps ${kept} old` : "";
}
