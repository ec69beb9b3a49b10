// The workloads beyond the most records that are kept: of each only its key, its kind and its health stay, so that every
// count is exact and a removal is counted once.
import type { Health } from "../shared/health/verdict.ts";
import type { Tally } from "./tally.ts";

interface Counted {
  plural: string;
  health: Health;
}

export class Beyond {
  readonly #tally: Tally;
  readonly #counted = new Map<string, Counted>();
  /** One object a kind and health, for all keys of it. */
  readonly #values = new Map<string, Counted>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  get size(): number {
    return this.#counted.size;
  }

  /** Counts a workload; false when it was counted so already. */
  put(key: string, plural: string, health: Health): boolean {
    const name = `${plural} ${health}`;
    const value = this.#values.get(name) ?? { plural, health };
    this.#values.set(name, value);
    if (this.#counted.get(key) === value) return false;
    this.remove(key);
    this.#counted.set(key, value);
    this.#tally.byHealth[health] += 1;
    return true;
  }

  /** Counts a workload no more; false when it was not counted. */
  remove(key: string): boolean {
    const counted = this.#counted.get(key);
    if (counted === undefined) return false;
    this.#tally.byHealth[counted.health] -= 1;
    return this.#counted.delete(key);
  }

  /** Keys of a kind. */
  *keysOf(plural: string): Generator<string, void, undefined> {
    for (const [key, counted] of this.#counted) if (counted.plural === plural) yield key;
  }
}
