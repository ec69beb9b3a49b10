// Reads a CloneSet. v1beta1 moved most of updateStrategy into rollingUpdate and the old type into podUpdatePolicy.
import { assessCloneSet } from "../../health/kinds/cloneset.ts";
import { REPLICA_TABLE } from "../../health/replica-table.ts";
import { scale } from "../../health/partition.ts";
import type { Note } from "../../health/verdict.ts";
import { claimOf } from "../conditions.ts";
import { REPLICA_COUNTERS, readGraceSeconds, readNumbers, readStrategy } from "./kind-reading.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf, isCount, mapOrEmpty, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { readRevisioned, revisionedRollout } from "./revisioned.ts";

/** Values of `type` before v1beta1, which now are pod update policies. */
const POLICIES = ["ReCreate", "InPlaceIfPossible", "InPlaceOnly"];
/** Stands for "no deadline". */
const NEVER_SECONDS = 2 ** 31 - 1;

export const cloneSetReader: Reader = {
  read: readCloneSet,
  rules: REPLICA_TABLE,
  counters: REPLICA_COUNTERS,
  observesGeneration: true,
  replicas: true,
};

function readCloneSet(parts: Parts, notes: readonly Note[]): KindReading {
  const { spec } = parts;
  const strategy = readStrategy(spec);
  const { type, partition, paused, podUpdatePolicy } = strategy;
  const input = readRevisioned(parts, { type, partition, paused });
  const { verdict, numbers } = assessCloneSet(input, notes);
  const podTemplate = mapOrEmpty(spec["template"]);
  const isPolicy = POLICIES.includes(String(textOf(type)));
  const shown = isPolicy ? { type: "RollingUpdate", policy: type } : { type, policy: podUpdatePolicy };
  return {
    verdict,
    ...readNumbers(numbers),
    maxUnavailable: cloneSetMaxUnavailable(strategy, numbers.wanted),
    minReadySeconds: countOf(spec["minReadySeconds"]),
    progressDeadlineSeconds: readDeadline(spec["progressDeadlineSeconds"]),
    terminationGraceSeconds: readGraceSeconds(podTemplate),
    failedScale: claimOf(input.conditions, "FailedScale"),
    failedUpdate: claimOf(input.conditions, "FailedUpdate"),
    rollout: revisionedRollout(input, numbers, shown),
    podTemplate,
  };
}

/** Pods of a CloneSet that may be unavailable: 20% by default, rounded up, and down where surge pods help out. */
export function cloneSetMaxUnavailable(strategy: Raw, wanted: number): number {
  const surge = strategy["paused"] === true ? 0 : (scale(strategy["maxSurge"], wanted, "up") ?? 0);
  const round = surge > 0 ? "down" : "up";
  return scale(strategy["maxUnavailable"], wanted, round) ?? scale("20%", wanted, round) ?? 0;
}

function readDeadline(seconds: unknown): number | undefined {
  return isCount(seconds) && seconds !== NEVER_SECONDS ? seconds : undefined;
}
