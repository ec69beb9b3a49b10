// Time as a dependency: durations from a monotonic clock, dates from the wall clock, both replaceable in tests.

export interface Clock {
  /** Milliseconds that only ever grow; for durations and deadlines. */
  monotonicMs(): number;
  /** Milliseconds since 1970; for dates that people and other machines read. */
  wallMs(): number;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** Writes a date as the Kubernetes API does: RFC 3339, whole seconds, UTC. */
export function rfc3339Seconds(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
