// Whether the agent's loops still turn: what /livez is about.
import type { Clock } from "../shared/runtime/clock.ts";

/** A loop that has not turned for this long is stuck: twice the longest wait of any, backoff included. */
const STUCK_AFTER_MS = 300_000;

/** Remembers when each loop last turned. */
export class Pulse {
  readonly #clock: Clock;
  readonly #turnedMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives what a loop calls on each turn. */
  of(loop: string): () => void {
    const turn = (): void => void this.#turnedMs.set(loop, this.#clock.monotonicMs());
    turn();
    return turn;
  }

  /** Loops that no longer turn. */
  stuck(): string[] {
    const limitMs = this.#clock.monotonicMs() - STUCK_AFTER_MS;
    return [...this.#turnedMs].flatMap(([loop, turnedMs]) => (turnedMs < limitMs ? [loop] : []));
  }
}
