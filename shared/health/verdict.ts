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
  Healthy: ["AllAvailable", "AllUpdated", "ScaledToZero", "NoMatchedPods", "UpdateDisabled"],
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
  ],
  Suspended: ["Paused", "PartitionHeld", "AwaitingDelete", "SelectorLimited", "InjectionPaused"],
  Degraded: [
    "FailedCreatePod",
    "FailedUpdatePod",
    "SubsetFailure",
    "SubsetNotProvisioned",
    "SubsetNotUpdated",
    "ProgressDeadlineExceeded",
    "FailedScale",
    "FailedUpdate",
    "UpdateStalled",
    "ScaleStalled",
    "Unavailable",
    "LostAvailability",
    "ControllerNotReconciling",
    "DeletionStalled",
  ],
  Unknown: ["NotAnObject", "UnsupportedKind", "StatusMalformed", "SpecMalformed"],
} as const satisfies Record<Health, readonly string[]>;
export type Reason = (typeof REASONS)[Health][number];

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
] as const;
export type Note = (typeof NOTES)[number];

/** What one workload is found to be. `message` is free text for people, at most 160 bytes once condensed. */
export interface Verdict {
  health: Health;
  reason: Reason;
  message: string;
  notes: Note[];
}
