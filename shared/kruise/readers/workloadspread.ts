// Reads a WorkloadSpread. Its counters are in its subsets, in both versions.
import { WORKLOADSPREAD_TABLE, assessWorkloadSpread } from "../../health/kinds/workloadspread.ts";
import type { SpreadSubset } from "../../health/kinds/workloadspread.ts";
import type { Note } from "../../health/verdict.ts";
import { readConditions } from "../conditions.ts";
import { keepText } from "../kept-text.ts";
import type { KindReading, Parts, Reader, Subset } from "./kind-reading.ts";
import { countOf, isCount, mapsOf, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";

interface NamedSubset extends SpreadSubset {
  name: string;
}

export const workloadSpreadReader: Reader = {
  read: readWorkloadSpread,
  rules: WORKLOADSPREAD_TABLE,
  counters: [],
  observesGeneration: true,
};

function readWorkloadSpread({ status }: Parts, notes: readonly Note[]): KindReading {
  const subsets = mapsOf(status["subsetStatuses"]).map(readSubset);
  const { verdict, numbers } = assessWorkloadSpread(subsets, notes);
  return { verdict, facts: numbers, counts: { p: numbers.pods }, subsets: subsets.map(condenseSubset) };
}

function readSubset(entry: Raw): NamedSubset {
  const { name, replicas, missingReplicas } = entry;
  return {
    name: textOf(name) ?? "",
    pods: countOf(replicas),
    unschedulable: readConditions(entry).some((c) => c.type === "Schedulable" && c.status === "False"),
    malformed: !isCount(replicas ?? 0) || !(missingReplicas === -1 || isCount(missingReplicas ?? 0)),
  };
}

function condenseSubset({ name, pods, unschedulable }: NamedSubset): Subset {
  return { n: keepText(name, 253), p: pods, ...(unschedulable && { un: true }) };
}
