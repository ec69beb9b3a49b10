// Why a workload is not healthy, in a closed vocabulary: what a look at a few of its pods and events can show.
// A cause changes no verdict; it stands beside it.

export const CAUSES = [
  "CannotSchedule",
  "ImageNotPulled",
  "ContainerCrashes",
  "ContainerNotCreated",
  "PodFailed",
  "NotReady",
  "HookHolds",
  "VolumeMissing",
  "QuotaExceeded",
  "AdmissionRefused",
  "BudgetBlocks",
  "StuckTerminating",
] as const;
export type CauseReason = (typeof CAUSES)[number];

/** Causes that a workload is shown with, the commonest first. */
export const CAUSES_MAX = 3;

/** A cause and the number of pods that it was seen on; 0 where it is the workload's own. `message` is for people. */
export interface CountedCause {
  reason: CauseReason;
  message: string;
  pods: number;
}
