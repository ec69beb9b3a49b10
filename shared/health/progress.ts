// Progress of one rollout: a new high-water mark for the same generation and update revision.
// A number that falls and rises again is oscillation (a crash loop), not progress; a new pair begins new marks.
import type { History, Marks, Subject } from "./history.ts";

export interface Progress {
  marks: Marks | undefined;
  /** The same generation and update revision as before. */
  sameRollout: boolean;
  progressed: boolean;
}

/** Compares an observation with the best that was seen of the same rollout. */
export function trackProgress(subject: Subject, held: History | undefined): Progress {
  const sameRollout =
    held !== undefined && held.generation === subject.generation && held.revision === subject.revision;
  const best = sameRollout ? held.marks : undefined;
  if (subject.marks === undefined) {
    // No number may be read: only a controller that moves on to another generation shows that it works.
    const moved = held === undefined || subject.observedGeneration > held.observedGeneration;
    return { marks: best, sameRollout, progressed: moved };
  }
  // The latest start outlives a rollout: the jobs that told of it may be gone, and it is never started again.
  if (best === undefined)
    return { marks: { ...subject.marks, ...latestStart(subject.marks, held?.marks) }, sameRollout, progressed: true };
  return { marks: bestOf(best, subject.marks), sameRollout, progressed: exceeds(subject.marks, best) };
}

function exceeds(now: Marks, best: Marks): boolean {
  return (
    now.updated > best.updated ||
    now.updatedAvailable > best.updatedAvailable ||
    now.available > best.available ||
    now.gap < best.gap ||
    (now.startedMs ?? 0) > (best.startedMs ?? 0)
  );
}

function bestOf(a: Marks, b: Marks): Marks {
  return {
    updated: Math.max(a.updated, b.updated),
    updatedAvailable: Math.max(a.updatedAvailable, b.updatedAvailable),
    available: Math.max(a.available, b.available),
    gap: Math.min(a.gap, b.gap),
    ...latestStart(a, b),
  };
}

function latestStart(a: Marks, b: Marks | undefined): Pick<Marks, "startedMs"> {
  const startedMs = Math.max(a.startedMs ?? 0, b?.startedMs ?? 0);
  return startedMs === 0 ? {} : { startedMs };
}
