// Reads a BroadcastJob. Both of its versions are alike.
import { BROADCASTJOB_TABLE, assessBroadcastJob } from "../../health/kinds/broadcastjob.ts";
import type { Condition } from "../../health/inputs.ts";
import type { Note } from "../../health/verdict.ts";
import { readConditions } from "../conditions.ts";
import { keepMessage } from "../kept-text.ts";
import { mapOrEmpty } from "../raw.ts";
import { CAUSE_BYTES, isParallelismZero, neverCompletes } from "./jobs.ts";
import { nodeCounts, pausedRollout, readNodeCounters, readPhase } from "./jobs.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";

export const broadcastJobReader: Reader = {
  read: readBroadcastJob,
  rules: BROADCASTJOB_TABLE,
  counters: ["desired", "active", "succeeded", "failed"],
  observesGeneration: false,
};

function readBroadcastJob({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const conditions = readConditions(status);
  const failure = findTrue(conditions, "Failed");
  const counters = readNodeCounters(status);
  const facts = {
    phase: readPhase(status),
    completeCondition: findTrue(conditions, "Complete") !== undefined,
    failedCondition: failure !== undefined,
    cause: keepMessage(failure?.message ?? "", CAUSE_BYTES),
    paused: spec["paused"] === true,
    pausesOnFailure: mapOrEmpty(spec["failurePolicy"])["type"] === "Pause",
    parallelismZero: isParallelismZero(spec),
    neverCompletes: neverCompletes(spec),
    ...counters,
  };
  return {
    verdict: assessBroadcastJob(facts, notes),
    facts,
    counts: nodeCounts(counters),
    ...pausedRollout(facts.paused || facts.phase === "paused"),
    podTemplate: mapOrEmpty(spec["template"]),
  };
}

function findTrue(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type && condition.status === "True");
}
