// Keys of all records by health, each list in order: what a report begins with when not all of them fit into it.
// Kept up to date with each change, since sorting ten thousand keys for each report would take most of the agent's time.
import type { Health } from "../../shared/health/verdict.ts";

export class Ranking {
  readonly #keys: Record<Health, string[]> = { Healthy: [], Suspended: [], Progressing: [], Unknown: [], Degraded: [] };

  add(key: string, health: Health): void {
    const keys = this.#keys[health];
    keys.splice(placeOf(keys, key), 0, key);
  }

  remove(key: string, health: Health): void {
    const keys = this.#keys[health];
    const place = placeOf(keys, key);
    if (keys[place] === key) keys.splice(place, 1);
  }

  /** The keys of one health, in order. Not to be kept: it changes. */
  of(health: Health): readonly string[] {
    return this.#keys[health];
  }
}

/** Where a key is, or would be. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
