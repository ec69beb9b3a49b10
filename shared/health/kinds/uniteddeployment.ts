// UnitedDeployment. It counts ready pods only, holds back by subset, and counts reserved pods in odd places;
// all of that is turned into the numbers of the replica table here.
import type { DecisionTable } from "../decision.ts";
import { addNote } from "../inputs.ts";
import type { Assessment, Condition, ReplicaNumbers } from "../inputs.ts";
import { boundUpdatedAvailable } from "../replica-numbers.ts";
import { REPLICA_TABLE, assessReplicas } from "../replica-table.ts";
import { differ } from "../revisioned.ts";
import type { Note } from "../verdict.ts";

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

interface UnitedDeploymentFacts extends ReplicaNumbers {
  conditions: readonly Condition[];
}

export const UNITEDDEPLOYMENT_TABLE: DecisionTable<UnitedDeploymentFacts> = [
  {
    id: "R5a",
    when: "condition SubsetFailure is True",
    test: (n) => find(n, "SubsetFailure", "True") !== undefined,
    verdict: "Degraded/SubsetFailure",
    message: (n) => find(n, "SubsetFailure", "True")?.message ?? "A subset failed",
  },
  {
    id: "R5b",
    when: "condition SubsetProvisioned is False",
    test: (n) => find(n, "SubsetProvisioned", "False") !== undefined,
    verdict: "Degraded/SubsetNotProvisioned",
    message: (n) => find(n, "SubsetProvisioned", "False")?.message ?? "A subset cannot be provisioned",
  },
  {
    id: "R5c",
    when: "condition SubsetUpdated is False",
    test: (n) => find(n, "SubsetUpdated", "False") !== undefined,
    verdict: "Degraded/SubsetNotUpdated",
    message: (n) => find(n, "SubsetUpdated", "False")?.message ?? "A subset cannot be updated",
  },
  ...REPLICA_TABLE,
];

function find({ conditions }: UnitedDeploymentFacts, type: string, status: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type && condition.status === status);
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
  const numbers: UnitedDeploymentFacts = { ...numbersOf(input), conditions: input.conditions };
  return { verdict: assessReplicas(numbers, notes, UNITEDDEPLOYMENT_TABLE), numbers };
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
