// PodProbeMarker: how many pods it probes. Nothing in it tells of a failure.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";

export interface ProbeMarkerFacts {
  /** Pods that its selector matches. */
  matched: number;
}

export const PODPROBEMARKER_TABLE: DecisionTable<ProbeMarkerFacts> = [
  {
    id: "PPM1",
    when: "matched = 0",
    test: ({ matched }) => matched === 0,
    verdict: "Healthy/NoMatchedPods",
    message: () => "No pod is matched",
  },
  {
    id: "PPM2",
    when: "matched > 0",
    verdict: "Healthy/Matched",
    message: ({ matched }) => `${matched} ${matched === 1 ? "pod is" : "pods are"} matched`,
  },
];

/** Assesses one PodProbeMarker. */
export function assessPodProbeMarker(facts: ProbeMarkerFacts, preludeNotes: readonly Note[]): Verdict {
  return decide(PODPROBEMARKER_TABLE, facts, [...preludeNotes]);
}
