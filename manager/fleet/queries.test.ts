import { expect, test } from "vitest";
import { compareText, currentHealth } from "./queries.ts";

test.each([
  { state: "Fresh", health: "Healthy", known: "Healthy" },
  { state: "Stale", health: "Healthy", known: "Unknown" },
  { state: "Stale", health: "Degraded", known: "Unknown" },
] as const)("a $state row that was $health reads $known", ({ known, ...row }) => {
  expect(currentHealth(row)).toBe(known);
});

test("names are ordered by code units", () => {
  expect(["b", "a", "B", "a-b", "a.b"].sort(compareText)).toEqual(["B", "a", "a-b", "a.b", "b"]);
});
