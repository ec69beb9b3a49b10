// WorkloadSpread: where the pods of a workload went. Whether they run is the workload's own verdict.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { addNote } from "../inputs.ts";
import type { Assessment } from "../inputs.ts";
import type { Note } from "../verdict.ts";

export interface SpreadSubset {
  pods: number;
  /** Pods were moved away from it because they could not be scheduled there. */
  unschedulable: boolean;
  /** One of its counters is no number. missingReplicas is the room left: -1 stands for no limit. */
  malformed: boolean;
}

export interface SpreadFacts {
  pods: number;
  subsets: number;
  unschedulable: number;
  /** A subset's counter is no number. */
  malformed: boolean;
}

export const WORKLOADSPREAD_TABLE: DecisionTable<SpreadFacts> = [
  {
    id: "WS1",
    when: "a counter of a subset is malformed: not a non-negative integer, nor -1 in missingReplicas",
    test: ({ malformed }) => malformed,
    verdict: "Unknown/StatusMalformed",
    message: () => "A counter in status.subsetStatuses is not a non-negative integer",
  },
  {
    id: "WS2",
    when: "pods = 0",
    test: ({ pods }) => pods === 0,
    verdict: "Healthy/NoPods",
    message: (facts) => `No pod is in any subset${unschedulable(facts)}`,
  },
  {
    id: "WS3",
    when: "pods > 0",
    verdict: "Healthy/Spread",
    message: (facts) => `${counted(facts.pods, "pod")} in ${counted(facts.subsets, "subset")}${unschedulable(facts)}`,
  },
];

/** Assesses one WorkloadSpread. */
export function assessWorkloadSpread(
  subsets: readonly SpreadSubset[],
  preludeNotes: readonly Note[],
): Assessment<SpreadFacts> {
  const notes = [...preludeNotes];
  const numbers: SpreadFacts = {
    pods: subsets.reduce((sum, { pods }) => sum + pods, 0),
    subsets: subsets.length,
    unschedulable: subsets.filter((subset) => subset.unschedulable).length,
    malformed: subsets.some(({ malformed }) => malformed),
  };
  if (numbers.unschedulable > 0) addNote(notes, "SubsetUnschedulable");
  return { verdict: decide(WORKLOADSPREAD_TABLE, numbers, notes), numbers };
}

function unschedulable(facts: SpreadFacts): string {
  return facts.unschedulable > 0 ? `; pods were moved away from ${facts.unschedulable} of the subsets` : "";
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
