import { describe, expect, test } from "vitest";
import { sameCondition, withCondition } from "./conditions.ts";
import type { Condition } from "./types.ts";

const OLD = "2026-01-01T00:00:00Z";
const NOW = "2026-01-02T00:00:00Z";
const condition = (type: string, status: Condition["status"], reason = "R", message = "m") => ({
  type,
  status,
  reason,
  message,
});
const existing: Condition[] = [
  { ...condition("A", "True"), lastTransitionTime: OLD },
  { ...condition("B", "False"), lastTransitionTime: OLD },
];

describe("withCondition()", () => {
  test("adds a condition at the end", () => {
    const expected = [...existing, { ...condition("C", "True"), lastTransitionTime: NOW }];
    expect(withCondition(existing, condition("C", "True"), NOW)).toEqual(expected);
  });

  test("moves the time when the status moves, and keeps place and neighbours", () => {
    const next = withCondition(existing, condition("A", "False", "New"), NOW);
    expect(next).toEqual([{ ...condition("A", "False", "New"), lastTransitionTime: NOW }, existing[1]]);
  });

  test("keeps the time when only reason and message change", () => {
    const next = withCondition(existing, condition("B", "False", "New", "new"), NOW);
    expect(next[1]).toEqual({ ...condition("B", "False", "New", "new"), lastTransitionTime: OLD });
    expect(existing[1]).toMatchObject({ reason: "R" });
  });
});

test("sameCondition() compares everything but the time", () => {
  const a: Condition = { ...condition("A", "True"), lastTransitionTime: OLD, observedGeneration: 1 };
  expect(sameCondition(a, { ...a, lastTransitionTime: NOW } as Condition)).toBe(true);
  const others: Partial<Condition>[] = [
    { type: "B" },
    { status: "False" },
    { reason: "X" },
    { message: "x" },
    { observedGeneration: 2 },
  ];
  for (const other of others) expect(sameCondition(a, { ...a, ...other })).toBe(false);
  expect([sameCondition(a, undefined), sameCondition(undefined, undefined)]).toEqual([false, true]);
});
