// Reads a CloneSet. v1beta1 moved most of updateStrategy into rollingUpdate and the old type into podUpdatePolicy.
import { assessCloneSet } from "../health/cloneset.ts";
import { scale } from "../health/partition.ts";
import type { Note } from "../health/verdict.ts";
import { claimOf, readConditions } from "./conditions.ts";
import {
  isRolloutControlled,
  readCounters,
  readGraceSeconds,
  readNumbers,
  readRollout,
  readStrategy,
} from "./kind-reading.ts";
import type { KindReading, Parts } from "./kind-reading.ts";
import { countOf, isCount, mapOrEmpty, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

/** Values of `type` before v1beta1, which now are pod update policies. */
const POLICIES = ["ReCreate", "InPlaceIfPossible", "InPlaceOnly"];
/** Stands for "no deadline". */
const NEVER_SECONDS = 2 ** 31 - 1;

export function readCloneSet({ annotations, spec, status }: Parts, notes: readonly Note[]): KindReading {
  const strategy = readStrategy(spec);
  const conditions = readConditions(status);
  const paused = strategy["paused"] === true;
  const currentRevision = textOf(status["currentRevision"]);
  const updateRevision = textOf(status["updateRevision"]);
  const { verdict, numbers } = assessCloneSet(
    {
      replicas: isCount(spec["replicas"]) ? spec["replicas"] : 1,
      partition: strategy["partition"],
      paused,
      onDelete: strategy["type"] === "OnDelete",
      counters: readCounters(status),
      currentRevision,
      updateRevision,
      conditions,
      rolloutControlled: isRolloutControlled(annotations),
    },
    notes,
  );
  const podTemplate = mapOrEmpty(spec["template"]);
  const isPolicy = POLICIES.includes(String(textOf(strategy["type"])));
  return {
    verdict,
    ...readNumbers(numbers),
    maxUnavailable: cloneSetMaxUnavailable(strategy, numbers.wanted),
    minReadySeconds: countOf(spec["minReadySeconds"]),
    progressDeadlineSeconds: readDeadline(spec["progressDeadlineSeconds"]),
    terminationGraceSeconds: readGraceSeconds(podTemplate),
    failedScale: claimOf(conditions, "FailedScale"),
    failedUpdate: claimOf(conditions, "FailedUpdate"),
    rollout: readRollout({
      type: isPolicy ? "RollingUpdate" : strategy["type"],
      policy: isPolicy ? strategy["type"] : strategy["podUpdatePolicy"],
      partition: strategy["partition"],
      kept: numbers.wanted - numbers.target,
      target: numbers.target,
      paused,
      current: currentRevision,
      update: updateRevision,
    }),
    podTemplate,
    subsets: [],
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
