// The newest changes of the fleet, by resourceVersion, in a ring of fixed size: watches start from it.
// Every change has the version before it plus one, so a version's place in the ring is plain arithmetic.
import type { RowChange } from "./types.ts";

export class ChangeLog {
  readonly #ring: (RowChange | undefined)[];
  /** Version of the newest change, or of the empty log. */
  #newest: number;
  #length = 0;

  constructor(start: number, capacity: number) {
    this.#ring = Array.from({ length: capacity }, () => undefined);
    this.#newest = start;
  }

  get newest(): number {
    return this.#newest;
  }

  /** Takes in the change that has version `newest + 1`. */
  append(change: RowChange): void {
    this.#newest += 1;
    this.#ring[this.#newest % this.#ring.length] = change;
    this.#length = Math.min(this.#length + 1, this.#ring.length);
  }

  /** The changes after `resourceVersion`, oldest first; "Expired" when some of them are gone or were never here. */
  since(resourceVersion: number): RowChange[] | "Expired" {
    // A version that is still to come is of another life, whose clock was ahead.
    if (resourceVersion < this.#newest - this.#length || resourceVersion > this.#newest) return "Expired";
    const changes: RowChange[] = [];
    for (let version = resourceVersion + 1; version <= this.#newest; version += 1) {
      const change = this.#ring[version % this.#ring.length];
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }
}
