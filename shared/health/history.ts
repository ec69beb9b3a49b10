// What stage two reads of an object, and what it remembers of it between two observations.
// A History is plain data: it can be written as JSON and read back.
import type { Health, Reason, Verdict } from "./verdict.ts";

/** A failure condition of a CloneSet: from OpenKruise 1.9 on it may stand for something long past. */
export interface Claim {
  /** lastTransitionTime in milliseconds since 1970, 0 when it is missing. */
  atMs: number;
  message: string;
}

/** Numbers whose movement is progress. */
export interface Marks {
  updated: number;
  updatedAvailable: number;
  available: number;
  /** Distance between pods wanted and pods existing. */
  gap: number;
}

/** One object as stage two sees it. */
export interface Subject {
  /** First eight hex digits of the uid. */
  uid: string;
  generation: number;
  observedGeneration: number;
  /** Update revision: with the generation it names one rollout. */
  revision: string;
  /** The verdict of stage one. */
  base: Verdict;
  /** Absent while the status may not be read (not observed yet, being deleted, malformed). */
  marks: Marks | undefined;
  wanted: number;
  /** Pods that may be unavailable without an outage. */
  maxUnavailable: number;
  minReadySeconds: number;
  /** Set by the user and not "never" (2147483647). */
  progressDeadlineSeconds: number | undefined;
  terminationGraceSeconds: number;
  failedScale: Claim | undefined;
  failedUpdate: Claim | undefined;
}

/** What is known of one kind of claim. */
export interface ClaimMemory {
  /** lastTransitionTime of the condition when last seen; absent: there was none. */
  atMs?: number | undefined;
  /** The claim is believed now. */
  standing: boolean;
  /** A lastTransitionTime that is never believed again. */
  usedMs?: number | undefined;
}

export interface History {
  uid: string;
  generation: number;
  /** When this generation was first seen. */
  generationSeenMs: number;
  observedGeneration: number;
  revision: string;
  marks?: Marks | undefined;
  /** Last verdict of stage one and its last change; absent after a restart from a Degraded report. */
  baseHealth?: Health | undefined;
  baseReason?: Reason | undefined;
  baseSinceMs: number;
  /** Last progress: a new high-water mark. */
  progressMs: number;
  /** Times before this do not count as standing still: OpenKruise itself was down. */
  quietMs?: number | undefined;
  /** Last verdict of stage two and its last change. */
  health: Health;
  reason: Reason;
  sinceMs: number;
  /** The generation at which the object was last Healthy. */
  healthyGeneration?: number | undefined;
  scale: ClaimMemory;
  update: ClaimMemory;
  /** Seeded from a report: its claims stand, at whatever time their condition carries. */
  seeded?: true;
}

export interface Thresholds {
  updateStalledMs: number;
  scaleStalledMs: number;
  unavailableMs: number;
  notReconciledMs: number;
  deletionStalledMs: number;
}

export interface EscalationContext {
  /** One clock for all calls, in milliseconds since 1970. */
  nowMs: number;
  thresholds: Thresholds;
  /** False while the OpenKruise installation is not healthy: then nothing newly turns Degraded by time. */
  kruiseHealthy: boolean;
}

export interface Escalated {
  verdict: Verdict;
  history: History;
  /** When the verdict changes by time alone; absent when it cannot. */
  dueAtMs: number | undefined;
}

/** What a previous report says of an object: all that an agent knows after a restart. */
export interface PreviousReport {
  uid: string;
  generation: number;
  observedGeneration: number;
  revision: string;
  marks: Marks | undefined;
  health: Health;
  reason: Reason;
  sinceMs: number;
  progressMs: number;
}
