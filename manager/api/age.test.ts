import { expect, test } from "vitest";
import { formatAge } from "./age.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The expected texts are kubectl's.
test.each([
  [-5, "0s"],
  [0, "0s"],
  [119, "119s"],
  [2 * MINUTE, "2m"],
  [3 * MINUTE + 12, "3m12s"],
  [10 * MINUTE + 30, "10m"],
  [3 * HOUR - 1, "179m"],
  [3 * HOUR + 5 * MINUTE, "3h5m"],
  [25 * HOUR, "25h"],
  [2 * DAY + 3 * HOUR, "2d3h"],
  [30 * DAY, "30d"],
  [3 * 365 * DAY + 4 * DAY, "3y4d"],
  [9 * 365 * DAY, "9y"],
])("%i seconds are %s", (seconds, text) => {
  expect(formatAge(1_000_000, 1_000_000 + seconds * 1000)).toBe(text);
});

test("a date that cannot be read has no age", () => {
  expect(formatAge(Number.NaN, 0)).toBe("<unknown>");
});
