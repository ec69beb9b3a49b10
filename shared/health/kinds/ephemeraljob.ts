// EphemeralJob: puts ephemeral containers into the pods that match. Its phase says it all but for failures of single pods.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { are, ofPods } from "../replica-numbers.ts";
import type { Note, Verdict } from "../verdict.ts";
import { because, doneOf, unknownPhase } from "./job-words.ts";

export interface EphemeralJobFacts {
  /** As written; empty when it is not set. */
  phase: string;
  /** Message of the condition JobFailed or JobError; empty when there is none. */
  cause: string;
  match: number;
  running: number;
  succeeded: number;
  waiting: number;
  failed: number;
}

export const EPHEMERALJOB_TABLE: DecisionTable<EphemeralJobFacts> = [
  {
    id: "EJ1",
    when: "phase is Succeeded",
    test: (n) => n.phase === "Succeeded",
    verdict: "Healthy/Completed",
    message: donePods,
  },
  {
    id: "EJ2",
    when: "phase is Failed or Error",
    test: (n) => n.phase === "Failed" || n.phase === "Error",
    verdict: "Degraded/JobFailed",
    message: (n) => because(donePods(n), n.cause || "the job failed"),
  },
  {
    id: "EJ3",
    when: "phase is Paused",
    test: (n) => n.phase === "Paused",
    verdict: "Suspended/Paused",
    message: (n) => `${donePods(n)}; the job is paused`,
  },
  {
    id: "EJ4a",
    when: "phase is Waiting and match = 0",
    test: (n) => n.phase === "Waiting" && n.match === 0,
    verdict: "Progressing/NoMatchedPods",
    message: () => "No pod matches the selector",
  },
  {
    id: "EJ4b",
    when: "phase is Waiting",
    test: (n) => n.phase === "Waiting",
    verdict: "Progressing/Pending",
    message: (n) => `${ofPods(n.waiting, n.match, "pod")} ${are(n.waiting)} waiting for the container to start`,
  },
  {
    id: "EJ5a",
    when: "phase is Running or Unknown, and failed > 0",
    test: (n) => isRunning(n) && n.failed > 0,
    verdict: "Progressing/RunningWithFailures",
    message: donePods,
  },
  {
    id: "EJ5b",
    when: "phase is Running or Unknown",
    test: isRunning,
    verdict: "Progressing/Running",
    message: donePods,
  },
  {
    id: "EJ6",
    when: "phase is not set, or none of the API's",
    verdict: "Unknown/UnknownPhase",
    message: (n) => unknownPhase(n.phase, "an EphemeralJob"),
  },
];

/** Assesses one EphemeralJob. */
export function assessEphemeralJob(facts: EphemeralJobFacts, notes: readonly Note[]): Verdict {
  return decide(EPHEMERALJOB_TABLE, facts, [...notes]);
}

/** Unknown is what the controller writes while pods of the job are in different states. */
function isRunning({ phase }: EphemeralJobFacts): boolean {
  return phase === "Running" || phase === "Unknown";
}

function donePods({ succeeded, match, failed }: EphemeralJobFacts): string {
  return doneOf({ done: succeeded, all: match, failed }, "pod", "completed");
}
