// Many rows by name, always in order: in blocks, so that one more costs a search and a small move even among a million.
import { compareText } from "./queries.ts";

/** Rows in a block before it is cut in two. */
const BLOCK_MAX = 1024;

interface Named {
  readonly name: string;
}

export class SortedRows<R extends Named> {
  readonly #blocks: R[][] = [[]];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string): R | undefined {
    const block = this.#blocks[this.#blockOf(name)] ?? [];
    const row = block[placeOf(block, name)];
    return row?.name === name ? row : undefined;
  }

  /** Puts a row in, in place of the one of the same name. */
  set(row: R): void {
    const index = this.#blockOf(row.name);
    const block = this.#blocks[index] ?? [];
    const at = placeOf(block, row.name);
    if (block[at]?.name === row.name) {
      block[at] = row;
      return;
    }
    block.splice(at, 0, row);
    this.#size += 1;
    if (block.length > BLOCK_MAX) this.#blocks.splice(index + 1, 0, block.splice(BLOCK_MAX / 2));
  }

  delete(name: string): void {
    const index = this.#blockOf(name);
    const block = this.#blocks[index] ?? [];
    const at = placeOf(block, name);
    if (block[at]?.name !== name) return;
    block.splice(at, 1);
    this.#size -= 1;
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(index, 1);
  }

  /** All rows in the order of their names (code units), as they are now. */
  rows(): R[] {
    return this.#blocks.flat();
  }

  /** The block in which a name is, or belongs: the last that does not begin after it. */
  #blockOf(name: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const [first] = this.#blocks[middle] ?? [];
      if (first !== undefined && compareText(first.name, name) > 0) high = middle;
      else low = middle;
    }
    return low;
  }
}

/** Where a name is among sorted rows, or belongs. */
export function placeOf(rows: readonly Named[], name: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(rows[middle]?.name ?? name, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
