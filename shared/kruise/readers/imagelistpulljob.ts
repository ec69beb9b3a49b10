// Reads an ImageListPullJob. Both of its versions are alike.
import { IMAGELISTPULLJOB_TABLE, assessImageListPullJob } from "../../health/kinds/imagelistpulljob.ts";
import type { Note } from "../../health/verdict.ts";
import { countOf, mapsOf, textOf } from "../raw.ts";
import { imagesAsTemplate, neverCompletes } from "./jobs.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";

export const imageListPullJobReader: Reader = {
  read: readImageListPullJob,
  rules: IMAGELISTPULLJOB_TABLE,
  counters: ["desired", "active", "completed", "succeeded"],
  observesGeneration: false,
};

function readImageListPullJob({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const facts = {
    finished: textOf(status["completionTime"]) !== undefined,
    neverCompletes: neverCompletes(spec),
    desired: countOf(status["desired"]),
    active: countOf(status["active"]),
    completed: countOf(status["completed"]),
    succeeded: countOf(status["succeeded"]),
    failedImages: mapsOf(status["failedImageStatuses"]).length,
  };
  return {
    verdict: assessImageListPullJob(facts, notes),
    facts,
    counts: {
      des: facts.desired,
      act: facts.active,
      don: facts.completed,
      ok: facts.succeeded,
      fail: facts.failedImages,
    },
    podTemplate: imagesAsTemplate(spec["images"]),
  };
}
