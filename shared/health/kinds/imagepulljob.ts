// ImagePullJob: pulls one image on the nodes that match. It is done when every node has succeeded or failed.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";
import { because, doneOf } from "./job-words.ts";

export interface ImagePullJobFacts {
  /** completionTime is set. */
  finished: boolean;
  /** The controller's message says that activeDeadlineSeconds are over. */
  deadlineExceeded: boolean;
  /** The controller's message; empty when there is none. */
  message: string;
  /** parallelism is 0 or "0%". */
  parallelismZero: boolean;
  /** completionPolicy.type is Never: the job goes on to wait for new nodes. */
  neverCompletes: boolean;
  desired: number;
  active: number;
  succeeded: number;
  failed: number;
}

export const IMAGEPULLJOB_TABLE: DecisionTable<ImagePullJobFacts> = [
  {
    id: "IPJ1",
    when: "finished and deadlineExceeded",
    test: (n) => n.finished && n.deadlineExceeded,
    verdict: "Degraded/DeadlineExceeded",
    message: (n) => because(pulledNodes(n), n.message),
  },
  {
    id: "IPJ2a",
    when: "finished and failed > 0",
    test: (n) => n.finished && n.failed > 0,
    verdict: "Degraded/PullFailed",
    message: pulledNodes,
  },
  {
    id: "IPJ2b",
    when: "finished and desired = 0",
    test: (n) => n.finished && n.desired === 0,
    verdict: "Healthy/NoMatchingNodes",
    message: () => "No node matches, so there was nothing to pull",
  },
  {
    id: "IPJ2c",
    when: "finished",
    test: (n) => n.finished,
    verdict: "Healthy/Completed",
    message: pulledNodes,
  },
  {
    id: "IPJ3",
    when: "parallelismZero",
    test: (n) => n.parallelismZero,
    verdict: "Suspended/ParallelismZero",
    message: (n) => `${pulledNodes(n)}; a parallelism of 0 starts no pull`,
  },
  {
    id: "IPJ4a",
    when: "neverCompletes and desired = 0",
    test: (n) => n.neverCompletes && n.desired === 0,
    verdict: "Healthy/NoMatchingNodes",
    message: () => "No node matches; the job waits for new ones",
  },
  {
    id: "IPJ4b",
    when: "neverCompletes, succeeded + failed >= desired and failed > 0",
    test: (n) => isIdle(n) && n.failed > 0,
    verdict: "Degraded/PullFailed",
    message: pulledNodes,
  },
  {
    id: "IPJ4c",
    when: "neverCompletes and succeeded + failed >= desired",
    test: isIdle,
    verdict: "Healthy/Idle",
    message: (n) => `${pulledNodes(n)}; the job waits for new ones`,
  },
  {
    id: "IPJ5a",
    when: "failed > 0",
    test: (n) => n.failed > 0,
    verdict: "Progressing/PullingWithFailures",
    message: pulledNodes,
  },
  { id: "IPJ5b", when: "the image is being pulled", verdict: "Progressing/Pulling", message: pulledNodes },
];

/** Assesses one ImagePullJob. */
export function assessImagePullJob(facts: ImagePullJobFacts, notes: readonly Note[]): Verdict {
  return decide(IMAGEPULLJOB_TABLE, facts, [...notes]);
}

function isIdle({ neverCompletes, succeeded, failed, desired }: ImagePullJobFacts): boolean {
  return neverCompletes && succeeded + failed >= desired;
}

function pulledNodes({ succeeded, desired, failed }: ImagePullJobFacts): string {
  return doneOf({ done: succeeded, all: desired, failed }, "node", "pulled the image");
}
