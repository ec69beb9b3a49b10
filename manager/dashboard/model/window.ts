// Which of many equal rows, or columns, are on the screen: only those are drawn.

export interface Span {
  /** Index of the first, and of the one after the last. */
  from: number;
  to: number;
}

export interface Extent {
  count: number;
  /** Of one, in pixels. */
  size: number;
  /** How far it is scrolled, and how much of it is seen, in pixels. */
  scrolled: number;
  seen: number;
}

/** Drawn beside what is seen, so that a short scroll shows no gap. */
const MARGIN = 4;

export function spanOf({ count, size, scrolled, seen }: Extent): Span {
  const from = Math.max(0, Math.floor(scrolled / size) - MARGIN);
  const to = Math.min(count, Math.ceil((scrolled + seen) / size) + MARGIN);
  return { from: Math.min(from, count), to: Math.max(to, 0) };
}

/** The indices of a span, and besides one that must stay drawn: what has the focus. */
export function indicesOf({ from, to }: Span, kept: number | undefined, count: number): number[] {
  const indices = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  if (kept === undefined || kept < 0 || kept >= count) return indices;
  if (kept < from) return [kept, ...indices];
  return kept >= to ? [...indices, kept] : indices;
}

/** Where to scroll to so that one of them is seen whole; undefined when it is. */
export function scrollTo(index: number, { size, scrolled, seen }: Omit<Extent, "count">): number | undefined {
  if (index * size < scrolled) return index * size;
  return (index + 1) * size > scrolled + seen ? (index + 1) * size - seen : undefined;
}
