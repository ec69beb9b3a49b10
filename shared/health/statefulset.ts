// Advanced StatefulSet. Its conditions are rebuilt at each reconcile, so with a shortfall they assert a failure.
import { differ } from "./cloneset.ts";
import { addNote } from "./inputs.ts";
import type { Assessment, Condition, ReasonAndMessage, ReplicaCounters, ReplicaNumbers } from "./inputs.ts";
import { resolveIntPartition } from "./partition.ts";
import { assessReplicas, boundUpdatedAvailable, degraded, isRolling } from "./replica-table.ts";
import type { Note } from "./verdict.ts";

export interface StatefulSetInput {
  replicas: number;
  /** As written: a count, or anything else. */
  partition: unknown;
  paused: boolean;
  onDelete: boolean;
  counters: ReplicaCounters;
  currentRevision: string | undefined;
  updateRevision: string | undefined;
  conditions: readonly Condition[];
  /** status.volumeClaims[].compatibleReplicas */
  compatibleClaims: readonly number[];
  rolloutControlled: boolean;
}

/** Assesses one Advanced StatefulSet. */
export function assessStatefulSet(input: StatefulSetInput, preludeNotes: readonly Note[]): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  const { kept, malformed } = resolveIntPartition(input.partition, input.replicas);
  if (malformed) addNote(notes, "MalformedPartition");
  if (input.rolloutControlled) addNote(notes, "RolloutControlled");
  if (input.compatibleClaims.some((compatible) => compatible < input.counters.existing))
    addNote(notes, "VolumeClaimsOutdated");
  const numbers: ReplicaNumbers = {
    ...input.counters,
    wanted: input.replicas,
    updatedAvailable: boundUpdatedAvailable(input.counters),
    target: input.replicas - (input.onDelete ? 0 : kept),
    paused: input.paused,
    onDelete: input.onDelete,
    revisionsDiffer: differ(input.currentRevision, input.updateRevision),
  };
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
