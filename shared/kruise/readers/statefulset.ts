// Reads an Advanced StatefulSet. Its v1alpha1 view lacks the updated-available counters; nothing else differs here.
import { scale } from "../../health/partition.ts";
import { STATEFULSET_TABLE, assessStatefulSet } from "../../health/kinds/statefulset.ts";
import type { Note } from "../../health/verdict.ts";
import { REPLICA_COUNTERS, readGraceSeconds, readNumbers } from "./kind-reading.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf, mapOrEmpty, mapsOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { readRevisioned, revisionedRollout } from "./revisioned.ts";

export const statefulSetReader: Reader = {
  read: readStatefulSet,
  rules: STATEFULSET_TABLE,
  counters: REPLICA_COUNTERS,
  observesGeneration: true,
  replicas: true,
};

function readStatefulSet(parts: Parts, notes: readonly Note[]): KindReading {
  const { spec, status } = parts;
  const strategy = mapOrEmpty(spec["updateStrategy"]);
  const rollingUpdate = mapOrEmpty(strategy["rollingUpdate"]);
  const { partition, paused } = rollingUpdate;
  const input = readRevisioned(parts, { type: strategy["type"], partition, paused });
  const compatibleClaims = mapsOf(status["volumeClaims"]).map((claim) => countOf(claim["compatibleReplicas"]));
  const { verdict, numbers } = assessStatefulSet({ ...input, compatibleClaims }, notes);
  const podTemplate = mapOrEmpty(spec["template"]);
  return {
    verdict,
    ...readNumbers(numbers),
    maxUnavailable: statefulSetMaxUnavailable(rollingUpdate, numbers.wanted),
    minReadySeconds: countOf(rollingUpdate["minReadySeconds"]),
    terminationGraceSeconds: readGraceSeconds(podTemplate),
    rollout: revisionedRollout(input, numbers, { type: strategy["type"], policy: rollingUpdate["podUpdatePolicy"] }),
    podTemplate,
  };
}

/** Pods of a StatefulSet that may be unavailable: rounded down, and at least one. */
export function statefulSetMaxUnavailable(rollingUpdate: Raw, wanted: number): number {
  return Math.max(scale(rollingUpdate["maxUnavailable"], wanted, "down") ?? 1, 1);
}
