// Advanced DaemonSet: one pod a node. Its numbers count nodes, and its partition may hold back creation too.
// After a create error its status stays as it was, so what is said here may be of the past; stage two knows.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { addNote } from "../inputs.ts";
import type { Assessment } from "../inputs.ts";
import { resolveDaemonPartition, scale } from "../partition.ts";
import { are, ofPods } from "../replica-numbers.ts";
import type { Note } from "../verdict.ts";

export interface DaemonSetInput {
  partition: unknown;
  maxUnavailable: unknown;
  paused: boolean;
  onDelete: boolean;
  /** A selector limits the nodes whose pods are updated. */
  selective: boolean;
  /** The partition holds back the creation of pods as well as their update. */
  partitionedScaling: boolean;
  /** An OpenKruise Rollout steers its partition. */
  rolloutControlled: boolean;
  counters: {
    desired: number;
    current: number;
    updated: number;
    ready: number;
    available: number;
    misscheduled: number;
  };
}

export interface DaemonSetNumbers {
  /** Nodes that are to run a pod. */
  desired: number;
  /** Those of them that have one. */
  current: number;
  updated: number;
  ready: number;
  available: number;
  /** Nodes that have a pod and are not to. */
  misscheduled: number;
  /** Pods that are to be updated: those desired less those that the partition keeps old. */
  target: number;
  maxUnavailable: number;
  paused: boolean;
  onDelete: boolean;
  selective: boolean;
  partitionedScaling: boolean;
}

export const DAEMONSET_TABLE: DecisionTable<DaemonSetNumbers> = [
  {
    id: "D1a",
    when: "desired = 0, and no pod remains: current = 0 and misscheduled = 0",
    test: (n) => n.desired === 0 && remaining(n) === 0,
    verdict: "Healthy/NoEligibleNodes",
    message: () => "No node is to run a pod",
  },
  {
    id: "D1b",
    when: "desired = 0, and pods remain: current > 0 or misscheduled > 0",
    test: (n) => n.desired === 0,
    verdict: "Progressing/RemovingMisscheduled",
    message: (n) => `No node is to run a pod, ${remaining(n)} still ${remaining(n) === 1 ? "exists" : "exist"}`,
  },
  {
    id: "D2",
    when: "current < desired, partitionedScaling, current >= target and available >= current",
    test: (n) => n.current < n.desired && n.partitionedScaling && n.current >= n.target && n.available >= n.current,
    verdict: "Suspended/PartitionHeld",
    message: (n) => `${nodesWithPod(n)}; partition holds back ${n.desired - n.target}`,
  },
  {
    id: "D3a",
    when: "current < desired and updated < min(target, current), and neither paused nor onDelete nor a selector (selective) holds the update",
    test: (n) => n.current < n.desired && n.updated < Math.min(n.target, n.current) && !isHeld(n),
    verdict: "Progressing/Updating",
    message: updating,
  },
  {
    id: "D3b",
    when: "current < desired",
    test: (n) => n.current < n.desired,
    verdict: "Progressing/ScalingUp",
    message: nodesWithPod,
  },
  {
    id: "D4",
    when: "updated < target, and neither paused nor onDelete nor a selector (selective) holds the update",
    test: (n) => n.updated < n.target && !isHeld(n),
    verdict: "Progressing/Updating",
    message: updating,
  },
  {
    id: "D5a",
    when: "available < desired and ready >= desired",
    test: (n) => n.available < n.desired && n.ready >= n.desired,
    verdict: "Progressing/WaitingAvailable",
    message: (n) => `${availablePods(n)}; all are ready and wait to count as available`,
  },
  {
    id: "D5b",
    when: "available < desired",
    test: (n) => n.available < n.desired,
    verdict: "Progressing/PodsNotAvailable",
    message: availablePods,
  },
  {
    id: "D6a",
    when: "updated < target and paused",
    test: (n) => n.updated < n.target && n.paused,
    verdict: "Suspended/Paused",
    message: (n) => `${updatedPods(n)}; the update is paused`,
  },
  {
    id: "D6b",
    when: "updated < target and onDelete",
    test: (n) => n.updated < n.target && n.onDelete,
    verdict: "Suspended/AwaitingDelete",
    message: (n) => `${updatedPods(n)}; the others wait for somebody to delete them`,
  },
  {
    id: "D6c",
    when: "updated < target, which is left when a selector limits the update (selective)",
    test: (n) => n.updated < n.target,
    verdict: "Suspended/SelectorLimited",
    message: (n) => `${updatedPods(n)}; the update selector leaves the others out`,
  },
  {
    id: "D6d",
    when: "updated < desired",
    test: (n) => n.updated < n.desired,
    verdict: "Suspended/PartitionHeld",
    message: (n) => `${updatedPods(n)}; partition keeps ${n.desired - n.target} old`,
  },
  {
    id: "D7",
    when: "nothing is missing, old or unavailable",
    verdict: "Healthy/AllAvailable",
    message: (n) => `${availablePods(n)} and updated`,
  },
];

/** Assesses one DaemonSet; the first rule that matches wins. */
export function assessDaemonSet(input: DaemonSetInput, preludeNotes: readonly Note[]): Assessment<DaemonSetNumbers> {
  const notes = [...preludeNotes];
  const { counters, partition, maxUnavailable, rolloutControlled, ...switches } = input;
  const { desired, misscheduled } = counters;
  const { kept, malformed } = resolveDaemonPartition(partition, desired);
  if (malformed) addNote(notes, "MalformedPartition");
  if (rolloutControlled) addNote(notes, "RolloutControlled");
  if (misscheduled > 0) addNote(notes, "Misscheduled");
  const numbers: DaemonSetNumbers = {
    ...switches,
    ...counters,
    // The controller reads the partition of a rolling update only, for creation too.
    target: desired - (input.onDelete ? 0 : kept),
    maxUnavailable: scale(maxUnavailable, desired, "up") ?? 1,
  };
  return { verdict: decide(DAEMONSET_TABLE, numbers, notes), numbers };
}

function isHeld(n: DaemonSetNumbers): boolean {
  return n.paused || n.onDelete || n.selective;
}

function remaining(n: DaemonSetNumbers): number {
  return n.current + n.misscheduled;
}

function updating(n: DaemonSetNumbers): string {
  const kept = n.desired - n.target;
  const partition = kept > 0 ? `; partition keeps ${kept} old` : "";
  return `${ofPods(n.updated, n.target, "pod")} to update ${are(n.updated)} updated${partition}`;
}

function nodesWithPod(n: DaemonSetNumbers): string {
  return `${ofPods(n.current, n.desired, "node")} ${n.current === 1 ? "has a pod" : "have a pod"}`;
}

function updatedPods(n: DaemonSetNumbers): string {
  return `${ofPods(n.updated, n.desired, "pod")} ${are(n.updated)} updated`;
}

function availablePods(n: DaemonSetNumbers): string {
  return `${ofPods(n.available, n.desired, "pod")} ${are(n.available)} available`;
}
