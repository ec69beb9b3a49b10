import fc from "fast-check";
import { expect, test } from "vitest";
import { indicesOf, scrollTo, spanOf } from "./window.ts";

test.each([
  [{ count: 1000, size: 20, scrolled: 0, seen: 100 }, 0, 9],
  [{ count: 1000, size: 20, scrolled: 2000, seen: 100 }, 96, 109],
  [{ count: 1000, size: 20, scrolled: 19_900, seen: 100 }, 991, 1000],
  [{ count: 3, size: 20, scrolled: 0, seen: 500 }, 0, 3],
  [{ count: 0, size: 20, scrolled: 0, seen: 500 }, 0, 0],
  // Rows went away under a scrolled window.
  [{ count: 5, size: 20, scrolled: 4000, seen: 100 }, 5, 5],
])("of %j the rows from %i to %i are drawn", (extent, from, to) => {
  expect(spanOf(extent)).toEqual({ from, to });
});

test("whatever is seen is drawn, and little more, however many there are", () => {
  const extent = fc.record({
    count: fc.nat(100_000),
    size: fc.integer({ min: 1, max: 100 }),
    scrolled: fc.nat(1_000_000),
    seen: fc.nat(3_000),
  });
  fc.assert(
    fc.property(extent, (given) => {
      const { from, to } = spanOf(given);
      const first = Math.floor(given.scrolled / given.size);
      const last = Math.min(given.count, Math.ceil((given.scrolled + given.seen) / given.size));
      expect(first >= last || (from <= first && to >= last)).toBe(true);
      expect(to - from).toBeLessThanOrEqual(given.seen / given.size + 10);
    }),
  );
});

test("what has the focus stays drawn when it is scrolled away", () => {
  expect(indicesOf({ from: 5, to: 8 }, 6, 100)).toEqual([5, 6, 7]);
  expect(indicesOf({ from: 5, to: 8 }, 1, 100)).toEqual([1, 5, 6, 7]);
  expect(indicesOf({ from: 5, to: 8 }, 50, 100)).toEqual([5, 6, 7, 50]);
  expect(indicesOf({ from: 5, to: 8 }, -1, 100)).toEqual([5, 6, 7]);
  expect(indicesOf({ from: 5, to: 8 }, 100, 100)).toEqual([5, 6, 7]);
});

test.each([
  [0, 40, 0],
  [2, 40, undefined],
  [6, 40, undefined],
  [7, 40, 60],
])("row %i is reached from %i by scrolling to %s", (index, scrolled, wanted) => {
  expect(scrollTo(index, { size: 20, scrolled, seen: 100 })).toBe(wanted);
});
