// PodUnavailableBudget: whether as many pods are available as it promises, and whether it can promise anything at all.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { are, ofPods } from "../replica-numbers.ts";
import type { Note, Verdict } from "../verdict.ts";

export interface BudgetNumbers {
  /** Pods that it covers; -1 when their controller has no scale. */
  total: number;
  /** Pods that must be available, as the status has it. */
  desired: number;
  /** spec.minAvailable where it is a number of pods; -1 where it is not. */
  minAvailable: number;
  /** Pods that are. */
  current: number;
  /** Pods that may become unavailable now. */
  allowed: number;
}

export const PODUNAVAILABLEBUDGET_TABLE: DecisionTable<BudgetNumbers> = [
  {
    // After a conflict OpenKruise writes the numbers of before under the new generation (seen with 1.8.3).
    id: "PUB0",
    when: "minAvailable >= 0, total > 0 and desired is another number",
    test: (n) => n.minAvailable >= 0 && n.total > 0 && n.desired !== n.minAvailable,
    verdict: "Progressing/GenerationNotObserved",
    message: (n) => `The status still wants ${n.desired} pods available, the spec ${n.minAvailable}`,
  },
  {
    id: "PUB1a",
    when: "total = -1",
    test: (n) => n.total === -1,
    verdict: "Degraded/BudgetUnsatisfiable",
    message: protectsNothing,
  },
  {
    id: "PUB1b",
    when: "total = 0 and current > 0",
    test: (n) => n.total === 0 && n.current > 0,
    verdict: "Degraded/BudgetUnsatisfiable",
    message: protectsNothing,
  },
  {
    id: "PUB2",
    when: "total = 0",
    test: (n) => n.total === 0,
    verdict: "Healthy/NoPods",
    message: () => "The budget covers no pod",
  },
  {
    id: "PUB3",
    when: "desired > total",
    test: (n) => n.desired > n.total,
    verdict: "Degraded/BudgetUnsatisfiable",
    message: (n) => `${n.desired} pods must be available, and there ${are(n.total)} only ${n.total}`,
  },
  {
    id: "PUB4",
    when: "current < desired",
    test: (n) => n.current < n.desired,
    verdict: "Degraded/BelowBudget",
    message: (n) => `${available(n)}; at least ${n.desired} must be`,
  },
  {
    id: "PUB5",
    when: "allowed = 0",
    test: (n) => n.allowed === 0,
    verdict: "Healthy/BudgetExhausted",
    message: (n) => `${available(n)}; none may become unavailable, so evictions wait`,
  },
  {
    id: "PUB6",
    when: "allowed > 0",
    verdict: "Healthy/WithinBudget",
    message: (n) => `${available(n)}; ${n.allowed} may become unavailable`,
  },
];

/** Assesses one PodUnavailableBudget. */
export function assessPodUnavailableBudget(numbers: BudgetNumbers, preludeNotes: readonly Note[]): Verdict {
  return decide(PODUNAVAILABLEBUDGET_TABLE, numbers, [...preludeNotes]);
}

function protectsNothing({ current }: BudgetNumbers): string {
  return `Nothing is protected: ${current} ${current === 1 ? "pod has" : "pods have"} no controller with a scale`;
}

function available(n: BudgetNumbers): string {
  return `${ofPods(n.current, n.total, "pod")} ${are(n.current)} available`;
}
