// Stage two: adds time and history to the verdict of stage one, which knows the object alone.
// Pure: the caller keeps the history, gives the time, and calls again at `dueAtMs` if nothing happens before.
import { reviewClaims } from "./claims.ts";
import { doubtStatus } from "./early-status.ts";
import { endOfFlapsMs, notedFlaps, trackFlaps } from "./flapping.ts";
import type { Claim, Escalated, EscalationContext, History, Subject, Warning } from "./history.ts";
import { trackProgress } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { ofPods } from "./replica-numbers.ts";
import { overdueOf } from "./schedule.ts";
import { verdictOf } from "./stage-two.ts";
import type { StageTwoId } from "./stage-two.ts";
import { limitOf, timedRuleOf } from "./thresholds.ts";
import type { TimeLimit } from "./thresholds.ts";
import type { Verdict } from "./verdict.ts";
import { endOfFreezeMs, freezingWarning, refusingWarning } from "./warnings.ts";

/** Escalates one observation of an object; `history` is what the last call for it gave. */
export function escalate(observed: Subject, history: History | undefined, context: EscalationContext): Escalated {
  const held = history?.uid === observed.uid ? history : undefined;
  const generationSeenMs = firstSeenMs(observed, held) ?? context.nowMs;
  const { subject, confirmed, untilMs } = doubtStatus(observed, held, { nowMs: context.nowMs, generationSeenMs });
  const progress = trackProgress(subject, held);
  const step: Step = { subject, held, progress, context, generationSeenMs };
  const memory = remember(step);
  const next = { ...memory, overdue: rememberOverdue(subject, memory, held) };
  const limit = limitOf(subject, context.thresholds, { sinceMs: clockOf(next), overdueMs: next.overdue?.atMs });
  const frozen = freezingWarning(subject, next, context);
  const decided = promptVerdict(step, next, frozen) ?? stuckVerdict(step, limit) ?? subject.base;
  const refusing = refusingWarning(decided, context);
  const verdict = refusing ? { ...decided, message: refusing.message } : decided;
  const { health, reason, rule } = verdict;
  const limitMs = decided === subject.base && context.kruiseHealthy ? limit?.dueAtMs : undefined;
  const endingMs = rule === "T4" ? endOf(frozen, next) : endOf(refusing);
  const flaps = trackFlaps(held, health, context.nowMs);
  return {
    verdict: notedFlaps(verdict, flaps),
    history: { ...next, confirmed, health, reason, sinceMs: sinceOf(step, verdict), flaps },
    dueAtMs: earliest(limitMs, untilMs, endingMs, endOfFlapsMs(flaps)),
  };
}

function endOf(
  warning: Warning | undefined,
  memory: Partial<Pick<History, "statusWrittenMs">> = {},
): number | undefined {
  return warning && endOfFreezeMs(warning, memory);
}

