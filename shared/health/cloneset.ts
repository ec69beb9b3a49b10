// CloneSet. Its conditions are claims from the past (from OpenKruise 1.9 on they are never removed and never refreshed),
// so here they become notes only; stage two, which has time and history, decides what they are worth.
import { addNote } from "./inputs.ts";
import type { Assessment, Condition, ReplicaCounters, ReplicaNumbers } from "./inputs.ts";
import { resolvePartition } from "./partition.ts";
import { assessReplicas, boundUpdatedAvailable, isComplete, isRolling } from "./replica-table.ts";
import type { Note } from "./verdict.ts";

export interface CloneSetInput {
  replicas: number;
  /** As written: a count, a percentage, or anything else. */
  partition: unknown;
  paused: boolean;
  onDelete: boolean;
  counters: ReplicaCounters;
  currentRevision: string | undefined;
  updateRevision: string | undefined;
  conditions: readonly Condition[];
  /** An OpenKruise Rollout steers its partition. */
  rolloutControlled: boolean;
}

/** Assesses one CloneSet. */
export function assessCloneSet(input: CloneSetInput, preludeNotes: readonly Note[]): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  const { kept, malformed } = resolvePartition(input.partition, input.replicas);
  if (malformed) addNote(notes, "MalformedPartition");
  if (input.rolloutControlled) addNote(notes, "RolloutControlled");
  const numbers: ReplicaNumbers = {
    ...input.counters,
    wanted: input.replicas,
    updatedAvailable: boundUpdatedAvailable(input.counters),
    target: input.replicas - (input.onDelete ? 0 : kept),
    paused: input.paused,
    onDelete: input.onDelete,
    revisionsDiffer: differ(input.currentRevision, input.updateRevision),
  };
  noteConditions(input, numbers, notes);
  return { verdict: assessReplicas(numbers, notes), numbers };
}

function noteConditions(input: CloneSetInput, n: ReplicaNumbers, notes: Note[]): void {
  for (const condition of input.conditions) {
    if (condition.type === "FailedScale" && condition.status === "True")
      addNote(notes, n.existing < n.wanted ? "FailedScaleCondition" : "StaleFailureCondition");
    if (condition.type === "FailedUpdate" && condition.status === "True")
      addNote(notes, isRolling(n) ? "FailedUpdateCondition" : "StaleFailureCondition");
    if (isDeadlineExceeded(condition))
      addNote(notes, isDeadlineOfNow(condition, input, n) ? "DeadlineCondition" : "StaleFailureCondition");
  }
}

function isDeadlineExceeded(condition: Condition): boolean {
  return (
    condition.type === "Progressing" && condition.status === "False" && condition.reason === "ProgressDeadlineExceeded"
  );
}

function isDeadlineOfNow(condition: Condition, input: CloneSetInput, n: ReplicaNumbers): boolean {
  if (isComplete(n) || n.paused || n.onDelete) return false;
  const { updateRevision } = input;
  return condition.message === undefined || updateRevision === undefined || names(condition.message, updateRevision);
}

/** Says whether a message names a revision as a whole word: x-2 is not in "revision x-21". */
function names(message: string, revision: string): boolean {
  return message.split(/[^A-Za-z0-9._-]/).some((word) => word === revision || word === `${revision}.`);
}

/** Says whether two revisions are both known and differ. */
export function differ(current: string | undefined, update: string | undefined): boolean {
  return current !== undefined && update !== undefined && current !== update;
}
