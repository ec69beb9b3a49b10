// Keeps Events few, as client-go's event correlator does: a budget of writes that an object has used up refills slowly,
// and what repeats within a while is counted up instead of written again.
import type { Clock } from "../../shared/runtime/clock.ts";

/** Writes that one budget allows at once; then one each REFILL_MS. */
const BURST = 25;
const REFILL_MS = 300_000;
const REPEAT_WINDOW_MS = 600_000;
/** Events that are remembered for a budget. */
const REMEMBERED = 32;

/** An Event that was written, to be counted up. */
export interface Told {
  name: string;
  count: number;
  /** Wall clock. */
  lastMs: number;
}

interface Budget {
  tokens: number;
  /** Monotonic. */
  refilledMs: number;
  told: Map<string, Told>;
}

export class Correlator {
  readonly #clock: Clock;
  readonly #budgets = new Map<string, Budget>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one write from a budget; false when it is used up. */
  admit(name: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const budget = this.#budgets.get(name) ?? { tokens: BURST, refilledMs: nowMs, told: new Map<string, Told>() };
    const refill = Math.floor((nowMs - budget.refilledMs) / REFILL_MS);
    budget.tokens = Math.min(BURST, budget.tokens + refill);
    budget.refilledMs += refill * REFILL_MS;
    this.#budgets.set(name, budget);
    if (budget.tokens === 0) return false;
    budget.tokens -= 1;
    return true;
  }

  /** The Event that a telling with this key repeats, if it was written within the window. */
  repeated(name: string, key: string): Told | undefined {
    const told = this.#budgets.get(name)?.told.get(key);
    return told && this.#clock.wallMs() - told.lastMs <= REPEAT_WINDOW_MS ? told : undefined;
  }

  /** Remembers what was written. */
  remember(name: string, key: string, event: Told): void {
    const told = this.#budgets.get(name)?.told;
    if (!told) return;
    // Put at the end: the first is the one that was written longest ago.
    told.delete(key);
    told.set(key, event);
    const [oldest] = told.keys();
    if (told.size > REMEMBERED && oldest !== undefined) told.delete(oldest);
  }

  forget(name: string): void {
    this.#budgets.delete(name);
  }
}
