// Reads a PodProbeMarker.
import { PODPROBEMARKER_TABLE, assessPodProbeMarker } from "../../health/kinds/podprobemarker.ts";
import type { Note } from "../../health/verdict.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf } from "../raw.ts";

export const podProbeMarkerReader: Reader = {
  read: readPodProbeMarker,
  rules: PODPROBEMARKER_TABLE,
  counters: ["matchedPods"],
  observesGeneration: true,
};

function readPodProbeMarker({ status }: Parts, notes: readonly Note[]): KindReading {
  const facts = { matched: countOf(status["matchedPods"]) };
  return { verdict: assessPodProbeMarker(facts, notes), facts, counts: { m: facts.matched } };
}
