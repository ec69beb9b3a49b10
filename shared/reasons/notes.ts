// What the notes say: they stand beside a verdict and do not change it.
import type { Note } from "../health/verdict.ts";

export const NOTE_GUIDE: Record<Note, string> = {
  PausedUpToDate: "It is paused, but nothing is left to update; the next change of the template will wait.",
  DeadlineCondition:
    "OpenKruise says that the progress deadline is exceeded; the agent counts the time itself before it believes that.",
  FailedScaleCondition:
    "The CloneSet carries the condition FailedScale and pods are missing; from OpenKruise 1.9 on it may be an old one.",
  FailedUpdateCondition:
    "The CloneSet carries the condition FailedUpdate and the update is not done; from OpenKruise 1.9 on it may be an old one.",
  StaleFailureCondition: "A condition tells of a failure, and the numbers show that it is over.",
  ObservedAhead:
    "`status.observedGeneration` is larger than `metadata.generation`: the object was restored from a copy, status and all.",
  MalformedPartition: "The partition cannot be read; OpenKruise treats it as 0 and updates everything.",
  RolloutControlled: "A Rollout steers the partition of this workload; go on or back there.",
  VolumeClaimsOutdated: "Volume claims do not have what their template asks for; by default they are left as they are.",
  SubsetUnschedulable: "A subset could not place its pods for a while, and they were moved to the others.",
  ReservedPods:
    "Pods that could not be placed in their subset are kept there in reserve, beside others that stand in for them.",
  Misscheduled: "Pods of the DaemonSet run on nodes where they should not.",
  Flapping:
    "Its health changed more than 6 times in 5 minutes, and has not stayed for 5 minutes since; the hub is told of it every 10 seconds at most.",
};
