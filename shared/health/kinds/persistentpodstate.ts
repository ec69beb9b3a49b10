// PersistentPodState remembers on which node each pod ran. Nothing in it tells of a failure.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import type { Note, Verdict } from "../verdict.ts";

export interface PodStateFacts {
  /** Pods whose node is remembered. */
  podStates: number;
}

export const PERSISTENTPODSTATE_TABLE: DecisionTable<PodStateFacts> = [
  {
    id: "PPS1",
    when: "podStates = 0",
    test: ({ podStates }) => podStates === 0,
    verdict: "Healthy/NoPodStates",
    message: () => "No pod is recorded",
  },
  {
    id: "PPS2",
    when: "podStates > 0",
    verdict: "Healthy/Recording",
    message: ({ podStates }) => `${podStates} ${podStates === 1 ? "pod is" : "pods are"} recorded`,
  },
];

/** Assesses one PersistentPodState. */
export function assessPersistentPodState(facts: PodStateFacts, preludeNotes: readonly Note[]): Verdict {
  return decide(PERSISTENTPODSTATE_TABLE, facts, [...preludeNotes]);
}
