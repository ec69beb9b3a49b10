// ImageListPullJob: owns one ImagePullJob for each image. An image is completed when no node is left to try it, and
// succeeded when every node has it.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";
import { doneOf } from "./job-words.ts";

export interface ImageListPullJobFacts {
  /** completionTime is set. */
  finished: boolean;
  /** completionPolicy.type is Never: completionTime is never set. */
  neverCompletes: boolean;
  desired: number;
  active: number;
  completed: number;
  succeeded: number;
  /** Images that at least one node could not pull: the length of failedImageStatuses. */
  failedImages: number;
}

export const IMAGELISTPULLJOB_TABLE: DecisionTable<ImageListPullJobFacts> = [
  {
    id: "ILP1a",
    when: "finished, or neverCompletes and completed >= desired; and failedImages > 0",
    test: (n) => isDone(n) && n.failedImages > 0,
    verdict: "Degraded/PullFailed",
    message: pulledImages,
  },
  {
    id: "ILP1b",
    when: "finished, or neverCompletes and completed >= desired",
    test: isDone,
    verdict: "Healthy/Completed",
    message: pulledImages,
  },
  {
    id: "ILP2a",
    when: "failedImages > 0",
    test: (n) => n.failedImages > 0,
    verdict: "Progressing/PullingWithFailures",
    message: pulledImages,
  },
  { id: "ILP2b", when: "images are being pulled", verdict: "Progressing/Pulling", message: pulledImages },
];

/** Assesses one ImageListPullJob. */
export function assessImageListPullJob(facts: ImageListPullJobFacts, notes: readonly Note[]): Verdict {
  return decide(IMAGELISTPULLJOB_TABLE, facts, [...notes]);
}

function isDone({ finished, neverCompletes, completed, desired }: ImageListPullJobFacts): boolean {
  return finished || (neverCompletes && completed >= desired);
}

function pulledImages({ succeeded, desired, failedImages }: ImageListPullJobFacts): string {
  return doneOf({ done: succeeded, all: desired, failed: failedImages }, "image", "been pulled");
}
