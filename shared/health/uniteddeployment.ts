// UnitedDeployment. It counts ready pods only, holds back by subset, and counts reserved pods in odd places;
// all of that is turned into the numbers of the replica table here.
import { differ } from "./revisioned.ts";
import { addNote } from "./inputs.ts";
import type { Assessment, Condition, ReasonAndMessage, ReplicaNumbers } from "./inputs.ts";
import { assessReplicas, boundUpdatedAvailable, degraded } from "./replica-table.ts";
import type { Note } from "./verdict.ts";

/** One subset of the topology. */
export interface SubsetInput {
  /** Pods given to it; absent when the status does not say. */
  allocated: number | undefined;
  ready: number;
  reserved: number;
  /** Pods to keep old, as written in manualUpdate.partitions; 0 when missing. */
  partition: number;
  unschedulable: boolean;
}

export interface UnitedDeploymentInput {
  /** Absent when spec.replicas is. */
  replicas: number | undefined;
  /** Sum of status.subsetReplicas; absent when there is none. */
  allocatedSum: number | undefined;
  /** Sum of the integer replicas in spec.topology.subsets; absent when there is none. */
  topologySum: number | undefined;
  counters: { existing: number; ready: number; updated: number; updatedReady: number; reserved: number };
  subsets: readonly SubsetInput[];
  /** Subsets are Deployments, which know no partition. */
  ignoresPartitions: boolean;
  paused: boolean;
  onDelete: boolean;
  currentRevision: string | undefined;
  updateRevision: string | undefined;
  conditions: readonly Condition[];
  rolloutControlled: boolean;
}

/** Assesses one UnitedDeployment. */
export function assessUnitedDeployment(
  input: UnitedDeploymentInput,
  preludeNotes: readonly Note[],
): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  if (input.rolloutControlled) addNote(notes, "RolloutControlled");
  if (input.subsets.some((subset) => subset.unschedulable)) addNote(notes, "SubsetUnschedulable");
  if (input.counters.reserved > 0) addNote(notes, "ReservedPods");
  const numbers = numbersOf(input);
  const failure = failureOf(input.conditions);
  return { verdict: failure ? degraded(failure, notes) : assessReplicas(numbers, notes), numbers };
}

function numbersOf(input: UnitedDeploymentInput): ReplicaNumbers {
  const { existing, ready, updated, updatedReady, reserved } = input.counters;
  const wanted = input.replicas ?? input.allocatedSum ?? input.topologySum ?? 1;
  // replicas leaves reserved pods out and updatedReplicas counts them: what serves is what is ready.
  const counters =
    reserved > 0
      ? { existing: Math.max(existing, Math.min(wanted, ready)), updated: updatedReady }
      : { existing, updated };
  const all = { ...counters, ready, available: ready, updatedAvailable: updatedReady };
  return {
    ...all,
    wanted,
    updatedAvailable: boundUpdatedAvailable(all),
    target: targetOf(input, wanted),
    paused: input.paused,
    onDelete: input.onDelete,
    revisionsDiffer: differ(input.currentRevision, input.updateRevision),
  };
}

function targetOf(input: UnitedDeploymentInput, wanted: number): number {
  const free = input.ignoresPartitions || input.onDelete;
  const kept = (subset: SubsetInput) => (free ? 0 : Math.max(subset.partition, 0));
  if (input.subsets.every((subset) => subset.allocated === undefined)) {
    const keptInAll = input.subsets.reduce((sum, subset) => sum + kept(subset), 0);
    return Math.max(wanted - keptInAll, 0);
  }
  const movable = input.subsets.reduce((sum, subset) => {
    const allocated = subset.allocated ?? 0;
    const serving = input.counters.reserved > 0 ? Math.max(allocated - subset.reserved, subset.ready, 0) : allocated;
    return sum + Math.max(0, serving - kept(subset));
  }, 0);
  return Math.min(wanted, movable);
}

function failureOf(conditions: readonly Condition[]): ReasonAndMessage | undefined {
  const bad = (type: string, status: string) => conditions.find((c) => c.type === type && c.status === status);
  const failure = bad("SubsetFailure", "True");
  if (failure) return { reason: "SubsetFailure", message: failure.message ?? "A subset failed" };
  const provisioned = bad("SubsetProvisioned", "False");
  if (provisioned)
    return { reason: "SubsetNotProvisioned", message: provisioned.message ?? "A subset cannot be provisioned" };
  const updated = bad("SubsetUpdated", "False");
  return updated && { reason: "SubsetNotUpdated", message: updated.message ?? "A subset cannot be updated" };
}
