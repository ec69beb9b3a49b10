// Advanced StatefulSet. Its conditions are rebuilt at each reconcile, so with a shortfall they assert a failure.
import type { DecisionTable } from "../decision.ts";
import { addNote } from "../inputs.ts";
import type { Assessment, Condition, ReplicaNumbers } from "../inputs.ts";
import { resolveIntPartition } from "../partition.ts";
import { isRolling } from "../replica-numbers.ts";
import { REPLICA_TABLE, assessReplicas } from "../replica-table.ts";
import { numbersOf } from "../revisioned.ts";
import type { RevisionedInput } from "../revisioned.ts";
import type { Note } from "../verdict.ts";

export interface StatefulSetInput extends RevisionedInput {
  /** status.volumeClaims[].compatibleReplicas */
  compatibleClaims: readonly number[];
}

interface StatefulSetFacts extends ReplicaNumbers {
  /** Message of the condition where it is True. */
  failedCreatePod: string | undefined;
  failedUpdatePod: string | undefined;
}

export const STATEFULSET_TABLE: DecisionTable<StatefulSetFacts> = [
  {
    id: "R4a",
    when: "condition FailedCreatePod is True and existing < wanted",
    test: (n) => n.failedCreatePod !== undefined && n.existing < n.wanted,
    verdict: "Degraded/FailedCreatePod",
    message: (n) => n.failedCreatePod || `Pods cannot be created: ${n.existing} of ${n.wanted} exist`,
  },
  {
    id: "R4b",
    when: "condition FailedUpdatePod is True and updated < min(target, existing), and neither paused nor onDelete holds the update",
    test: (n) => n.failedUpdatePod !== undefined && isRolling(n),
    verdict: "Degraded/FailedUpdatePod",
    message: (n) => n.failedUpdatePod || `Pods cannot be updated: ${n.updated} of ${n.target} are`,
  },
  ...REPLICA_TABLE,
];

/** Assesses one Advanced StatefulSet. */
export function assessStatefulSet(input: StatefulSetInput, preludeNotes: readonly Note[]): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  const numbers: StatefulSetFacts = {
    ...numbersOf(input, resolveIntPartition(input.partition, input.replicas), notes),
    failedCreatePod: failureOf(input.conditions, "FailedCreatePod"),
    failedUpdatePod: failureOf(input.conditions, "FailedUpdatePod"),
  };
  if (input.compatibleClaims.some((compatible) => compatible < numbers.existing))
    addNote(notes, "VolumeClaimsOutdated");
  if (numbers.failedCreatePod !== undefined && numbers.existing >= numbers.wanted)
    addNote(notes, "StaleFailureCondition");
  if (numbers.failedUpdatePod !== undefined && !isRolling(numbers)) addNote(notes, "StaleFailureCondition");
  return { verdict: assessReplicas(numbers, notes, STATEFULSET_TABLE), numbers };
}

/** The message of a condition that is True, "" where it has none. */
function failureOf(conditions: readonly Condition[], type: string): string | undefined {
  const found = conditions.find((condition) => condition.type === type && condition.status === "True");
  return found && (found.message ?? "");
}
