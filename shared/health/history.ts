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
  /** Latest start of a scheduled kind, in milliseconds since 1970. */
  startedMs?: number;
}

/** When a scheduled kind is due. */
export interface Schedule {
  /** As written: five fields, or "@hourly" and the like. */
  cron: string;
  /** IANA name; absent: the time zone of OpenKruise's manager, taken for UTC. */
  timeZone: string | undefined;
}

/** A Warning event about an object: the only trace of some failures. */
export interface Warning {
  reason: string;
  message: string;
  /** Last time it happened, in milliseconds since 1970. */
  atMs: number;
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
  schedule: Schedule | undefined;
  /** The feature gate of OpenKruise without which nothing writes this object's status. */
  gate: string | undefined;
  /** Text of all numbers of a status that freezes when a pod cannot be created (DaemonSet): a change shows a write. */
  frozenStatus: string | undefined;
  /** Hash of the template, of a kind whose status may be older than it says (SidecarSet). */
  template: string | undefined;
}

/** Changes of health of late. */
export interface Flaps {
  /** When they were, oldest first; no more than are needed to call it flapping. */
  turnsMs: number[];
  flapping: boolean;
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
  /** The generation at which the object was last Healthy, and the pods that it then had: a DaemonSet may be given more. */
  healthyGeneration?: number | undefined;
  healthyWanted?: number | undefined;
  /** The frozenStatus last seen, and when it was seen to change; absent: not yet. */
  frozenStatus?: string | undefined;
  statusWrittenMs?: number | undefined;
  /** The last template and update revision that belonged together. */
  confirmed?: { template: string; revision: string } | undefined;
  /** When a scheduled kind is overdue (absent: never), and the schedule and clock that this was computed of. */
  overdue?: { of: string; atMs?: number | undefined } | undefined;
  /** Absent: its health has not changed of late. */
  flaps?: Flaps | undefined;
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
  /** The newest Warning event of a DaemonSet or UnitedDeployment that OpenKruise could not do its work for. */
  warning?: Warning | undefined;
  /** Feature gates of OpenKruise that are known to be off. */
  gatesOff?: ReadonlySet<string> | undefined;
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
  /** Pods wanted, where the kind has them. */
  wanted: number | undefined;
  frozenStatus: string | undefined;
}
