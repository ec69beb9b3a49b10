// The limits of the time-aware stage, from the agent's settings.
import type { Thresholds } from "../shared/health/history.ts";
import type { AgentSettings } from "../shared/wire/agent-settings.ts";

export function thresholdsOf(settings: AgentSettings): Thresholds {
  return {
    updateStalledMs: settings.UPDATE_STALLED_AFTER_SECONDS * 1000,
    scaleStalledMs: settings.SCALE_STALLED_AFTER_SECONDS * 1000,
    unavailableMs: settings.UNAVAILABLE_AFTER_SECONDS * 1000,
    notReconciledMs: settings.NOT_RECONCILED_AFTER_SECONDS * 1000,
    deletionStalledMs: settings.DELETION_STALLED_AFTER_SECONDS * 1000,
  };
}
