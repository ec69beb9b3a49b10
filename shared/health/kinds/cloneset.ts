// CloneSet. Its conditions are claims from the past (from OpenKruise 1.9 on they are never removed and never refreshed),
// so here they become notes only; stage two, which has time and history, decides what they are worth.
import { addNote } from "../inputs.ts";
import type { Assessment, Condition, ReplicaNumbers } from "../inputs.ts";
import { resolvePartition } from "../partition.ts";
import { isComplete, isRolling } from "../replica-numbers.ts";
import { assessReplicas } from "../replica-table.ts";
import { numbersOf } from "../revisioned.ts";
import type { RevisionedInput } from "../revisioned.ts";
import type { Note } from "../verdict.ts";

/** Assesses one CloneSet. */
export function assessCloneSet(input: RevisionedInput, preludeNotes: readonly Note[]): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  const numbers = numbersOf(input, resolvePartition(input.partition, input.replicas), notes);
  noteConditions(input, numbers, notes);
  return { verdict: assessReplicas(numbers, notes), numbers };
}

function noteConditions(input: RevisionedInput, n: ReplicaNumbers, notes: Note[]): void {
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

function isDeadlineOfNow(condition: Condition, input: RevisionedInput, n: ReplicaNumbers): boolean {
  if (isComplete(n) || n.paused || n.onDelete) return false;
  const { updateRevision } = input;
  return condition.message === undefined || updateRevision === undefined || names(condition.message, updateRevision);
}

/** Says whether a message names a revision as a whole word: x-2 is not in "revision x-21". */
function names(message: string, revision: string): boolean {
  return message.split(/[^A-Za-z0-9._-]/).some((word) => word === revision || word === `${revision}.`);
}
