import { expect, test } from "vitest";
import { nextPace } from "./pace.ts";

test.each([
  { situation: "idle", paceMs: 50, reports: 0, lag: 0, next: 50 },
  { situation: "busy within the budget", paceMs: 50, reports: 900, lag: 20, next: 50 },
  { situation: "at twice the budget", paceMs: 50, reports: 2000, lag: 0, next: 100 },
  { situation: "slightly over the budget", paceMs: 100, reports: 1010, lag: 0, next: 150 },
  { situation: "with a late event loop", paceMs: 100, reports: 10, lag: 300, next: 300 },
  { situation: "overwhelmed, never beyond ten seconds", paceMs: 9000, reports: 9000, lag: 0, next: 10_000 },
  { situation: "with room again", paceMs: 1000, reports: 100, lag: 10, next: 800 },
  { situation: "recovered, never below fifty milliseconds", paceMs: 60, reports: 0, lag: 0, next: 50 },
])("$situation, a pace of $paceMs ms becomes $next ms", ({ paceMs, reports, lag, next }) => {
  expect(nextPace(paceMs, { reportsPerSecond: reports, loopLagMs: lag })).toBe(next);
});
