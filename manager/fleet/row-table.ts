// The rows of one cluster, sorted by name in one array: a third of the memory of a Map, and lists need no sorting.
import { compareText } from "./queries.ts";
import { placeOf } from "./sorted-rows.ts";
import type { PackedRow } from "./workload-row.ts";

/** From this many changes on, rows are merged as a whole rather than put in one by one. */
const MERGE_FROM = 16;

export class RowTable {
  #rows: readonly PackedRow[] = [];

  get size(): number {
    return this.#rows.length;
  }

  get(name: string): PackedRow | undefined {
    const row = this.#rows[placeOf(this.#rows, name)];
    return row?.name === name ? row : undefined;
  }

  /** The rows by name (order of code units). The array never changes: a list may keep it for as long as it is sent. */
  get rows(): readonly PackedRow[] {
    return this.#rows;
  }

  /** Puts rows in, in place of those of the same name; undefined lets the one of that name go. */
  update(changes: ReadonlyMap<string, PackedRow | undefined>): void {
    if (changes.size === 0) return;
    // A copy has no room to spare, which an array that grew has.
    this.#rows = (changes.size >= MERGE_FROM ? merged(this.#rows, changes) : patched(this.#rows, changes)).slice();
  }
}

function merged(known: readonly PackedRow[], changes: ReadonlyMap<string, PackedRow | undefined>): PackedRow[] {
  const rows = known.filter(({ name }) => !changes.has(name));
  for (const row of changes.values()) if (row !== undefined) rows.push(row);
  return rows.sort((a, b) => compareText(a.name, b.name));
}

function patched(known: readonly PackedRow[], changes: ReadonlyMap<string, PackedRow | undefined>): PackedRow[] {
  const rows = known.slice();
  for (const [name, row] of changes) {
    const at = placeOf(rows, name);
    const isThere = Number(rows[at]?.name === name);
    if (row === undefined) rows.splice(at, isThere);
    else rows.splice(at, isThere, row);
  }
  return rows;
}
