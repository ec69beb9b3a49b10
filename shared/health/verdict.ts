// The closed vocabulary of verdicts: five healths, their reasons, and notes that change no verdict.
// docs/reasons explains each reason to a reader of the hub.

export const HEALTHS = ["Healthy", "Suspended", "Progressing", "Unknown", "Degraded"] as const;
export type Health = (typeof HEALTHS)[number];

/** Position in the fleet's severity order: Degraded > Unknown > Progressing > Suspended > Healthy. */
export function severity(health: Health): number {
  return HEALTHS.indexOf(health);
}

/** Every reason by the healths that it may come with. */
export const REASONS = {
  Healthy: [
    "AllAvailable",
    "AllUpdated",
    "ScaledToZero",
    "Completed",
    "Distributed",
    "Spread",
    "Scheduled",
    "NotYetScheduled",
    "JobsActive",
    "Idle",
    "NoEligibleNodes",
    "NoMatchedPods",
    "NoMatchingNodes",
    "NoPods",
    "NoPodStates",
    "NoTargets",
    "Matched",
    "Recording",
    "RolledBack",
    "UpdateDisabled",
    "WithinBudget",
    "BudgetExhausted",
  ],
  Progressing: [
    "StatusMissing",
    "GenerationNotObserved",
    "Terminating",
    "Updating",
    "ScalingUp",
    "ScalingDown",
    "UpdatedPodsNotAvailable",
    "UpdatedPodsNotReady",
    "PodsNotAvailable",
    "WaitingAvailable",
    "RemovingMisscheduled",
    "Running",
    "RunningWithFailures",
    "Pulling",
    "PullingWithFailures",
    "Pending",
    "Recreating",
    "Distributing",
    "NoEligibleNodes",
    "NoMatchedPods",
    "Initializing",
    "RollingStep",
    "TimedPause",
    "Cancelling",
    "Disabling",
  ],
  Suspended: [
    "Paused",
    "PartitionHeld",
    "AwaitingDelete",
    "SelectorLimited",
    "InjectionPaused",
    "ParallelismZero",
    "AwaitingApproval",
    "Disabled",
    "FeatureGateOff",
  ],
  Degraded: [
    "FailedCreatePod",
    "FailedUpdatePod",
    "SubsetFailure",
    "SubsetNotProvisioned",
    "SubsetNotUpdated",
    "JobFailed",
    "CompletedWithFailures",
    "PausedOnFailure",
    "PullFailed",
    "DeadlineExceeded",
    "RecreateFailed",
    "Aborted",
    "Incomplete",
    "BelowBudget",
    "BudgetUnsatisfiable",
    "DistributionFailed",
    "WorkloadNotFound",
    "ContinuousReleaseBlocked",
    "ProgressDeadlineExceeded",
    "FailedScale",
    "FailedUpdate",
    "UpdateStalled",
    "ScaleStalled",
    "Unavailable",
    "LostAvailability",
    "ControllerNotReconciling",
    "DeletionStalled",
    "MissedSchedule",
  ],
  Unknown: ["NotAnObject", "UnsupportedKind", "StatusMalformed", "SpecMalformed", "UnknownPhase"],
} as const satisfies Record<Health, readonly string[]>;
/** A reason; `Reason<H>` is one that comes with the health H. */
export type Reason<H extends Health = Health> = (typeof REASONS)[H][number];

export const NOTES = [
  "PausedUpToDate",
  "DeadlineCondition",
  "FailedScaleCondition",
  "FailedUpdateCondition",
  "StaleFailureCondition",
  "ObservedAhead",
  "MalformedPartition",
  "RolloutControlled",
  "VolumeClaimsOutdated",
  "SubsetUnschedulable",
  "ReservedPods",
  "Misscheduled",
  "Flapping",
] as const;
export type Note = (typeof NOTES)[number];

/** What one workload is found to be. `message` is free text for people, at most 160 bytes once condensed. */
export interface Verdict {
  health: Health;
  reason: Reason;
  message: string;
  notes: Note[];
  /** The rule that decided: an id of a decision table, or of stage two. */
  rule: string;
}