function sinceOf({ held, context }: Step, { health, reason }: Verdict): number {
  return held?.health === health && held.reason === reason ? held.sinceMs : context.nowMs;
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** "No progress" runs from here. */
function clockOf(history: Pick<History, "progressMs" | "baseSinceMs" | "quietMs">): number {
  return Math.max(history.progressMs, history.baseSinceMs, history.quietMs ?? 0);
}

type Memory = Omit<History, "health" | "reason" | "sinceMs" | "flaps" | "confirmed">;

interface Step {
  subject: Subject;
  held: History | undefined;
  progress: Progress;
  context: EscalationContext;
  generationSeenMs: number;
}

function remember({ subject, held, progress, context, generationSeenMs }: Step): Memory {
  const { base, generation } = subject;
  const { nowMs } = context;
  return {
    uid: subject.uid,
    generation,
    generationSeenMs,
    observedGeneration: subject.observedGeneration,
    revision: subject.revision,
    marks: progress.marks,
    baseHealth: base.health,
    baseReason: base.reason,
    baseSinceMs: held && !isBaseChanged(subject, held) ? held.baseSinceMs : nowMs,
    progressMs: held && !progress.progressed ? held.progressMs : nowMs,
    // While OpenKruise is down every number is old: standing still is counted from its return.
    // So it is while the gate of the kind is off.
    quietMs: context.kruiseHealthy && !isGateOff(subject, context) ? held?.quietMs : nowMs,
    ...rememberHealthy(subject, held),
    ...rememberStatus(subject, held, nowMs),
    ...reviewClaims(subject, held, { nowMs, generationSeenMs, sameRollout: progress.sameRollout }),
  };
}

function rememberHealthy(
  { base, generation, wanted }: Subject,
  held: History | undefined,
): Pick<History, "healthyGeneration" | "healthyWanted"> {
  if (base.health === "Healthy") return { healthyGeneration: generation, healthyWanted: wanted };
  return { healthyGeneration: held?.healthyGeneration, healthyWanted: held?.healthyWanted };
}

function rememberStatus(
  { frozenStatus }: Subject,
  held: History | undefined,
  nowMs: number,
): Pick<History, "frozenStatus" | "statusWrittenMs"> {
  const isWritten = held?.frozenStatus !== undefined && held.frozenStatus !== frozenStatus;
  return { frozenStatus, statusWrittenMs: isWritten ? nowMs : held?.statusWrittenMs };
}

function rememberOverdue({ base, schedule }: Subject, memory: Memory, held: History | undefined): History["overdue"] {
  if (schedule === undefined || timedRuleOf("MissedSchedule", base.reason) === undefined) return held?.overdue;
  // A start may be ahead of a clock that is slow: it has happened all the same.
  return overdueOf(schedule, Math.max(clockOf(memory), memory.marks?.startedMs ?? 0), held?.overdue);
}

/** When this generation was first seen; a report does not say it. */
function firstSeenMs(subject: Subject, held: History | undefined): number | undefined {
  if (held?.seeded === true || held?.generation !== subject.generation) return undefined;
  return held.generationSeenMs;
}

function isBaseChanged({ base }: Subject, held: History): boolean {
  // After a restart from a Degraded report: unchanged if that reason can come from this verdict.
  if (held.baseReason === undefined) return timedRuleOf(held.reason, base.reason) === undefined;
  return held.baseReason !== base.reason || held.baseHealth !== base.health;
}

/** What does not wait: an asserted failure, a status that is frozen, a gate that is off. */
function promptVerdict({ subject, context }: Step, memory: Memory, frozen: Warning | undefined): Verdict | undefined {
  return assertedVerdict(subject, memory) ?? frozenVerdict(subject, frozen) ?? gateVerdict(subject, context);
}

/** Failures that do not wait: a condition that is believed, and an outage of what was healthy. */
function assertedVerdict(
  { base, failedScale, failedUpdate, ...subject }: Subject,
  memory: Memory,
): Verdict | undefined {
  if (memory.scale.standing && failedScale) return verdictOf("T1", base, failedScale.message);
  if (memory.update.standing && failedUpdate) return verdictOf("T2", base, failedUpdate.message);
  if (base.reason !== "PodsNotAvailable" || memory.healthyGeneration !== subject.generation) return undefined;
  const available = subject.marks?.available ?? 0;
  // Pods for nodes that joined since were never there to be lost.
  const had = Math.min(subject.wanted, memory.healthyWanted ?? subject.wanted);
  if (available >= had - subject.maxUnavailable) return undefined;
  const left = `${ofPods(available, subject.wanted, "pod")} left available of a healthy workload`;
  return verdictOf("T3", base, `${left}; ${subject.maxUnavailable} may be missing`);
}

function frozenVerdict({ base }: Subject, warning: Warning | undefined): Verdict | undefined {
  if (warning === undefined) return undefined;
  return verdictOf("T4", base, warning.message === "" ? "A pod cannot be created" : warning.message);
}

function gateVerdict(subject: Subject, context: EscalationContext): Verdict | undefined {
  if (!isGateOff(subject, context)) return undefined;
  return verdictOf("T5", subject.base, `Nothing works on it: OpenKruise's feature gate ${subject.gate} is off`);
}

function isGateOff({ base, gate }: Subject, { gatesOff }: EscalationContext): boolean {
  return base.reason === "StatusMissing" && gate !== undefined && gatesOff?.has(gate) === true;
}

/** A reason that came by time stays until there is progress or another verdict of stage one. */
function stayingRule({ subject, held, progress, context }: Step): StageTwoId | undefined {
  if (held?.health !== "Degraded" || progress.progressed || isBaseChanged(subject, held)) return undefined;
  if (held.reason === "ControllerNotReconciling" && !context.kruiseHealthy) return undefined;
  return timedRuleOf(held.reason, subject.base.reason);
}

/** The verdict of one that stands still: by the rule of before, or by the limit that is up now. */
function stuckVerdict(step: Step, limit: TimeLimit | undefined): Verdict | undefined {
  const { subject, context } = step;
  const isUp = limit !== undefined && limit.dueAtMs <= context.nowMs && context.kruiseHealthy;
  const rule = stayingRule(step) ?? (isUp ? limit.rule : undefined);
  if (rule === undefined) return undefined;
  const claim = notedClaim(subject);
  const still = `${subject.base.message}; ${limit?.lack ?? "no progress"}`;
  return verdictOf(rule, subject.base, claim ? `possibly old: ${claim.message}` : still);
}

function notedClaim({ base, failedScale, failedUpdate }: Subject): Claim | undefined {
  if (base.notes.includes("FailedScaleCondition")) return failedScale;
  return base.notes.includes("FailedUpdateCondition") ? failedUpdate : undefined;
}
