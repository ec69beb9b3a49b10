// ResourceDistribution: whether a resource is in all the namespaces that it is meant for.
// Its conditions say what went wrong: True is bad in each of them.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { ofPods } from "../replica-numbers.ts";
import type { Note, Verdict } from "../verdict.ts";

export interface DistributionFacts {
  /** Namespaces that are to have the resource. */
  desired: number;
  succeeded: number;
  failed: number;
  /** What the first condition that is True says; "" when none is. */
  failure: string;
}

export const RESOURCEDISTRIBUTION_TABLE: DecisionTable<DistributionFacts> = [
  {
    id: "RD1a",
    when: "failed > 0",
    test: (n) => n.failed > 0,
    verdict: "Degraded/DistributionFailed",
    message: (n) => `${ofPods(n.failed, n.desired, "namespace")} failed${n.failure === "" ? "" : `: ${n.failure}`}`,
  },
  {
    id: "RD1b",
    when: "a condition is True and says the failure",
    test: (n) => n.failure !== "",
    verdict: "Degraded/DistributionFailed",
    message: (n) => n.failure,
  },
  {
    id: "RD2",
    when: "desired = 0",
    test: (n) => n.desired === 0,
    verdict: "Healthy/NoTargets",
    message: () => "No namespace is a target",
  },
  {
    id: "RD3",
    when: "succeeded < desired",
    test: (n) => n.succeeded < n.desired,
    verdict: "Progressing/Distributing",
    message: distributed,
  },
  {
    id: "RD4",
    when: "every target has the resource",
    verdict: "Healthy/Distributed",
    message: distributed,
  },
];

/** Assesses one ResourceDistribution. */
export function assessResourceDistribution(facts: DistributionFacts, preludeNotes: readonly Note[]): Verdict {
  return decide(RESOURCEDISTRIBUTION_TABLE, facts, [...preludeNotes]);
}

function distributed(n: DistributionFacts): string {
  return `${ofPods(n.succeeded, n.desired, "namespace")} ${n.succeeded === 1 ? "has" : "have"} the resource`;
}
