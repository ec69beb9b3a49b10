// Reads an Advanced StatefulSet. Its v1alpha1 view lacks the updated-available counters; nothing else differs here.
import { scale } from "../health/partition.ts";
import { assessStatefulSet } from "../health/statefulset.ts";
import type { Note } from "../health/verdict.ts";
import { readConditions } from "./conditions.ts";
import { isRolloutControlled, readCounters, readGraceSeconds, readNumbers, readRollout } from "./kind-reading.ts";
import type { KindReading, Parts } from "./kind-reading.ts";
import { countOf, isCount, mapOrEmpty, mapsOf, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

export function readStatefulSet({ annotations, spec, status }: Parts, notes: readonly Note[]): KindReading {
  const strategy = mapOrEmpty(spec["updateStrategy"]);
  const rollingUpdate = mapOrEmpty(strategy["rollingUpdate"]);
  const paused = rollingUpdate["paused"] === true;
  const currentRevision = textOf(status["currentRevision"]);
  const updateRevision = textOf(status["updateRevision"]);
  const { verdict, numbers } = assessStatefulSet(
    {
      replicas: isCount(spec["replicas"]) ? spec["replicas"] : 1,
      partition: rollingUpdate["partition"],
      paused,
      onDelete: strategy["type"] === "OnDelete",
      counters: readCounters(status),
      currentRevision,
      updateRevision,
      conditions: readConditions(status),
      compatibleClaims: mapsOf(status["volumeClaims"]).map((claim) => countOf(claim["compatibleReplicas"])),
      rolloutControlled: isRolloutControlled(annotations),
    },
    notes,
  );
  const podTemplate = mapOrEmpty(spec["template"]);
  return {
    verdict,
    ...readNumbers(numbers),
    maxUnavailable: statefulSetMaxUnavailable(rollingUpdate, numbers.wanted),
    minReadySeconds: countOf(rollingUpdate["minReadySeconds"]),
    progressDeadlineSeconds: undefined,
    terminationGraceSeconds: readGraceSeconds(podTemplate),
    failedScale: undefined,
    failedUpdate: undefined,
    rollout: readRollout({
      type: strategy["type"],
      policy: rollingUpdate["podUpdatePolicy"],
      partition: rollingUpdate["partition"],
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

/** Pods of a StatefulSet that may be unavailable: rounded down, and at least one. */
export function statefulSetMaxUnavailable(rollingUpdate: Raw, wanted: number): number {
  return Math.max(scale(rollingUpdate["maxUnavailable"], wanted, "down") ?? 1, 1);
}
