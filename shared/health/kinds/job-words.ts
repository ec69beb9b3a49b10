// Words that the messages of the job kinds share.
import { ofPods } from "../replica-numbers.ts";

/** Writes "3 of 4 nodes have completed, 1 failed". */
export function doneOf(n: { done: number; all: number; failed: number }, noun: string, did: string): string {
  const failures = n.failed > 0 ? `, ${n.failed} failed` : "";
  return `${ofPods(n.done, n.all, noun)} ${n.done === 1 || n.all === 1 ? "has" : "have"} ${did}${failures}`;
}

/** Adds a cause, where one is known. */
export function because(sentence: string, cause: string): string {
  return cause === "" ? sentence : `${sentence}; ${cause}`;
}

/** The message of a phase outside of the API's enum. */
export function unknownPhase(phase: string, kind: string): string {
  return phase === "" ? "status.phase is not set" : `status.phase is ${phase}, which is no phase of ${kind}`;
}
