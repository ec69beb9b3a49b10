// ContainerRecreateRequest: restarts containers of one pod. Its final phase is Completed in success and in failure;
// what came of it is in the states of the containers, and in a message when the controller gave up.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { ofPods } from "../replica-numbers.ts";
import type { Note, Verdict } from "../verdict.ts";
import { because, doneOf, unknownPhase } from "./job-words.ts";

export interface ContainerRecreateRequestFacts {
  /** As written; empty until the daemon on the node answers. */
  phase: string;
  /** Why the controller gave up; empty when it did not. */
  message: string;
  /** Containers that the request names; where it names none, those that have a state. */
  wanted: number;
  /** Containers that have a state. */
  states: number;
  succeeded: number;
  failed: number;
  /** The first failed container and its message; empty when none failed. */
  cause: string;
}

export const CONTAINERRECREATEREQUEST_TABLE: DecisionTable<ContainerRecreateRequestFacts> = [
  {
    id: "CRR1",
    when: "phase is not set",
    test: (n) => n.phase === "",
    verdict: "Progressing/Pending",
    message: () => "kruise-daemon on the pod's node has not answered yet",
  },
  {
    id: "CRR2",
    when: "phase is Pending or Recreating",
    test: (n) => n.phase === "Pending" || n.phase === "Recreating",
    verdict: "Progressing/Recreating",
    message: recreated,
  },
  {
    id: "CRR3a",
    when: "phase is Completed and failed > 0",
    test: (n) => n.phase === "Completed" && n.failed > 0,
    verdict: "Degraded/RecreateFailed",
    message: failure,
  },
  {
    id: "CRR3b",
    when: "phase is Completed and there is a message",
    test: (n) => n.phase === "Completed" && n.message !== "",
    verdict: "Degraded/Aborted",
    message: (n) => n.message,
  },
  {
    id: "CRR3c",
    when: "phase is Completed and succeeded < states",
    test: (n) => n.phase === "Completed" && n.succeeded < n.states,
    verdict: "Degraded/Incomplete",
    message: (n) => `${recreated(n)}; the request has ended`,
  },
  {
    id: "CRR3d",
    when: "phase is Completed",
    test: (n) => n.phase === "Completed",
    verdict: "Healthy/Completed",
    message: recreated,
  },
  {
    id: "CRR4",
    when: "phase is Succeeded",
    test: (n) => n.phase === "Succeeded",
    verdict: "Healthy/Completed",
    message: recreated,
  },
  {
    id: "CRR5",
    when: "phase is Failed",
    test: (n) => n.phase === "Failed",
    verdict: "Degraded/RecreateFailed",
    message: (n) => n.message || (n.failed > 0 ? failure(n) : `${recreated(n)}; the request failed`),
  },
  {
    id: "CRR6",
    when: "phase is none of the API's",
    verdict: "Unknown/UnknownPhase",
    message: (n) => unknownPhase(n.phase, "a ContainerRecreateRequest"),
  },
];

/** Assesses one ContainerRecreateRequest. */
export function assessContainerRecreateRequest(facts: ContainerRecreateRequestFacts, notes: readonly Note[]): Verdict {
  return decide(CONTAINERRECREATEREQUEST_TABLE, facts, [...notes]);
}

function recreated({ succeeded, wanted, failed }: ContainerRecreateRequestFacts): string {
  return doneOf({ done: succeeded, all: wanted, failed }, "container", "been recreated");
}

function failure({ failed, wanted, cause }: ContainerRecreateRequestFacts): string {
  return because(`${ofPods(failed, wanted, "container")} could not be recreated`, cause);
}
