// Reads what CloneSet and Advanced StatefulSet have in common; each says itself where its strategy keeps which field.
import type { ReplicaNumbers } from "../../health/inputs.ts";
import type { RevisionedInput } from "../../health/revisioned.ts";
import { readConditions } from "../conditions.ts";
import { isRolloutControlled, readCounters, readRollout } from "./kind-reading.ts";
import type { Parts, Rollout } from "./kind-reading.ts";
import { isCount, textOf } from "../raw.ts";

/** Fields of the update strategy, as they stand in the object. */
export interface StrategyFields {
  type: unknown;
  partition: unknown;
  paused: unknown;
}

export function readRevisioned({ annotations, spec, status }: Parts, strategy: StrategyFields): RevisionedInput {
  return {
    replicas: isCount(spec["replicas"]) ? spec["replicas"] : 1,
    partition: strategy.partition,
    paused: strategy.paused === true,
    onDelete: strategy.type === "OnDelete",
    counters: readCounters(status),
    currentRevision: textOf(status["currentRevision"]),
    updateRevision: textOf(status["updateRevision"]),
    conditions: readConditions(status),
    rolloutControlled: isRolloutControlled(annotations),
  };
}

/** The rollout as the record shows it. */
export function revisionedRollout(
  input: RevisionedInput,
  { wanted, target }: ReplicaNumbers,
  shown: { type: unknown; policy: unknown },
): Rollout {
  return readRollout({
    ...shown,
    partition: input.partition,
    kept: wanted - target,
    target,
    paused: input.paused,
    current: input.currentRevision,
    update: input.updateRevision,
  });
}
