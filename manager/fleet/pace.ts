// How often an agent may report, from the load that the manager measures, and how widely snapshots are spread.

/** Least and most time between two reports of one agent, in milliseconds. */
const PACE_MIN_MS = 50;
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

/** Snapshots a second that a manager is to get when the whole fleet owes one. */
const SNAPSHOTS_PER_SECOND = 200;
/** With a heartbeat of 30 s a cluster that waits this long is told of before it counts as silent. */
const WINDOW_MAX_MS = 60_000;

/** The time over which this many clusters spread their snapshots. */
export function windowMs(clusters: number): number {
  return Math.min(WINDOW_MAX_MS, Math.ceil((clusters * 1000) / SNAPSHOTS_PER_SECOND));
}

/** The pace for the next second: grows at once with overload, shrinks slowly when there is room. */
export function nextPace(paceMs: number, load: Load): number {
  const overload = Math.max(load.reportsPerSecond / REPORTS_PER_SECOND, load.loopLagMs / LAG_MS);
  if (overload > 1) return Math.min(PACE_MAX_MS, Math.ceil(paceMs * Math.max(overload, 1.5)));
  if (overload < 0.7) return Math.max(PACE_MIN_MS, Math.floor(paceMs * 0.8));
  return paceMs;
}

/** The pace of the agents of one manager, adapted once a second. */
export class Pace {
  #ms = PACE_MIN_MS;
  #reports = 0;
  #lookedMs: number;

  constructor(nowMs: number) {
    this.#lookedMs = nowMs;
  }

  get ms(): number {
    return this.#ms;
  }

  /** A report has come. */
  count(): void {
    this.#reports += 1;
  }

  /** Adapts the pace to what has come since the last look. */
  adapt(nowMs: number, loopLagMs: number): void {
    const elapsedMs = Math.max(1, nowMs - this.#lookedMs);
    this.#ms = nextPace(this.#ms, { reportsPerSecond: (this.#reports * 1000) / elapsedMs, loopLagMs });
    this.#reports = 0;
    this.#lookedMs = nowMs;
  }
}
