// The history that a restarted agent begins with: made of what the object's previous report says.
import type { ClaimMemory, History, PreviousReport } from "./history.ts";
import { isTimed } from "./thresholds.ts";
import type { Health, Reason } from "./verdict.ts";

/** Makes a history of a previous report, so that neither clocks nor known failures start anew. */
export function seedHistory(previous: PreviousReport): History {
  const { uid, generation, observedGeneration, revision, marks, health, reason, sinceMs, progressMs } = previous;
  const base = baseOf(health, reason);
  const wasHealthy = health === "Healthy" || reason === "LostAvailability";
  return {
    uid,
    generation,
    generationSeenMs: sinceMs,
    observedGeneration,
    revision,
    marks,
    ...base,
    baseSinceMs: sinceMs,
    progressMs,
    health,
    reason,
    sinceMs,
    healthyGeneration: wasHealthy ? generation : undefined,
    healthyWanted: wasHealthy ? previous.wanted : undefined,
    frozenStatus: previous.frozenStatus,
    // A report that does not call the status frozen speaks of one that was written when it last changed, or later.
    statusWrittenMs: reason === "FailedCreatePod" ? undefined : Math.max(sinceMs, progressMs),
    scale: claim(reason === "FailedScale"),
    update: claim(reason === "FailedUpdate"),
    seeded: true,
  };
}

function claim(standing: boolean): ClaimMemory {
  return { standing };
}

/** The verdict of stage one beneath the reported one, where the report tells. */
function baseOf(health: Health, reason: Reason): { baseHealth?: Health; baseReason?: Reason } {
  if (reason === "LostAvailability") return { baseHealth: "Progressing", baseReason: "PodsNotAvailable" };
  if (isTimed(reason) || reason === "FailedScale" || reason === "FailedUpdate") return {};
  return { baseHealth: health, baseReason: reason };
}
