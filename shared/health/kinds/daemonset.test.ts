// The invariants of a DaemonSet over small numbers.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessDaemonSet } from "./daemonset.ts";
import type { DaemonSetInput, DaemonSetNumbers } from "./daemonset.ts";
import type { Verdict } from "../verdict.ts";

const small = fc.nat({ max: 5 });
const inputs: fc.Arbitrary<DaemonSetInput> = fc
  .record({
    desired: fc.integer({ min: 1, max: 5 }),
    current: small,
    updated: small,
    ready: small,
    available: small,
    misscheduled: fc.nat({ max: 1 }),
    partition: fc.constantFrom<unknown>(undefined, 0, 2, 9, "50%", "100%", "half"),
    paused: fc.boolean(),
    onDelete: fc.boolean(),
    selective: fc.boolean(),
    partitionedScaling: fc.boolean(),
  })
  .map(({ desired, current, updated, ready, available, misscheduled, ...rest }) => {
    // As a controller can write them: only nodes that are to run a pod are counted.
    const counters = { desired, current: Math.min(current, desired), updated, ready, available, misscheduled };
    return { ...rest, maxUnavailable: undefined, rolloutControlled: false, counters };
  });

/** Looks for an input whose verdict contradicts a statement. */
function counterexample(statement: (n: DaemonSetNumbers, verdict: Verdict) => boolean): unknown {
  const property = fc.property(inputs, (input) => {
    const { numbers, verdict } = assessDaemonSet(input, []);
    return statement(numbers, verdict);
  });
  return fc.check(property, { numRuns: 20_000 }).counterexample;
}

describe("assessDaemonSet()", () => {
  test("is Healthy only when every node has a pod that is available and updated", () => {
    expect(
      counterexample(
        (n, { health }) =>
          health !== "Healthy" || (n.current === n.desired && n.available >= n.desired && n.updated >= n.desired),
      ),
    ).toBeNull();
  });

  test("is Suspended only with old pods that are available, or with creation held back", () => {
    expect(
      counterexample(
        (n, { health, rule }) =>
          health !== "Suspended" || rule === "D2" || (n.updated < n.desired && n.available >= n.desired),
      ),
    ).toBeNull();
  });

  test("holds creation back only where the partition asks for it and every pod is available", () => {
    expect(
      counterexample((n, { rule }) => {
        const partitioned = n.partitionedScaling && !n.onDelete && n.target < n.desired;
        return rule !== "D2" || (partitioned && n.current < n.desired && n.available >= n.current);
      }),
    ).toBeNull();
  });

  test("is never Progressing when every node has a pod that is available and updated", () => {
    expect(
      counterexample(
        (n, { health }) =>
          health !== "Progressing" || n.current < n.desired || n.available < n.desired || n.updated < n.desired,
      ),
    ).toBeNull();
  });

  test("lets leftover pods change nothing but a note", () => {
    const property = fc.property(inputs, (input) => {
      const without = { ...input, counters: { ...input.counters, misscheduled: 0 } };
      const { health, reason } = assessDaemonSet(input, []).verdict;
      expect(assessDaemonSet(without, []).verdict).toMatchObject({ health, reason });
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

test.each<[maxUnavailable: unknown, allowed: number]>([
  [undefined, 1],
  [0, 0],
  [2, 2],
  ["50%", 3],
  ["many", 1],
])("a DaemonSet of five nodes with maxUnavailable %s allows %i", (maxUnavailable, allowed) => {
  const counters = { desired: 5, current: 5, updated: 5, ready: 5, available: 5, misscheduled: 0 };
  const switches = { paused: false, onDelete: false, selective: false, partitionedScaling: false };
  const input = { ...switches, partition: 0, maxUnavailable, rolloutControlled: false, counters };
  expect(assessDaemonSet(input, []).numbers.maxUnavailable).toBe(allowed);
});
