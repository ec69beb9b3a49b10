// The invariants of a PodUnavailableBudget over every small combination of numbers.
import { describe, expect, test } from "vitest";
import { assessPodUnavailableBudget } from "./podunavailablebudget.ts";
import type { BudgetNumbers } from "./podunavailablebudget.ts";

const SMALL = [0, 1, 2, 3, 4];
const all: BudgetNumbers[] = [-1, ...SMALL].flatMap((total) =>
  SMALL.flatMap((desired) =>
    SMALL.flatMap((current) => SMALL.map((allowed) => ({ total, desired, minAvailable: desired, current, allowed }))),
  ),
);

const judged = all.map((n) => ({ n, verdict: assessPodUnavailableBudget(n, []) }));

describe("assessPodUnavailableBudget()", () => {
  test("is Healthy below its budget only when there are no pods", () => {
    const healthy = judged.filter(({ verdict }) => verdict.health === "Healthy");
    const below = healthy.filter(({ n }) => n.current < n.desired);
    expect(below.length).toBeGreaterThan(0);
    expect(below.filter(({ n, verdict }) => verdict.reason !== "NoPods" || n.total !== 0 || n.current > 0)).toEqual([]);
  });

  test("is Healthy only when what it asks for can be had", () => {
    const healthy = judged.filter(({ verdict }) => verdict.health === "Healthy" && verdict.reason !== "NoPods");
    expect(healthy.filter(({ n }) => n.desired > n.total || n.total <= 0)).toEqual([]);
  });

  test("protects nothing whose controller has no scale", () => {
    const unscaled = judged.filter(({ n }) => n.total === -1 || (n.total === 0 && n.current > 0));
    expect(new Set(unscaled.map(({ verdict }) => verdict.reason))).toEqual(new Set(["BudgetUnsatisfiable"]));
  });

  test("is exhausted only within its budget, with none to spare", () => {
    const exhausted = judged.filter(({ verdict }) => verdict.reason === "BudgetExhausted");
    expect(exhausted.filter(({ n }) => n.allowed > 0 || n.current < n.desired)).toEqual([]);
  });
});
