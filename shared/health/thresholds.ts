// How long a verdict may last without progress before it is Degraded, and the rule that then decides.
import type { Subject, Thresholds } from "./history.ts";
import { reasonOf } from "./stage-two.ts";
import type { StageTwoId } from "./stage-two.ts";
import type { Reason } from "./verdict.ts";

export const DEFAULT_THRESHOLDS: Thresholds = {
  updateStalledMs: 10 * 60_000,
  scaleStalledMs: 10 * 60_000,
  unavailableMs: 5 * 60_000,
  notReconciledMs: 5 * 60_000,
  deletionStalledMs: 60 * 60_000,
};

export interface TimeLimit {
  rule: StageTwoId;
  dueAtMs: number;
  /** What is missed for so long, in words. */
  lack: string;
}

/** What a limit is counted from. */
export interface Clock {
  sinceMs: number;
  /** When the schedule of a scheduled kind is overdue. */
  overdueMs?: number | undefined;
}

type Duration = (subject: Subject, thresholds: Thresholds) => number;

interface TimedRule {
  id: StageTwoId;
  /** The verdicts of stage one that it applies to. No job kind gives any of them but the first and the last three. */
  from: readonly Reason[];
  /** How long; "schedule": two periods of the object's schedule. */
  after: Duration | "schedule";
}

const DEADLINE: TimedRule = {
  id: "T7",
  from: ["Updating", "UpdatedPodsNotAvailable", "ScalingUp", "PodsNotAvailable", "WaitingAvailable"],
  after: ({ progressDeadlineSeconds }) => (progressDeadlineSeconds ?? 0) * 1000,
};

/** One for a verdict at most. */
const GENERAL: readonly TimedRule[] = [
  { id: "T6", from: ["GenerationNotObserved", "StatusMissing"], after: (_, { notReconciledMs }) => notReconciledMs },
  { id: "T8", from: ["Updating", "UpdatedPodsNotAvailable", "UpdatedPodsNotReady"], after: updateStalledMs },
  { id: "T9", from: ["ScalingUp", "ScalingDown"], after: scaleStalledMs },
  { id: "T10", from: ["PodsNotAvailable"], after: (_, { unavailableMs }) => unavailableMs },
  {
    id: "T11",
    from: ["WaitingAvailable"],
    after: (s, { unavailableMs }) => unavailableMs + 2 * s.minReadySeconds * 1000,
  },
  { id: "T12", from: ["Terminating"], after: (_, { deletionStalledMs }) => deletionStalledMs },
  { id: "T13", from: ["Scheduled", "NotYetScheduled"], after: "schedule" },
];

const TIMED: readonly TimedRule[] = [DEADLINE, ...GENERAL];

/** Says whether a reason is given by time alone. */
export function isTimed(reason: Reason): boolean {
  return TIMED.some(({ id }) => reasonOf(id) === reason);
}

/** The rule by which a verdict of stage one can have become `reason` in time. */
export function timedRuleOf(reason: Reason, base: Reason): StageTwoId | undefined {
  return TIMED.find(({ id, from }) => reasonOf(id) === reason && from.includes(base))?.id;
}

/** The limit of the present verdict; of two the earlier, and the deadline that the user set at a tie. */
export function limitOf(subject: Subject, thresholds: Thresholds, clock: Clock): TimeLimit | undefined {
  const rule = GENERAL.find(({ from }) => from.includes(subject.base.reason));
  const general = rule && limitBy(rule, { subject, thresholds, clock });
  if (subject.progressDeadlineSeconds === undefined || !subject.base.notes.includes("DeadlineCondition"))
    return general;
  if (!DEADLINE.from.includes(subject.base.reason)) return general;
  const deadline = limitBy(DEADLINE, { subject, thresholds, clock });
  return general && deadline && general.dueAtMs < deadline.dueAtMs ? general : deadline;
}

function limitBy(
  { id, after }: TimedRule,
  { subject, thresholds, clock }: { subject: Subject; thresholds: Thresholds; clock: Clock },
): TimeLimit | undefined {
  if (after === "schedule") return scheduleLimit(id, subject, clock);
  const afterMs = after(subject, thresholds);
  return { rule: id, dueAtMs: clock.sinceMs + afterMs, lack: `no progress for ${durationText(afterMs)}` };
}

function scheduleLimit(rule: StageTwoId, { schedule }: Subject, { overdueMs }: Clock): TimeLimit | undefined {
  if (schedule === undefined || overdueMs === undefined) return undefined;
  return { rule, dueAtMs: overdueMs, lack: `no start for two periods of "${schedule.cron}"` };
}

/**
 * A batch needs minReadySeconds, so a limit has to leave room for two of them and half of itself:
 * max(10 min, 2 x minReadySeconds + 5 min) by default.
 */
function updateStalledMs(subject: Subject, thresholds: Thresholds): number {
  if (subject.progressDeadlineSeconds !== undefined) return subject.progressDeadlineSeconds * 1000;
  return Math.max(thresholds.updateStalledMs, 2 * subject.minReadySeconds * 1000 + thresholds.updateStalledMs / 2);
}

function scaleStalledMs({ base, terminationGraceSeconds }: Subject, { scaleStalledMs: limitMs }: Thresholds): number {
  return limitMs + (base.reason === "ScalingDown" ? terminationGraceSeconds * 1000 : 0);
}

/** The limit, not the age: an age would change, and be sent, with every look. */
function durationText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
