// Reads the status of a ResourceDistribution, and never its spec: the resource in it may be a Secret.
import { RESOURCEDISTRIBUTION_TABLE, assessResourceDistribution } from "../../health/kinds/resourcedistribution.ts";
import type { DistributionFacts } from "../../health/kinds/resourcedistribution.ts";
import type { Condition } from "../../health/inputs.ts";
import type { Note } from "../../health/verdict.ts";
import { readConditions } from "../conditions.ts";
import { keepMessage } from "../kept-text.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf } from "../raw.ts";
import { MESSAGE_BYTES } from "../record.ts";

const FAILURES = [
  "ConflictOccurred",
  "NamespaceNotExists",
  "GetResourceFailed",
  "CreateResourceFailed",
  "UpdateResourceFailed",
  "DeleteResourceFailed",
];

export const resourceDistributionReader: Reader = {
  read: readResourceDistribution,
  rules: RESOURCEDISTRIBUTION_TABLE,
  counters: ["desired", "succeeded", "failed"],
  observesGeneration: true,
};

function readResourceDistribution({ status }: Parts, notes: readonly Note[]): KindReading {
  const failing = readConditions(status).find((condition) => condition.status === "True");
  const facts: DistributionFacts = {
    desired: countOf(status["desired"]),
    succeeded: countOf(status["succeeded"]),
    failed: countOf(status["failed"]),
    failure: failing === undefined ? "" : failureText(failing),
  };
  const { desired, succeeded, failed } = facts;
  return {
    verdict: assessResourceDistribution(facts, notes),
    facts,
    counts: { des: desired, ok: succeeded, fail: failed },
  };
}

/** The controller writes the error's text as the condition's reason. Of a condition that is not known no text is kept. */
function failureText({ type, reason, message }: Condition): string {
  if (!FAILURES.includes(type)) return "A condition is True";
  const text = message ?? reason;
  return keepMessage(text === undefined ? type : `${type}: ${text}`, MESSAGE_BYTES);
}
