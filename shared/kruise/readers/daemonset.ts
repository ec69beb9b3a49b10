// Reads an Advanced DaemonSet. v1beta1 names its update revision otherwise and has a field for partitioned scaling.
import { DAEMONSET_TABLE, assessDaemonSet } from "../../health/kinds/daemonset.ts";
import type { Note } from "../../health/verdict.ts";
import { isRolloutControlled, isSelective, readGraceSeconds, readRollout } from "./kind-reading.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf, mapOrEmpty, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";

export const daemonSetReader: Reader = {
  read: readDaemonSet,
  rules: DAEMONSET_TABLE,
  counters: [
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "updatedNumberScheduled",
    "numberReady",
    "numberAvailable",
    "numberUnavailable",
    "numberMisscheduled",
  ],
  observesGeneration: true,
};

function readDaemonSet({ annotations, spec, status }: Parts, notes: readonly Note[]): KindReading {
  const { type, rollingUpdate } = mapOrEmpty(spec["updateStrategy"]);
  const rolling = mapOrEmpty(rollingUpdate);
  const { partition, maxUnavailable } = rolling;
  const paused = rolling["paused"] === true;
  const { verdict, numbers } = assessDaemonSet(
    {
      partition,
      maxUnavailable,
      paused,
      onDelete: type === "OnDelete",
      selective: isSelective(rolling["selector"]),
      partitionedScaling: isScalingPartitioned(annotations, spec),
      rolloutControlled: isRolloutControlled(annotations),
      counters: {
        desired: countOf(status["desiredNumberScheduled"]),
        current: countOf(status["currentNumberScheduled"]),
        updated: countOf(status["updatedNumberScheduled"]),
        ready: countOf(status["numberReady"]),
        available: countOf(status["numberAvailable"]),
        misscheduled: countOf(status["numberMisscheduled"]),
      },
    },
    notes,
  );
  const { desired, current, updated, ready, available, misscheduled, target } = numbers;
  const podTemplate = mapOrEmpty(spec["template"]);
  return {
    verdict,
    facts: numbers,
    counts: { des: desired, cur: current, up: updated, rdy: ready, av: available, mis: misscheduled },
    marks: { updated, updatedAvailable: available, available, gap: Math.abs(desired - current) },
    wanted: desired,
    maxUnavailable: numbers.maxUnavailable,
    minReadySeconds: countOf(spec["minReadySeconds"]),
    terminationGraceSeconds: readGraceSeconds(podTemplate),
    rollout: readRollout({
      type,
      policy: rolling["rollingUpdateType"],
      partition,
      kept: desired - target,
      target,
      paused,
      current: undefined,
      update: textOf(status["updateRevision"]) ?? textOf(status["daemonSetHash"]),
    }),
    podTemplate,
  };
}

/** v1alpha1 has an annotation for it, v1beta1 a field; a converted object carries both. */
function isScalingPartitioned(annotations: Raw, spec: Raw): boolean {
  const annotated = annotations["daemonset.kruise.io/progressive-create-pod"] === "true";
  return annotated || mapOrEmpty(spec["scaleStrategy"])["partitionedScaling"] === true;
}
