// Counts of verdicts, and the order in which a cluster's troubles are named.
import { expect, test } from "vitest";
import { countByHealth, worstFirst } from "./summary.ts";
import type { Counted } from "./summary.ts";

const entry = (key: string, health: Counted["health"], reason: Counted["reason"], sinceMs: number) => ({
  key,
  health,
  reason,
  sinceMs,
});
const entries = [
  entry("a", "Healthy", "AllAvailable", 1),
  entry("b", "Progressing", "Updating", 1),
  entry("c", "Degraded", "Unavailable", 9),
  entry("d", "Suspended", "Paused", 1),
  entry("e", "Unknown", "StatusMalformed", 1),
  entry("g", "Degraded", "Unavailable", 5),
  entry("f", "Degraded", "UpdateStalled", 5),
];

test("countByHealth() counts every health, absent ones as 0", () => {
  expect(countByHealth(entries)).toEqual({ Healthy: 1, Suspended: 1, Progressing: 1, Unknown: 1, Degraded: 3 });
  expect(countByHealth([])).toEqual({ Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 });
});

test("worstFirst() names the worst, of those the oldest, and nothing that is well or held", () => {
  expect(worstFirst(entries, 9).map(({ key }) => key)).toEqual(["f", "g", "c", "e", "b"]);
  expect(worstFirst(entries, 2).map(({ key }) => key)).toEqual(["f", "g"]);
});
