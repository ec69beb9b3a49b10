// Flapping: a health that changes again and again. The verdicts stay as they are; a note tells a reader that the next one
// is near, and the agent that it need not report each of them.
import type { Flaps, History } from "./history.ts";
import type { Health, Verdict } from "./verdict.ts";

/** Changes of health that are in order within the window; one more is flapping. */
export const TURNS_MAX = 6;
/** The window, and how long a flapping workload has to keep its health to be called calm. */
export const FLAP_WINDOW_MS = 5 * 60_000;

/** Counts a change of health; undefined while there was none of late. */
export function trackFlaps(held: History | undefined, health: Health, nowMs: number): Flaps | undefined {
  const known = held?.flaps?.turnsMs ?? [];
  const isTurn = held !== undefined && held.health !== health;
  const turnsMs = (isTurn ? [...known, nowMs] : known).filter((atMs) => nowMs - atMs < FLAP_WINDOW_MS);
  if (turnsMs.length === 0) return undefined;
  const isFlapping = held?.flaps?.flapping === true || turnsMs.length > TURNS_MAX;
  return { turnsMs: turnsMs.slice(-TURNS_MAX - 1), flapping: isFlapping };
}

/** The verdict with the note, while it flaps. */
export function notedFlaps(verdict: Verdict, flaps: Flaps | undefined): Verdict {
  return flaps?.flapping === true ? { ...verdict, notes: [...verdict.notes, "Flapping"] } : verdict;
}

/** When the note goes if nothing changes; undefined when there is none. */
export function endOfFlapsMs(flaps: Flaps | undefined): number | undefined {
  const lastMs = flaps?.flapping === true ? flaps.turnsMs.at(-1) : undefined;
  return lastMs === undefined ? undefined : lastMs + FLAP_WINDOW_MS;
}
