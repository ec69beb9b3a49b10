// GameServerSet, which owns an Advanced StatefulSet and is judged by the replica table as it is.
import type { Assessment, ReplicaNumbers } from "../inputs.ts";
import { resolveIntPartition } from "../partition.ts";
import { assessReplicas } from "../replica-table.ts";
import { numbersOf } from "../revisioned.ts";
import type { RevisionedInput } from "../revisioned.ts";
import type { Note } from "../verdict.ts";

/** Its controller writes neither revisions nor conditions. */
export type GameServerSetInput = Omit<RevisionedInput, "conditions" | "currentRevision" | "updateRevision">;

/** Assesses one GameServerSet. */
export function assessGameServerSet(
  input: GameServerSetInput,
  preludeNotes: readonly Note[],
): Assessment<ReplicaNumbers> {
  const notes = [...preludeNotes];
  const unrevised = { ...input, conditions: [], currentRevision: undefined, updateRevision: undefined };
  const numbers = numbersOf(unrevised, resolveIntPartition(input.partition, input.replicas), notes);
  return { verdict: assessReplicas(numbers, notes), numbers };
}
