// The verdict of kinds that keep a number of pods, from their numbers alone: rows R6 to R13, the first match wins.
// Availability comes before any hold, so that a broken canary is never shown as held or healthy.
import type { ReasonAndMessage, ReplicaNumbers } from "./inputs.ts";
import { REPLICA_MESSAGES } from "./replica-message.ts";
import type { ReplicaReason } from "./replica-message.ts";
import type { Health, Note, Verdict } from "./verdict.ts";

/** Says whether old pods are being replaced now. */
export function isRolling(n: ReplicaNumbers): boolean {
  return n.updated < Math.min(n.target, n.existing) && !n.paused && !n.onDelete;
}

/** Says whether all that may happen has happened and every wanted pod serves. */
export function isComplete(n: ReplicaNumbers): boolean {
  return n.existing === n.wanted && n.updated >= n.target && n.available >= n.wanted;
}

/**
 * Updated pods that are available, from a counter that older releases and views lack.
 * Of the available pods at most `existing - updated` are old, which bounds the number from below.
 */
export function boundUpdatedAvailable(c: {
  existing: number;
  available: number;
  updated: number;
  updatedAvailable: number;
}): number {
  return Math.max(c.updatedAvailable, c.updated + c.available - c.existing, 0);
}

/** Assesses the numbers of a replica kind. */
export function assessReplicas(n: ReplicaNumbers, notes: Note[]): Verdict {
  const reason = reasonOf(n);
  const all: Note[] = reason === "AllAvailable" && n.paused ? [...notes, "PausedUpToDate"] : notes;
  return { health: HEALTH_OF[reason], reason, message: REPLICA_MESSAGES[reason](n), notes: all };
}

function reasonOf(n: ReplicaNumbers): ReplicaReason {
  if (n.wanted === 0) return n.existing === 0 ? "ScaledToZero" : "ScalingDown";
  if (isRolling(n)) return "Updating";
  if (n.existing !== n.wanted) return n.existing < n.wanted ? "ScalingUp" : "ScalingDown";
  const rollout = n.updated < n.wanted || (!n.onDelete && n.revisionsDiffer);
  if (rollout && n.updatedAvailable < Math.min(n.updated, n.target)) return "UpdatedPodsNotAvailable";
  if (n.available < n.wanted) return n.ready >= n.wanted ? "WaitingAvailable" : "PodsNotAvailable";
  return holdOf(n);
}

function holdOf(n: ReplicaNumbers): ReplicaReason {
  if (n.updated >= n.wanted) return "AllAvailable";
  if (n.updated >= n.target) return "PartitionHeld";
  return n.paused ? "Paused" : "AwaitingDelete";
}

const HEALTH_OF: Record<ReplicaReason, Health> = {
  ScaledToZero: "Healthy",
  AllAvailable: "Healthy",
  Paused: "Suspended",
  AwaitingDelete: "Suspended",
  PartitionHeld: "Suspended",
  ScalingUp: "Progressing",
  ScalingDown: "Progressing",
  Updating: "Progressing",
  UpdatedPodsNotAvailable: "Progressing",
  WaitingAvailable: "Progressing",
  PodsNotAvailable: "Progressing",
};

/** Makes a Degraded verdict of an asserted failure. */
export function degraded({ reason, message }: ReasonAndMessage, notes: Note[]): Verdict {
  return { health: "Degraded", reason, message, notes };
}
