// How often an agent may report, from the load that the manager measures. Pure.

/** Least and most time between two reports of one agent, in milliseconds. */
export const PACE_MIN_MS = 50;
const PACE_MAX_MS = 10_000;
/** Reports a second that one manager takes with room to spare: about a quarter of what it was measured to take. */
const REPORTS_PER_SECOND = 1000;
/** Event loop lag above which agents are slowed down; at 5,000 ms the hub calls the API unavailable. */
const LAG_MS = 100;

export interface Load {
  /** Reports since the last look, as a rate. */
  reportsPerSecond: number;
  /** How late the event loop ran at worst since the last look. */
  loopLagMs: number;
}

/** The pace for the next second: grows at once with overload, shrinks slowly when there is room. */
export function nextPace(paceMs: number, load: Load): number {
  const overload = Math.max(load.reportsPerSecond / REPORTS_PER_SECOND, load.loopLagMs / LAG_MS);
  if (overload > 1) return Math.min(PACE_MAX_MS, Math.ceil(paceMs * Math.max(overload, 1.5)));
  if (overload < 0.7) return Math.max(PACE_MIN_MS, Math.floor(paceMs * 0.8));
  return paceMs;
}
