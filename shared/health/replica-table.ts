// The verdict of kinds that keep a number of pods, from their numbers alone.
// Availability comes before any hold, so that a broken canary is never shown as held or healthy.
import { decide } from "./decision.ts";
import type { DecisionTable } from "./decision.ts";
import { addNote } from "./inputs.ts";
import type { ReplicaNumbers } from "./inputs.ts";
import { are, isRollout, isRolling, keeps, ofPods, updatedPods } from "./replica-numbers.ts";
import type { Note, Verdict } from "./verdict.ts";

export const REPLICA_TABLE: DecisionTable<ReplicaNumbers> = [
  {
    id: "R6a",
    when: "wanted = 0 and existing = 0",
    test: (n) => n.wanted === 0 && n.existing === 0,
    verdict: "Healthy/ScaledToZero",
    message: () => "Scaled to zero: no pod is wanted and none exists",
  },
  {
    id: "R6b",
    when: "wanted = 0 and existing > 0",
    test: (n) => n.wanted === 0,
    verdict: "Progressing/ScalingDown",
    message: tooMany,
  },
  {
    id: "R8",
    when: "updated < min(target, existing), and neither paused nor onDelete holds the update",
    test: isRolling,
    verdict: "Progressing/Updating",
    message: (n) =>
      `${ofPods(n.updated, n.target, "pod")} to update ${are(n.updated)} updated, ${Math.min(n.updatedAvailable, n.updated)} available${keeps(n)}`,
  },
  {
    id: "R7a",
    when: "existing < wanted",
    test: (n) => n.existing < n.wanted,
    verdict: "Progressing/ScalingUp",
    message: (n) => `${ofPods(n.existing, n.wanted, "wanted pod")} ${n.existing === 1 ? "exists" : "exist"}`,
  },
  {
    id: "R7b",
    when: "existing > wanted",
    test: (n) => n.existing > n.wanted,
    verdict: "Progressing/ScalingDown",
    message: tooMany,
  },
  {
    id: "R9",
    when: "updatedAvailable < min(updated, target) in a rollout: updated < wanted, or revisionsDiffer and not onDelete",
    test: (n) => isRollout(n) && n.updatedAvailable < Math.min(n.updated, n.target),
    verdict: "Progressing/UpdatedPodsNotAvailable",
    message: (n) =>
      `${ofPods(n.updatedAvailable, n.updated, "updated pod")} ${are(n.updatedAvailable)} available${keeps(n)}`,
  },
  {
    id: "R10a",
    when: "available < wanted and ready >= wanted",
    test: (n) => n.available < n.wanted && n.ready >= n.wanted,
    verdict: "Progressing/WaitingAvailable",
    message: (n) =>
      `${ofPods(n.available, n.wanted, "pod")} ${are(n.available)} available; all are ready and wait to count as available`,
  },
  {
    id: "R10b",
    when: "available < wanted",
    test: (n) => n.available < n.wanted,
    verdict: "Progressing/PodsNotAvailable",
    message: (n) => `${ofPods(n.available, n.wanted, "pod")} ${are(n.available)} available`,
  },
  {
    id: "R11a",
    when: "updated < wanted, updated < target and paused",
    test: (n) => n.updated < n.wanted && n.updated < n.target && n.paused,
    verdict: "Suspended/Paused",
    message: (n) => `${updatedPods(n)}; the update is paused`,
  },
  {
    id: "R11b",
    when: "updated < wanted and updated < target, which is left when onDelete holds the update",
    test: (n) => n.updated < n.wanted && n.updated < n.target,
    verdict: "Suspended/AwaitingDelete",
    message: (n) => `${updatedPods(n)}; the others wait for somebody to delete them`,
  },
  {
    id: "R12",
    when: "updated < wanted",
    test: (n) => n.updated < n.wanted,
    verdict: "Suspended/PartitionHeld",
    message: (n) => `${updatedPods(n)}${keeps(n)}`,
  },
  {
    id: "R13",
    when: "nothing is missing, old or unavailable",
    verdict: "Healthy/AllAvailable",
    message: (n) => `${ofPods(n.available, n.wanted, "pod")} ${are(n.available)} available and updated`,
  },
];

function tooMany({ existing, wanted }: ReplicaNumbers): string {
  return `${existing} ${existing === 1 ? "pod exists" : "pods exist"}, ${wanted} ${are(wanted)} wanted`;
}

/** Assesses the numbers of a replica kind; a kind with rules of its own puts them before this table. */
export function assessReplicas<N extends ReplicaNumbers>(
  n: N,
  notes: Note[],
  table: DecisionTable<N> = REPLICA_TABLE,
): Verdict {
  const verdict = decide(table, n, notes);
  if (verdict.reason === "AllAvailable" && n.paused) addNote(notes, "PausedUpToDate");
  return verdict;
}
