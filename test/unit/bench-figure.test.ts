// What the benches work their figures out with.
import { expect, test } from "vitest";
import { fitLine, percentile } from "../bench/figure.ts";

test.each([
  { samples: [5, 1, 3], share: 0.5, value: 3 },
  { samples: [5, 1, 3], share: 0.99, value: 5 },
  { samples: Array.from({ length: 100 }, (_, index) => index + 1), share: 0.99, value: 99 },
  { samples: [7], share: 0.5, value: 7 },
])("of $samples.length samples $share lie at or below $value", ({ samples, share, value }) => {
  expect(percentile(samples, share)).toBe(value);
});

test("of no samples no value can be told", () => {
  expect(percentile([], 0.5)).toBeNaN();
});

test.each([
  { what: "on a line", points: [1, 2, 3].map((x) => ({ x, y: 2 * x + 10 })), slope: 2, intercept: 10 },
  {
    what: "beside a line, as far above as below",
    points: [
      { x: 0, y: 1 },
      { x: 0, y: -1 },
      { x: 10, y: 101 },
      { x: 10, y: 99 },
    ],
    slope: 10,
    intercept: 0,
  },
])("through points that lie $what goes the line y = $slope x + $intercept", ({ points, slope, intercept }) => {
  const line = fitLine(points);
  expect(line.slope).toBeCloseTo(slope, 9);
  expect(line.intercept).toBeCloseTo(intercept, 9);
});
