// Stage two: adds time and history to the verdict of stage one, which knows the object alone.
// Pure: the caller keeps the history, gives the time, and calls again at `dueAtMs` if nothing happens before.
import { reviewClaims } from "./claims.ts";
import type { Claim, Escalated, EscalationContext, History, Subject } from "./history.ts";
import { trackProgress } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { ofPods } from "./replica-message.ts";
import { comesFrom, limitOf } from "./thresholds.ts";
import type { TimeLimit } from "./thresholds.ts";
import type { Reason, Verdict } from "./verdict.ts";

/** Escalates one observation of an object; `history` is what the last call for it gave. */
export function escalate(subject: Subject, history: History | undefined, context: EscalationContext): Escalated {
  const held = history?.uid === subject.uid ? history : undefined;
  const progress = trackProgress(subject, held);
  const step: Step = { subject, held, progress, context };
  const next = remember(step);
  const limit = limitOf(subject, context.thresholds);
  const dueAtMs = limit && clockOf(next) + limit.afterMs;
  const verdict =
    assertedVerdict(subject, next) ?? stuckVerdict(step, isUp(dueAtMs, context) ? limit : undefined) ?? subject.base;
  const sinceMs = held && sameVerdict(held, verdict) ? held.sinceMs : context.nowMs;
  const pending = verdict === subject.base && context.kruiseHealthy;
  return {
    verdict,
    history: { ...next, health: verdict.health, reason: verdict.reason, sinceMs },
    dueAtMs: pending ? dueAtMs : undefined,
  };
}

function isUp(dueAtMs: number | undefined, { nowMs, kruiseHealthy }: EscalationContext): boolean {
  return dueAtMs !== undefined && dueAtMs <= nowMs && kruiseHealthy;
}

function sameVerdict(a: Pick<Verdict, "health" | "reason">, b: Pick<Verdict, "health" | "reason">): boolean {
  return a.health === b.health && a.reason === b.reason;
}

/** "No progress" runs from here. */
function clockOf(history: Pick<History, "progressMs" | "baseSinceMs" | "quietMs">): number {
  return Math.max(history.progressMs, history.baseSinceMs, history.quietMs ?? 0);
}

type Memory = Omit<History, "health" | "reason" | "sinceMs">;

interface Step {
  subject: Subject;
  held: History | undefined;
  progress: Progress;
  context: EscalationContext;
}

function remember({ subject, held, progress, context }: Step): Memory {
  const { base, generation } = subject;
  const { nowMs } = context;
  const generationSeenMs = firstSeenMs(subject, held) ?? nowMs;
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
    quietMs: context.kruiseHealthy ? held?.quietMs : nowMs,
    healthyGeneration: base.health === "Healthy" ? generation : held?.healthyGeneration,
    ...reviewClaims(subject, held, { nowMs, generationSeenMs, sameRollout: progress.sameRollout }),
  };
}

/** When this generation was first seen; a report does not say it. */
function firstSeenMs(subject: Subject, held: History | undefined): number | undefined {
  if (held?.seeded === true || held?.generation !== subject.generation) return undefined;
  return held.generationSeenMs;
}

function isBaseChanged({ base }: Subject, held: History): boolean {
  // After a restart from a Degraded report: unchanged if that reason can come from this verdict.
  if (held.baseReason === undefined) return !comesFrom(held.reason, base.reason);
  return held.baseReason !== base.reason || held.baseHealth !== base.health;
}

/** Failures that do not wait: a condition that is believed, and an outage of what was healthy. */
function assertedVerdict(subject: Subject, memory: Memory): Verdict | undefined {
  const { base, failedScale, failedUpdate } = subject;
  if (memory.scale.standing && failedScale)
    return { ...base, health: "Degraded", reason: "FailedScale", message: failedScale.message };
  if (memory.update.standing && failedUpdate)
    return { ...base, health: "Degraded", reason: "FailedUpdate", message: failedUpdate.message };
  if (base.reason !== "PodsNotAvailable" || memory.healthyGeneration !== subject.generation) return undefined;
  const available = subject.marks?.available ?? 0;
  if (available >= subject.wanted - subject.maxUnavailable) return undefined;
  const message = `${ofPods(available, subject.wanted, "pod")} left available of a healthy workload; ${subject.maxUnavailable} may be missing`;
  return { ...base, health: "Degraded", reason: "LostAvailability", message };
}

/** A reason that came by time stays until there is progress or another verdict of stage one. */
function stuckReason({ subject, held, progress, context }: Step): Reason | undefined {
  if (held?.health !== "Degraded" || !comesFrom(held.reason, subject.base.reason)) return undefined;
  if (held.reason === "ControllerNotReconciling" && !context.kruiseHealthy) return undefined;
  return progress.progressed || isBaseChanged(subject, held) ? undefined : held.reason;
}

/** The verdict of one that stands still: its reason of before, or that of the limit that is up now. */
function stuckVerdict(step: Step, up: TimeLimit | undefined): Verdict | undefined {
  const { subject, context } = step;
  const reason = stuckReason(step) ?? up?.reason;
  if (reason === undefined) return undefined;
  const claim = notedClaim(subject);
  const limit = limitOf(subject, context.thresholds);
  const still = `${subject.base.message}; no progress for ${durationText(limit?.afterMs ?? 0)}`;
  return { ...subject.base, health: "Degraded", reason, message: claim ? `possibly old: ${claim.message}` : still };
}

function notedClaim({ base, failedScale, failedUpdate }: Subject): Claim | undefined {
  if (base.notes.includes("FailedScaleCondition")) return failedScale;
  return base.notes.includes("FailedUpdateCondition") ? failedUpdate : undefined;
}

/** The limit, not the age: an age would change, and be sent, with every look. */
function durationText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
