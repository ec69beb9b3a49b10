// The rows of one cluster, sorted by name in one array: a third of the memory of a Map, and lists need no sorting.
import { compareText } from "./queries.ts";
import type { PackedRow } from "./workload-row.ts";

/** From this many changes on, rows are merged as a whole rather than put in one by one. */
const MERGE_FROM = 16;

export class RowTable {
  #rows: PackedRow[] = [];

  get size(): number {
    return this.#rows.length;
  }

  get(name: string): PackedRow | undefined {
    const row = this.#rows[this.#placeOf(name)];
    return row?.name === name ? row : undefined;
  }

  /** The rows by name (order of code units). The array is the table's own: copy it before the next `update`. */
  get rows(): readonly PackedRow[] {
    return this.#rows;
  }

  /** Puts rows in, in place of those of the same name; undefined lets the one of that name go. */
  update(changes: ReadonlyMap<string, PackedRow | undefined>): void {
    if (changes.size >= MERGE_FROM) this.#merge(changes);
    else for (const [name, row] of changes) this.#put(name, row);
  }

  #merge(changes: ReadonlyMap<string, PackedRow | undefined>): void {
    const rows = this.#rows.filter(({ name }) => !changes.has(name));
    for (const row of changes.values()) if (row !== undefined) rows.push(row);
    // A copy has no room to spare, which an array that grew has.
    this.#rows = rows.sort((a, b) => compareText(a.name, b.name)).slice();
  }

  #put(name: string, row: PackedRow | undefined): void {
    const at = this.#placeOf(name);
    const isThere = this.#rows[at]?.name === name;
    if (row === undefined) this.#rows.splice(at, Number(isThere));
    else this.#rows.splice(at, Number(isThere), row);
  }

  /** Where a name is, or belongs. */
  #placeOf(name: string): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareText(this.#rows[middle]?.name ?? name, name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
