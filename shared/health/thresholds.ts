// How long a verdict may last without progress before it is Degraded, and the reason it then gets.
import type { Subject, Thresholds } from "./history.ts";
import type { Reason } from "./verdict.ts";

export const DEFAULT_THRESHOLDS: Thresholds = {
  updateStalledMs: 10 * 60_000,
  scaleStalledMs: 10 * 60_000,
  unavailableMs: 5 * 60_000,
  notReconciledMs: 5 * 60_000,
  deletionStalledMs: 60 * 60_000,
};

export interface TimeLimit {
  reason: Reason;
  afterMs: number;
}

/** Reasons that come by time alone. */
const TIMED = [
  "ProgressDeadlineExceeded",
  "UpdateStalled",
  "ScaleStalled",
  "Unavailable",
  "ControllerNotReconciling",
  "DeletionStalled",
] as const satisfies readonly Reason[];
type TimedReason = (typeof TIMED)[number];

/** The verdicts of stage one that each comes from. */
const COME_FROM: Record<TimedReason, readonly Reason[]> = {
  ProgressDeadlineExceeded: [
    "Updating",
    "UpdatedPodsNotAvailable",
    "ScalingUp",
    "PodsNotAvailable",
    "WaitingAvailable",
  ],
  UpdateStalled: ["Updating", "UpdatedPodsNotAvailable", "UpdatedPodsNotReady"],
  ScaleStalled: ["ScalingUp", "ScalingDown"],
  Unavailable: ["PodsNotAvailable", "WaitingAvailable"],
  ControllerNotReconciling: ["GenerationNotObserved", "StatusMissing"],
  DeletionStalled: ["Terminating"],
};

/** Says whether a reason is given by time alone. */
export function isTimed(reason: Reason): reason is TimedReason {
  const timed: readonly Reason[] = TIMED;
  return timed.includes(reason);
}

/** Says whether a verdict of stage one can have become `reason` by time. */
export function comesFrom(reason: Reason, base: Reason): boolean {
  return isTimed(reason) && COME_FROM[reason].includes(base);
}

/** The limit of the present verdict; of two the earlier, and the deadline that the user set at a tie. */
export function limitOf(subject: Subject, thresholds: Thresholds): TimeLimit | undefined {
  const general = generalLimit(subject, thresholds);
  if (subject.progressDeadlineSeconds === undefined || !subject.base.notes.includes("DeadlineCondition"))
    return general;
  if (!comesFrom("ProgressDeadlineExceeded", subject.base.reason)) return general;
  const deadlineMs = subject.progressDeadlineSeconds * 1000;
  if (general !== undefined && general.afterMs < deadlineMs) return general;
  return { reason: "ProgressDeadlineExceeded", afterMs: deadlineMs };
}

function generalLimit(subject: Subject, thresholds: Thresholds): TimeLimit | undefined {
  const reason = TIMED.find((timed) => timed !== "ProgressDeadlineExceeded" && comesFrom(timed, subject.base.reason));
  return reason && { reason, afterMs: afterMs(reason, subject, thresholds) };
}

function afterMs(reason: TimedReason, subject: Subject, thresholds: Thresholds): number {
  switch (reason) {
    case "UpdateStalled":
      return updateStalledMs(subject, thresholds);
    case "ScaleStalled":
      return (
        thresholds.scaleStalledMs + (subject.base.reason === "ScalingDown" ? subject.terminationGraceSeconds * 1000 : 0)
      );
    case "Unavailable":
      return (
        thresholds.unavailableMs + (subject.base.reason === "WaitingAvailable" ? 2 * subject.minReadySeconds * 1000 : 0)
      );
    case "ControllerNotReconciling":
      return thresholds.notReconciledMs;
    case "DeletionStalled":
      return thresholds.deletionStalledMs;
    case "ProgressDeadlineExceeded":
      return (subject.progressDeadlineSeconds ?? 0) * 1000;
  }
}

/**
 * A batch needs minReadySeconds, so a limit has to leave room for two of them and half of itself:
 * max(10 min, 2 x minReadySeconds + 5 min) by default.
 */
function updateStalledMs(subject: Subject, thresholds: Thresholds): number {
  if (subject.progressDeadlineSeconds !== undefined) return subject.progressDeadlineSeconds * 1000;
  return Math.max(thresholds.updateStalledMs, 2 * subject.minReadySeconds * 1000 + thresholds.updateStalledMs / 2);
}
