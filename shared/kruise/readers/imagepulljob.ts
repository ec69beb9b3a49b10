// Reads an ImagePullJob. Both of its versions are alike.
import { IMAGEPULLJOB_TABLE, assessImagePullJob } from "../../health/kinds/imagepulljob.ts";
import type { Note } from "../../health/verdict.ts";
import { keepMessage } from "../kept-text.ts";
import { textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { CAUSE_BYTES, isParallelismZero, neverCompletes, nodeCounts, readNodeCounters } from "./jobs.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";

export const imagePullJobReader: Reader = {
  read: readImagePullJob,
  rules: IMAGEPULLJOB_TABLE,
  counters: ["desired", "active", "succeeded", "failed"],
  observesGeneration: false,
};

/** The only trace of a deadline that is over: the controller counts the nodes that were left as failed. */
const DEADLINE = "exceeds activeDeadlineSeconds";

function readImagePullJob({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const message = textOf(status["message"]) ?? "";
  const counters = readNodeCounters(status);
  const facts = {
    finished: textOf(status["completionTime"]) !== undefined,
    deadlineExceeded: message.includes(DEADLINE),
    message: keepMessage(message, CAUSE_BYTES),
    parallelismZero: isParallelismZero(spec),
    neverCompletes: neverCompletes(spec),
    ...counters,
  };
  return {
    verdict: assessImagePullJob(facts, notes),
    facts,
    counts: nodeCounts(counters),
    podTemplate: imageAsTemplate(spec),
  };
}

function imageAsTemplate(spec: Raw): Raw {
  const image = textOf(spec["image"]);
  return image === undefined ? {} : { spec: { containers: [{ name: "image", image }] } };
}
