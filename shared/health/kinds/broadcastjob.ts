// BroadcastJob: one pod on every eligible node. Its active counter also counts creations that failed, so no rule reads it.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";
import { because, doneOf, unknownPhase } from "./job-words.ts";

export interface BroadcastJobFacts {
  /** As written; empty when the controller has not set it yet. */
  phase: string;
  completeCondition: boolean;
  failedCondition: boolean;
  /** Message of the condition Failed; empty when there is none. */
  cause: string;
  /** spec.paused: the failure policy pauses by the phase alone. */
  paused: boolean;
  /** failurePolicy.type is Pause. */
  pausesOnFailure: boolean;
  /** parallelism is 0 or "0%". */
  parallelismZero: boolean;
  /** completionPolicy.type is Never: the job goes on to wait for new nodes. */
  neverCompletes: boolean;
  desired: number;
  active: number;
  succeeded: number;
  failed: number;
}

const PHASES = ["", "running", "paused", "completed", "failed"];

export const BROADCASTJOB_TABLE: DecisionTable<BroadcastJobFacts> = [
  {
    id: "BJ1",
    when: "phase is set, to none of the API's",
    test: (n) => !PHASES.includes(n.phase),
    verdict: "Unknown/UnknownPhase",
    message: (n) => unknownPhase(n.phase, "a BroadcastJob"),
  },
  {
    id: "BJ2",
    when: "phase tells of a failure, or failedCondition",
    test: (n) => n.phase === "failed" || n.failedCondition,
    verdict: "Degraded/JobFailed",
    message: (n) => because(doneNodes(n), n.cause || "the job failed"),
  },
  {
    id: "BJ3a",
    when: "phase tells of completion, or completeCondition; and failed > 0",
    test: (n) => isComplete(n) && n.failed > 0,
    verdict: "Degraded/CompletedWithFailures",
    message: doneNodes,
  },
  {
    id: "BJ3b",
    when: "phase tells of completion, or completeCondition",
    test: isComplete,
    verdict: "Healthy/Completed",
    message: doneNodes,
  },
  {
    id: "BJ4a",
    when: "phase tells of a pause, or paused; failed > 0 and pausesOnFailure",
    test: (n) => isPaused(n) && n.failed > 0 && n.pausesOnFailure,
    verdict: "Degraded/PausedOnFailure",
    message: (n) => `${doneNodes(n)}; the failure policy paused the job`,
  },
  {
    id: "BJ4b",
    when: "phase tells of a pause, or paused",
    test: isPaused,
    verdict: "Suspended/Paused",
    message: (n) => `${doneNodes(n)}; the job is paused`,
  },
  {
    id: "BJ5",
    when: "parallelismZero",
    test: (n) => n.parallelismZero,
    verdict: "Suspended/ParallelismZero",
    message: (n) => `${doneNodes(n)}; a parallelism of 0 starts no pod`,
  },
  {
    id: "BJ6a",
    when: "desired = 0 and neverCompletes",
    test: (n) => n.desired === 0 && n.neverCompletes,
    verdict: "Healthy/NoEligibleNodes",
    message: () => "No node is eligible; the job waits for new ones",
  },
  {
    id: "BJ6b",
    when: "desired = 0",
    test: (n) => n.desired === 0,
    verdict: "Progressing/NoEligibleNodes",
    message: () => "No node is eligible, and without one the job does not complete",
  },
  {
    id: "BJ7a",
    when: "neverCompletes, succeeded + failed >= desired and failed > 0",
    test: (n) => isIdle(n) && n.failed > 0,
    verdict: "Degraded/CompletedWithFailures",
    message: doneNodes,
  },
  {
    id: "BJ7b",
    when: "neverCompletes and succeeded + failed >= desired",
    test: isIdle,
    verdict: "Healthy/Idle",
    message: (n) => `${doneNodes(n)}; the job waits for new ones`,
  },
  {
    id: "BJ8a",
    when: "failed > 0",
    test: (n) => n.failed > 0,
    verdict: "Progressing/RunningWithFailures",
    message: doneNodes,
  },
  { id: "BJ8b", when: "the job runs, and nothing of it failed", verdict: "Progressing/Running", message: doneNodes },
];

/** Assesses one BroadcastJob. */
export function assessBroadcastJob(facts: BroadcastJobFacts, notes: readonly Note[]): Verdict {
  return decide(BROADCASTJOB_TABLE, facts, [...notes]);
}

function isComplete({ phase, completeCondition }: BroadcastJobFacts): boolean {
  return phase === "completed" || completeCondition;
}

function isPaused({ phase, paused }: BroadcastJobFacts): boolean {
  return phase === "paused" || paused;
}

function isIdle({ neverCompletes, succeeded, failed, desired }: BroadcastJobFacts): boolean {
  return neverCompletes && succeeded + failed >= desired;
}

function doneNodes({ succeeded, desired, failed }: BroadcastJobFacts): string {
  return doneOf({ done: succeeded, all: desired, failed }, "node", "completed");
}
