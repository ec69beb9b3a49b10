// Verdicts that are right on the way from one state to another.

export const HEALTHY = "Healthy/AllAvailable";
/** Every change of a spec is seen before the controller has seen it. */
export const UNOBSERVED = "Progressing/GenerationNotObserved";
export const SCALING = [
  UNOBSERVED,
  "Progressing/ScalingUp",
  "Progressing/PodsNotAvailable",
  "Progressing/WaitingAvailable",
];
export const STARTING = ["Progressing/StatusMissing", ...SCALING];
/** A batch is deleted before it is created anew, so that pods are missing in between. */
export const ROLLING = [...SCALING, "Progressing/Updating", "Progressing/UpdatedPodsNotAvailable"];
