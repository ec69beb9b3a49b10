// Reads an EphemeralJob.
import { EPHEMERALJOB_TABLE, assessEphemeralJob } from "../../health/kinds/ephemeraljob.ts";
import type { Note } from "../../health/verdict.ts";
import { readConditions } from "../conditions.ts";
import { keepMessage } from "../kept-text.ts";
import { countOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { CAUSE_BYTES, pausedRollout, readPhase } from "./jobs.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";

export const ephemeralJobReader: Reader = {
  read: readEphemeralJob,
  rules: EPHEMERALJOB_TABLE,
  counters: ["match", "running", "succeeded", "waiting", "failed"],
  observesGeneration: false,
};

const FAILURES = ["JobFailed", "JobError"];

function readEphemeralJob({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const facts = {
    phase: readPhase(status),
    cause: readCause(status),
    match: countOf(status["match"]),
    running: countOf(status["running"]),
    succeeded: countOf(status["succeeded"]),
    waiting: countOf(status["waiting"]),
    failed: countOf(status["failed"]),
  };
  return {
    verdict: assessEphemeralJob(facts, notes),
    facts,
    counts: { m: facts.match, act: facts.running, ok: facts.succeeded, fail: facts.failed },
    ...pausedRollout(spec["paused"] === true || facts.phase === "Paused"),
  };
}

/** The controller adds a condition with every change of phase, so the last one counts. */
function readCause(status: Raw): string {
  const failure = readConditions(status).findLast(({ type, status: is }) => FAILURES.includes(type) && is === "True");
  return keepMessage(failure?.message ?? "", CAUSE_BYTES);
}
