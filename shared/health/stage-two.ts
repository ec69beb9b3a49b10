// The rules of stage two, in the order in which they are tried: what time, history and events make of a verdict.
// They are listed as data, so that the documents can name every one; `escalate` has the tests.
import { splitVerdict } from "./decision.ts";
import type { VerdictName } from "./decision.ts";
import type { Reason, Verdict } from "./verdict.ts";

export interface StageTwoRule {
  id: string;
  /** The test in words, with the default limits. */
  when: string;
  verdict: VerdictName;
}

export const STAGE_TWO_RULES = [
  {
    id: "T0",
    when: "SidecarSet: its template is a new one and status.latestRevision the old one, for at most 30 s",
    verdict: "Progressing/GenerationNotObserved",
  },
  {
    id: "T1",
    when: "CloneSet with note FailedScaleCondition: the condition is new, or its failure is not overcome",
    verdict: "Degraded/FailedScale",
  },
  {
    id: "T2",
    when: "CloneSet with note FailedUpdateCondition: the condition is new, or its failure is not overcome",
    verdict: "Degraded/FailedUpdate",
  },
  {
    id: "T3",
    when: "PodsNotAvailable: it was Healthy at this generation, and more pods are lost than maxUnavailable",
    verdict: "Degraded/LostAvailability",
  },
  {
    id: "T4",
    when: "DaemonSet: a FailedCreate event younger than 20 min, and no status written since",
    verdict: "Degraded/FailedCreatePod",
  },
  {
    id: "T5",
    when: "StatusMissing: the feature gate that the kind needs is off",
    verdict: "Suspended/FeatureGateOff",
  },
  {
    id: "T6",
    when: "GenerationNotObserved or StatusMissing: for 5 min while OpenKruise is healthy",
    verdict: "Degraded/ControllerNotReconciling",
  },
  {
    id: "T7",
    when: "CloneSet with note DeadlineCondition: no progress for progressDeadlineSeconds",
    verdict: "Degraded/ProgressDeadlineExceeded",
  },
  {
    id: "T8",
    when:
      "Updating, UpdatedPodsNotAvailable or UpdatedPodsNotReady: no progress for progressDeadlineSeconds, " +
      "else for the longer of 10 min and 2 x minReadySeconds + 5 min",
    verdict: "Degraded/UpdateStalled",
  },
  {
    id: "T9",
    when: "ScalingUp or ScalingDown: no progress for 10 min, downwards plus terminationGracePeriodSeconds",
    verdict: "Degraded/ScaleStalled",
  },
  { id: "T10", when: "PodsNotAvailable: no progress for 5 min", verdict: "Degraded/Unavailable" },
  {
    id: "T11",
    when: "WaitingAvailable: no progress for 2 x minReadySeconds + 5 min",
    verdict: "Degraded/Unavailable",
  },
  { id: "T12", when: "Terminating: for 1 h", verdict: "Degraded/DeletionStalled" },
  {
    id: "T13",
    when: "AdvancedCronJob Scheduled or NotYetScheduled: two periods of its schedule and 1 min without a newer start",
    verdict: "Degraded/MissedSchedule",
  },
] as const satisfies readonly StageTwoRule[];

export type StageTwoId = (typeof STAGE_TWO_RULES)[number]["id"];

const VERDICTS = new Map<StageTwoId, VerdictName>(STAGE_TWO_RULES.map(({ id, verdict }) => [id, verdict]));

function nameOf(id: StageTwoId): VerdictName {
  const name = VERDICTS.get(id);
  if (name === undefined) throw new Error(`Stage two has no rule ${id}`);
  return name;
}

/** The reason that a rule gives. */
export function reasonOf(id: StageTwoId): Reason {
  return splitVerdict(nameOf(id)).reason;
}

/** What a rule makes of a verdict of stage one: the notes stay. */
export function verdictOf(id: StageTwoId, base: Verdict, message: string): Verdict {
  return { ...base, ...splitVerdict(nameOf(id)), message, rule: id };
}
