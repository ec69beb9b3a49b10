// Reads a Rollout. Its strategy is a canary or blue and green, and its status is by that name;
// v1beta1 repeats step and state at the top of the status.
import { ROLLOUT_TABLE, assessRollout } from "../../health/kinds/rollout.ts";
import type { RolloutFacts } from "../../health/kinds/rollout.ts";
import type { Note } from "../../health/verdict.ts";
import { readConditions } from "../conditions.ts";
import { keepMessage, keepText, revisionHash } from "../kept-text.ts";
import type { KindReading, Parts, Reader, Rollout } from "./kind-reading.ts";
import { countOf, mapOf, mapOrEmpty, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { MESSAGE_BYTES } from "../record.ts";

export const rolloutReader: Reader = {
  read: readRollout,
  rules: ROLLOUT_TABLE,
  counters: [],
  observesGeneration: true,
};

function readRollout({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const strategy = mapOrEmpty(spec["strategy"]);
  const progress = mapOf(status["blueGreenStatus"]) ?? mapOrEmpty(status["canaryStatus"]);
  const facts = readFacts(strategy, status, progress);
  return {
    verdict: assessRollout(facts, notes),
    facts,
    counts: {},
    rollout: {
      ...styleOf(strategy),
      pa: facts.paused,
      step: facts.step,
      steps: facts.steps,
      ...(facts.stepState !== "" && { state: facts.stepState }),
      ...revisions(progress),
    },
  };
}

function readFacts(strategy: Raw, status: Raw, progress: Raw): RolloutFacts {
  const conditions = readConditions(status);
  const step = countOf(progress["currentStepIndex"] ?? status["currentStepIndex"]);
  const steps = stepsOf(strategy);
  const duration = mapOrEmpty(mapOrEmpty(steps[step - 1])["pause"])["duration"];
  return {
    phase: keepText(textOf(status["phase"]) ?? "", 63),
    message: keepMessage(textOf(status["message"]) ?? "", MESSAGE_BYTES),
    rolledBack: conditions.some(({ type, status: value }) => type === "Succeeded" && value === "False"),
    reason: keepText(conditions.find(({ type }) => type === "Progressing")?.reason ?? "", 63),
    paused: strategy["paused"] === true,
    stepState: keepText(textOf(progress["currentStepState"]) ?? textOf(status["currentStepState"]) ?? "", 63),
    timed: duration !== undefined && duration !== null,
    step,
    steps: steps.length,
  };
}

/** The steps as they are numbered; one that is no map counts too. */
function stepsOf(strategy: Raw): unknown[] {
  const { steps } = mapOf(strategy["blueGreen"]) ?? mapOrEmpty(strategy["canary"]);
  return Array.isArray(steps) ? steps : [];
}

function styleOf(strategy: Raw): Pick<Rollout, "st"> {
  if (mapOf(strategy["blueGreen"]) !== undefined) return { st: "BlueGreen" };
  return mapOf(strategy["canary"]) === undefined ? {} : { st: "Canary" };
}

function revisions(progress: Raw): Pick<Rollout, "cur" | "upd"> {
  const stable = textOf(progress["stableRevision"]);
  const update = textOf(progress["updatedRevision"]) ?? textOf(progress["canaryRevision"]);
  return {
    ...(stable !== undefined && { cur: revisionHash(stable) }),
    ...(update !== undefined && { upd: revisionHash(update) }),
  };
}
