// Reads a SidecarSet. It has no replicas and no conditions; its pods belong to others.
import { SIDECARSET_TABLE, assessSidecarSet } from "../../health/kinds/sidecarset.ts";
import type { Note } from "../../health/verdict.ts";
import { isSelective, readRollout } from "./kind-reading.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf, mapOrEmpty, textOf } from "../raw.ts";

export const sidecarSetReader: Reader = {
  read: readSidecarSet,
  rules: SIDECARSET_TABLE,
  counters: ["matchedPods", "updatedPods", "readyPods", "updatedReadyPods"],
  observesGeneration: true,
};

function readSidecarSet({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const strategy = mapOrEmpty(spec["updateStrategy"]);
  const paused = strategy["paused"] === true;
  const { verdict, numbers } = assessSidecarSet(
    {
      partition: strategy["partition"],
      maxUnavailable: strategy["maxUnavailable"],
      paused,
      notUpdate: strategy["type"] === "NotUpdate",
      selective: isSelective(strategy["selector"]),
      injectionPaused: mapOrEmpty(spec["injectionStrategy"])["paused"] === true,
      counters: {
        matched: countOf(status["matchedPods"]),
        updated: countOf(status["updatedPods"]),
        ready: countOf(status["readyPods"]),
        updatedReady: countOf(status["updatedReadyPods"]),
      },
    },
    notes,
  );
  const { matched, updated, ready, updatedReady, target, maxUnavailable } = numbers;
  return {
    verdict,
    facts: numbers,
    counts: { m: matched, up: updated, rdy: ready, urdy: updatedReady },
    marks: { updated, updatedAvailable: updatedReady, available: ready, gap: 0 },
    wanted: matched,
    maxUnavailable,
    rollout: readRollout({
      type: strategy["type"],
      partition: strategy["partition"],
      kept: matched - target,
      target,
      paused,
      current: undefined,
      update: textOf(status["latestRevision"]),
    }),
    podTemplate: {
      spec: { containers: spec["containers"], initContainers: spec["initContainers"], volumes: spec["volumes"] },
    },
  };
}
