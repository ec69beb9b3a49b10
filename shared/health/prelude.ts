// Rules that come before those of any kind: what must be true of an object before its numbers may be read.
import { addNote } from "./inputs.ts";
import type { Note, Reason, Verdict } from "./verdict.ts";

export interface PreludeInput {
  /** A map with a metadata map and a kind. */
  isObject: boolean;
  kind: string;
  supported: boolean;
  deleting: boolean;
  status: "absent" | "malformed" | "present";
  /** Absent when it is not an integer. */
  generation: number | undefined;
  observedGeneration: number;
  /** Path of the first counter in the status that is not a non-negative integer. */
  malformedCounter: string | undefined;
  replicasMalformed: boolean;
}

/** Either a verdict that ends the assessment, or the notes to go on with. */
export type Prelude = { verdict: Verdict; notes?: never } | { verdict?: never; notes: Note[] };

/** Assesses what is common to all kinds; the first rule that matches wins. */
export function assessPrelude(input: PreludeInput): Prelude {
  if (!input.isObject) return unknown("NotAnObject", "Not a Kubernetes object: its metadata or kind is missing");
  if (!input.supported) return unknown("UnsupportedKind", `${input.kind} is not a kind that is assessed`);
  if (input.deleting) return progressing("Terminating", "Being deleted; finalizers or pods remain");
  return assessStatus(input);
}

function assessStatus(input: PreludeInput): Prelude {
  if (input.status === "absent") return progressing("StatusMissing", "The controller has not written a status yet");
  if (input.status === "malformed") return unknown("StatusMalformed", "The status is not a map");
  const { generation, observedGeneration } = input;
  if (generation !== undefined && observedGeneration < generation)
    return progressing(
      "GenerationNotObserved",
      `Generation ${generation} is not observed yet; the status is of generation ${observedGeneration}`,
    );
  if (input.malformedCounter !== undefined)
    return unknown("StatusMalformed", `${input.malformedCounter} is not a non-negative integer`);
  if (input.replicasMalformed) return unknown("SpecMalformed", "spec.replicas is not a non-negative integer");
  const notes: Note[] = [];
  if (generation !== undefined && observedGeneration > generation) addNote(notes, "ObservedAhead");
  return { notes };
}

function unknown(reason: Reason, message: string): Prelude {
  return { verdict: { health: "Unknown", reason, message, notes: [] } };
}

function progressing(reason: Reason, message: string): Prelude {
  return { verdict: { health: "Progressing", reason, message, notes: [] } };
}
