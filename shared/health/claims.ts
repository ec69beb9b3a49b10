// Whether a CloneSet's FailedScale or FailedUpdate condition is to be believed.
// OpenKruise 1.9 never removes and never refreshes them: only their first appearance says something about now.
import type { Claim, ClaimMemory, History, Subject } from "./history.ts";

/** A shortfall that shrinks this long after the failure shows that the failure was overcome. */
const OVERCOME_AFTER_MS = 60_000;

interface PastFacts {
  /** The agent has no record of this object's conditions: nothing is new to it. */
  unknownPast: boolean;
  /** What it knows comes from a report, which says that a claim stood but not of what time. */
  seeded: boolean;
  generationMoved: boolean;
  /** The verdict of stage one is Healthy or Suspended. */
  settled: boolean;
}

interface ClaimFacts extends PastFacts {
  nowMs: number;
  generationSeenMs: number;
  /** The verdict of stage one carries the note of this condition: there is a shortfall. */
  noted: boolean;
  /** The shortfall is smaller than ever before in this rollout. */
  shrunk: boolean;
}

const NO_MEMORY: ClaimMemory = { standing: false };

/** Brings the memory of both claims up to date. */
export function reviewClaims(
  subject: Subject,
  held: History | undefined,
  { sameRollout, ...times }: { nowMs: number; generationSeenMs: number; sameRollout: boolean },
): { scale: ClaimMemory; update: ClaimMemory } {
  const { base, marks } = subject;
  const best = sameRollout ? held?.marks : undefined;
  const facts = { ...times, ...pastFacts(subject, held) };
  const scaleFacts = { noted: base.notes.includes("FailedScaleCondition"), shrunk: isLess(marks?.gap, best?.gap) };
  const updateFacts = {
    noted: base.notes.includes("FailedUpdateCondition"),
    shrunk: isLess(best?.updated, marks?.updated),
  };
  const { scale, update } = held ?? { scale: NO_MEMORY, update: NO_MEMORY };
  return {
    scale: reviewClaim(scale, subject.failedScale, { ...facts, ...scaleFacts }),
    update: reviewClaim(update, subject.failedUpdate, { ...facts, ...updateFacts }),
  };
}

function pastFacts({ base, generation }: Subject, held: History | undefined): PastFacts {
  const seeded = held?.seeded === true;
  return {
    unknownPast: held === undefined || seeded,
    seeded,
    generationMoved: held !== undefined && held.generation !== generation,
    settled: base.health === "Healthy" || base.health === "Suspended",
  };
}

function isLess(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a < b;
}

/** Brings the memory of one claim up to date; the claim asserts a failure while `standing`. */
function reviewClaim(memory: ClaimMemory, claim: Claim | undefined, facts: ClaimFacts): ClaimMemory {
  if (claim === undefined)
    return { atMs: undefined, standing: false, usedMs: memory.standing ? memory.atMs : memory.usedMs };
  const { atMs } = claim;
  const stood = memory.standing && (memory.atMs === atMs || facts.seeded);
  if (stood && stillStands(claim, facts)) return { atMs, standing: true, usedMs: memory.usedMs };
  const usedMs = stood || facts.settled ? atMs : memory.usedMs;
  return { atMs, standing: facts.noted && usedMs !== atMs && isNew(memory, claim, facts), usedMs };
}

function stillStands(claim: Claim, facts: ClaimFacts): boolean {
  const overcome = facts.shrunk && facts.nowMs - claim.atMs > OVERCOME_AFTER_MS;
  return !facts.generationMoved && facts.noted && !overcome;
}

function isNew(memory: ClaimMemory, claim: Claim, facts: ClaimFacts): boolean {
  if (facts.unknownPast) return false;
  if (memory.atMs === undefined || memory.atMs < claim.atMs) return true;
  // Condition times are whole seconds.
  return claim.atMs >= Math.floor(facts.generationSeenMs / 1000) * 1000;
}
