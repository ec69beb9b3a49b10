// Where the focus of a grid goes with a key. Row -1 holds the columns' titles, column -1 the rows'.

export interface Spot {
  row: number;
  column: number;
}

interface Key {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

interface Size {
  rows: number;
  columns: number;
  /** Rows that a Page key passes. */
  page: number;
}

/** The next spot; undefined for a key that moves nothing. */
export function moved({ row, column }: Spot, { key, ctrlKey, altKey, metaKey }: Key, size: Size): Spot | undefined {
  if (altKey || metaKey) return undefined;
  const { rows, columns, page } = size;
  const steps: Record<string, Spot> = {
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    PageUp: { row: Math.max(0, row - page), column },
    PageDown: { row: row + page, column },
    Home: { row: ctrlKey ? -1 : row, column: ctrlKey ? 0 : -1 },
    End: { row: ctrlKey ? rows - 1 : row, column: columns - 1 },
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  const next = { row: within(step.row, rows), column: within(step.column, columns) };
  // The corner stands for nothing.
  return next.row === -1 && next.column === -1 ? { row, column } : next;
}

function within(index: number, count: number): number {
  return Math.max(-1, Math.min(index, count - 1));
}
