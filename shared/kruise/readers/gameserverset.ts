// Reads a GameServerSet. Its status.replicas only echoes the spec: the pods that exist are in currentReplicas.
import { assessGameServerSet } from "../../health/kinds/gameserverset.ts";
import { REPLICA_TABLE } from "../../health/replica-table.ts";
import type { Note } from "../../health/verdict.ts";
import { isRolloutControlled, readGraceSeconds, readNumbers, readRollout } from "./kind-reading.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf, isCount, mapOrEmpty } from "../raw.ts";
import { statefulSetMaxUnavailable } from "./statefulset.ts";

export const gameServerSetReader: Reader = {
  read: readGameServerSet,
  rules: REPLICA_TABLE,
  counters: [
    "replicas",
    "currentReplicas",
    "readyReplicas",
    "availableReplicas",
    "updatedReplicas",
    "updatedReadyReplicas",
  ],
  observesGeneration: true,
  replicas: true,
};

function readGameServerSet({ annotations, spec, status }: Parts, notes: readonly Note[]): KindReading {
  const { type, rollingUpdate } = mapOrEmpty(spec["updateStrategy"]);
  const rolling = mapOrEmpty(rollingUpdate);
  const { partition, podUpdatePolicy } = rolling;
  const paused = rolling["paused"] === true;
  const { verdict, numbers } = assessGameServerSet(
    {
      replicas: isCount(spec["replicas"]) ? spec["replicas"] : 1,
      partition,
      paused,
      onDelete: type === "OnDelete",
      counters: {
        existing: countOf(status["currentReplicas"]),
        ready: countOf(status["readyReplicas"]),
        available: countOf(status["availableReplicas"]),
        updated: countOf(status["updatedReplicas"]),
        // There is no counter of updated pods that are available.
        updatedAvailable: countOf(status["updatedReadyReplicas"]),
      },
      rolloutControlled: isRolloutControlled(annotations),
    },
    notes,
  );
  const { wanted, target } = numbers;
  const { metadata, spec: podSpec } = mapOrEmpty(spec["gameServerTemplate"]);
  const podTemplate = { ...(metadata !== undefined && { metadata }), ...(podSpec !== undefined && { spec: podSpec }) };
  return {
    verdict,
    ...readNumbers(numbers),
    maxUnavailable: statefulSetMaxUnavailable(rolling, wanted),
    minReadySeconds: countOf(rolling["minReadySeconds"]),
    terminationGraceSeconds: readGraceSeconds(podTemplate),
    rollout: readRollout({
      type,
      policy: podUpdatePolicy,
      partition,
      kept: wanted - target,
      target,
      paused,
      current: undefined,
      update: undefined,
    }),
    podTemplate,
  };
}
