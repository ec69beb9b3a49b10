// Rules that come before those of any kind: what must be true of an object before its numbers may be read.
import { decideFirst } from "./decision.ts";
import type { Rule } from "./decision.ts";
import { addNote } from "./inputs.ts";
import type { Note, Verdict } from "./verdict.ts";

export interface PreludeInput {
  /** A map with a metadata map and a kind. */
  isObject: boolean;
  kind: string;
  supported: boolean;
  deleting: boolean;
  /** "absent": missing, null, or empty in a kind whose controller always writes something. */
  status: "absent" | "malformed" | "present";
  /** Absent when it is not an integer, or when the kind has no observedGeneration. */
  generation: number | undefined;
  observedGeneration: number;
  /** Path of the first counter in the status that is not a non-negative integer. */
  malformedCounter: string | undefined;
  replicasMalformed: boolean;
}

/** Either a verdict that ends the assessment, or the notes to go on with. */
export type Prelude = { verdict: Verdict; notes?: never } | { verdict?: never; notes: Note[] };

export const PRELUDE_RULES: readonly Rule<PreludeInput>[] = [
  {
    id: "P1",
    when: "it is not an object with metadata and a kind",
    test: ({ isObject }) => !isObject,
    verdict: "Unknown/NotAnObject",
    message: () => "Not a Kubernetes object: its metadata or kind is missing",
  },
  {
    id: "P2",
    when: "kind is not one that is assessed",
    test: ({ supported }) => !supported,
    verdict: "Unknown/UnsupportedKind",
    message: ({ kind }) => `${kind} is not a kind that is assessed`,
  },
  {
    id: "P3",
    when: "metadata.deletionTimestamp is set",
    test: ({ deleting }) => deleting,
    verdict: "Progressing/Terminating",
    message: () => "Being deleted; finalizers or pods remain",
  },
  {
    id: "P4",
    when: "the status is absent",
    test: ({ status }) => status === "absent",
    verdict: "Progressing/StatusMissing",
    message: () => "The controller has not written a status yet",
  },
  {
    id: "P5",
    when: "the status is not a map",
    test: ({ status }) => status === "malformed",
    verdict: "Unknown/StatusMalformed",
    message: () => "The status is not a map",
  },
  {
    id: "P6",
    when: "observedGeneration < generation",
    test: ({ generation, observedGeneration }) => generation !== undefined && observedGeneration < generation,
    verdict: "Progressing/GenerationNotObserved",
    message: ({ generation, observedGeneration }) =>
      `Generation ${generation} is not observed yet; the status is of generation ${observedGeneration}`,
  },
  {
    id: "P8",
    when: "malformedCounter is not a non-negative integer",
    test: ({ malformedCounter }) => malformedCounter !== undefined,
    verdict: "Unknown/StatusMalformed",
    message: ({ malformedCounter }) => `${malformedCounter} is not a non-negative integer`,
  },
  {
    id: "P9",
    when: "spec.replicas is not a non-negative integer",
    test: ({ replicasMalformed }) => replicasMalformed,
    verdict: "Unknown/SpecMalformed",
    message: () => "spec.replicas is not a non-negative integer",
  },
];

/** Assesses what is common to all kinds; the first rule that matches wins. */
export function assessPrelude(input: PreludeInput): Prelude {
  const verdict = decideFirst(PRELUDE_RULES, input);
  if (verdict) return { verdict };
  const notes: Note[] = [];
  if (input.generation !== undefined && input.observedGeneration > input.generation) addNote(notes, "ObservedAhead");
  return { notes };
}
