// What the rules read, in one spelling whatever the API version: the readers in shared/kruise fill these types.
import type { Note, Verdict } from "./verdict.ts";

/** A status condition. A message that is not text is absent; a conflict message makes the whole condition absent. */
export interface Condition {
  type: string;
  status: string;
  reason: string | undefined;
  message: string | undefined;
  /** lastTransitionTime in milliseconds since 1970, 0 when it is missing. */
  atMs: number;
}

/** The numbers of the replica table, in the words of the Kruise status. */
export interface ReplicaNumbers {
  wanted: number;
  existing: number;
  ready: number;
  available: number;
  updated: number;
  updatedAvailable: number;
  /** Pods that are to be updated: those wanted less those that a partition keeps old. */
  target: number;
  paused: boolean;
  onDelete: boolean;
  /** currentRevision and updateRevision are both known and differ. */
  revisionsDiffer: boolean;
}

/** Status counters of the replica kinds; one that is missing in the JSON is 0 (Go omitempty). */
export interface ReplicaCounters {
  existing: number;
  ready: number;
  available: number;
  updated: number;
  updatedAvailable: number;
}

export interface Assessment<Numbers> {
  verdict: Verdict;
  numbers: Numbers;
}

/** Adds a note unless it is there. */
export function addNote(notes: Note[], note: Note): void {
  if (!notes.includes(note)) notes.push(note);
}
