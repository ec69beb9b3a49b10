// Advanced StatefulSet. Its conditions are rebuilt at each reconcile, so with a shortfall they assert a failure.
import { addNote } from "./inputs.ts";
import type { Assessment, Condition, ReasonAndMessage, ReplicaNumbers } from "./inputs.ts";
import { resolveIntPartition } from "./partition.ts";
import { assessReplicas, degraded, isRolling } from "./replica-table.ts";
import { numbersOf } from "./revisioned.ts";
import type { RevisionedInput } from "./revisioned.ts";
import type { Note } from "./verdict.ts";

export interface StatefulSetInput extends RevisionedInput {
  /** status.volumeClaims[].compatibleReplicas */
  compatibleClaims: readonly number[];
}

/** Assesses one Advanced StatefulSet. */
export function assessStatefulSet(input: StatefulSetInput, preludeNotes: readonly Note[]): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  const numbers = numbersOf(input, resolveIntPartition(input.partition, input.replicas), notes);
  if (input.compatibleClaims.some((compatible) => compatible < numbers.existing))
    addNote(notes, "VolumeClaimsOutdated");
  const failure = failureOf(input.conditions, numbers, notes);
  return { verdict: failure ? degraded(failure, notes) : assessReplicas(numbers, notes), numbers };
}

function failureOf(conditions: readonly Condition[], n: ReplicaNumbers, notes: Note[]): ReasonAndMessage | undefined {
  const failures: ReasonAndMessage[] = [];
  for (const { type, status, message } of conditions) {
    if ((type !== "FailedCreatePod" && type !== "FailedUpdatePod") || status !== "True") continue;
    const shortfall = type === "FailedCreatePod" ? n.existing < n.wanted : isRolling(n);
    if (shortfall) failures.push({ reason: type, message: message ?? fallback(type, n) });
    else addNote(notes, "StaleFailureCondition");
  }
  return failures.find(({ reason }) => reason === "FailedCreatePod") ?? failures[0];
}

function fallback(type: "FailedCreatePod" | "FailedUpdatePod", n: ReplicaNumbers): string {
  return type === "FailedCreatePod"
    ? `Pods cannot be created: ${n.existing} of ${n.wanted} exist`
    : `Pods cannot be updated: ${n.updated} of ${n.target} are`;
}
