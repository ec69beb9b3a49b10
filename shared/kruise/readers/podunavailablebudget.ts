// Reads a PodUnavailableBudget. All that counts is in its status, the same in both versions.
import type { BudgetNumbers } from "../../health/kinds/podunavailablebudget.ts";
import { PODUNAVAILABLEBUDGET_TABLE, assessPodUnavailableBudget } from "../../health/kinds/podunavailablebudget.ts";
import type { Note } from "../../health/verdict.ts";
import type { KindReading, Parts, Reader } from "./kind-reading.ts";
import { countOf, isCount } from "../raw.ts";

export const podUnavailableBudgetReader: Reader = {
  read: readPodUnavailableBudget,
  rules: PODUNAVAILABLEBUDGET_TABLE,
  counters: ["totalReplicas", "desiredAvailable", "currentAvailable", "unavailableAllowed"],
  minusOne: "totalReplicas",
  observesGeneration: true,
};

function readPodUnavailableBudget({ spec, status }: Parts, notes: readonly Note[]): KindReading {
  const unscaled = status["totalReplicas"] === -1;
  const numbers: BudgetNumbers = {
    total: unscaled ? -1 : countOf(status["totalReplicas"]),
    desired: countOf(status["desiredAvailable"]),
    minAvailable: isCount(spec["minAvailable"]) ? spec["minAvailable"] : -1,
    current: countOf(status["currentAvailable"]),
    allowed: countOf(status["unavailableAllowed"]),
  };
  const { total, desired, current, allowed } = numbers;
  return {
    verdict: assessPodUnavailableBudget(numbers, notes),
    facts: numbers,
    counts: { ...(!unscaled && { tot: total }), des: desired, cur: current, alw: allowed },
  };
}
