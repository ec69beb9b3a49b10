// What CloneSet and Advanced StatefulSet have in common: pods of two revisions, some of which a partition keeps old.
import { addNote } from "./inputs.ts";
import type { Condition, ReplicaCounters, ReplicaNumbers } from "./inputs.ts";
import type { Kept } from "./partition.ts";
import { boundUpdatedAvailable } from "./replica-numbers.ts";
import type { Note } from "./verdict.ts";

export interface RevisionedInput {
  replicas: number;
  /** As written: a count, for some kinds a percentage, or anything else. */
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

/** The numbers of the replica table, once the kind has resolved its partition. Adds the notes that go with it. */
export function numbersOf(input: RevisionedInput, { kept, malformed }: Kept, notes: Note[]): ReplicaNumbers {
  if (malformed) addNote(notes, "MalformedPartition");
  if (input.rolloutControlled) addNote(notes, "RolloutControlled");
  return {
    ...input.counters,
    wanted: input.replicas,
    updatedAvailable: boundUpdatedAvailable(input.counters),
    target: input.replicas - (input.onDelete ? 0 : kept),
    paused: input.paused,
    onDelete: input.onDelete,
    revisionsDiffer: differ(input.currentRevision, input.updateRevision),
  };
}

/** Says whether two revisions are both known and differ. */
export function differ(current: string | undefined, update: string | undefined): boolean {
  return current !== undefined && update !== undefined && current !== update;
}
