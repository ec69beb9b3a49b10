// The invariants of the replica table over every small combination of numbers.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessCloneSet } from "./kinds/cloneset.ts";
import type { RevisionedInput } from "./revisioned.ts";
import type { Condition, ReplicaNumbers } from "./inputs.ts";
import { boundUpdatedAvailable } from "./replica-numbers.ts";
import { assessReplicas } from "./replica-table.ts";
import { assessStatefulSet } from "./kinds/statefulset.ts";
import { assessUnitedDeployment } from "./kinds/uniteddeployment.ts";
import type { Verdict } from "./verdict.ts";

const small = fc.nat({ max: 5 });
const numbers: fc.Arbitrary<ReplicaNumbers> = fc
  .record({
    wanted: fc.integer({ min: 1, max: 5 }),
    existing: small,
    ready: small,
    available: small,
    updated: small,
    updatedAvailable: small,
    kept: small,
    paused: fc.boolean(),
    onDelete: fc.boolean(),
    revisionsDiffer: fc.boolean(),
  })
  .map(({ kept, ...n }) => ({
    ...n,
    updatedAvailable: boundUpdatedAvailable(n),
    target: n.onDelete ? n.wanted : n.wanted - Math.min(kept, n.wanted),
  }));
const RUNS = { numRuns: 20_000 };

/** Looks for numbers whose verdict contradicts a statement. */
function counterexample(statement: (n: ReplicaNumbers, verdict: Verdict) => boolean): unknown {
  return fc.check(
    fc.property(numbers, (n) => statement(n, assessReplicas(n, []))),
    RUNS,
  ).counterexample;
}

describe("the replica table", () => {
  test("is Healthy only when every wanted pod exists, is available and updated", () => {
    expect(
      counterexample(
        (n, { health }) =>
          health !== "Healthy" || (n.existing === n.wanted && n.available >= n.wanted && n.updated >= n.wanted),
      ),
    ).toBeNull();
  });

  test("is Suspended only when every wanted pod exists and is available, and some are old", () => {
    expect(
      counterexample(
        (n, { health }) =>
          health !== "Suspended" || (n.existing === n.wanted && n.available >= n.wanted && n.updated < n.wanted),
      ),
    ).toBeNull();
  });

  test("is never Progressing when all is done", () => {
    expect(
      counterexample(
        (n, { health }) =>
          health !== "Progressing" || n.existing !== n.wanted || n.available < n.wanted || n.updated < n.wanted,
      ),
    ).toBeNull();
  });

  test("blames an update only when pods are unavailable and none is missing", () => {
    expect(
      counterexample(
        (n, { reason }) => reason !== "UpdatedPodsNotAvailable" || (n.existing === n.wanted && n.available < n.wanted),
      ),
    ).toBeNull();
  });

  test("does not blame an update for a crash without a rollout", () => {
    expect(
      counterexample((n, { reason }) => {
        const crash = n.existing === n.wanted && n.updated === n.wanted && n.available < n.wanted && !n.revisionsDiffer;
        return !crash || reason === "PodsNotAvailable" || reason === "WaitingAvailable";
      }),
    ).toBeNull();
  });

  test("speaks of its numbers in at most 160 bytes, however large they are", () => {
    const large = 2 ** 31 - 1;
    const grow = (n: ReplicaNumbers) => ({
      ...n,
      wanted: large,
      target: large - 7,
      updated: large - 9,
      existing: large,
    });
    expect(counterexample((n) => Buffer.byteLength(assessReplicas(grow(n), []).message) <= 160)).toBeNull();
  });
});

const condition = fc.record({
  type: fc.constantFrom("FailedScale", "FailedUpdate", "Progressing"),
  status: fc.constantFrom("True", "False"),
  reason: fc.constantFrom("ProgressDeadlineExceeded", undefined),
  message: fc.constantFrom("quota", "revision b", undefined),
  atMs: fc.constant(0),
}) satisfies fc.Arbitrary<Condition>;

const cloneSets: fc.Arbitrary<RevisionedInput> = fc.record({
  replicas: small,
  partition: fc.constantFrom<unknown>(undefined, 0, 2, "40%", "100%", "x"),
  paused: fc.boolean(),
  onDelete: fc.boolean(),
  counters: fc.record({ existing: small, ready: small, available: small, updated: small, updatedAvailable: small }),
  currentRevision: fc.constantFrom("a", undefined),
  updateRevision: fc.constantFrom("a", "b", undefined),
  conditions: fc.array(condition, { maxLength: 3 }),
  rolloutControlled: fc.boolean(),
});

describe("assessCloneSet()", () => {
  test("is never Degraded, and its conditions change notes only", () => {
    fc.assert(
      fc.property(cloneSets, (input) => {
        const { verdict } = assessCloneSet(input, []);
        const without = assessCloneSet({ ...input, conditions: [] }, []).verdict;
        expect(verdict.health).not.toBe("Degraded");
        expect({ ...verdict, notes: [] }).toEqual({ ...without, notes: [] });
      }),
      RUNS,
    );
  });

  test("gives a failure its note only while Progressing", () => {
    fc.assert(
      fc.property(cloneSets, (input) => {
        const { health, notes } = assessCloneSet(input, []).verdict;
        const failures = notes.filter((note) => note.endsWith("Condition") && note !== "StaleFailureCondition");
        return failures.length === 0 || health === "Progressing";
      }),
      RUNS,
    );
  });
});

describe("assessStatefulSet()", () => {
  test("is Degraded only with a shortage of pods or of updated pods", () => {
    const failed = { type: "FailedCreatePod", status: "True", reason: undefined, message: undefined, atMs: 0 };
    fc.assert(
      fc.property(cloneSets, (input) => {
        const conditions = [failed, { ...failed, type: "FailedUpdatePod" }];
        const { verdict, numbers: n } = assessStatefulSet({ ...input, conditions, compatibleClaims: [] }, []);
        return verdict.health !== "Degraded" || n.existing < n.wanted || n.updated < n.target;
      }),
      RUNS,
    );
  });
});

describe("assessUnitedDeployment()", () => {
  const counters = fc.record({
    existing: small,
    ready: small,
    updated: small,
    updatedReady: small,
    reserved: fc.integer({ min: 1, max: 5 }),
  });

  test("with reserved pods calls nothing healthy or held that does not serve", () => {
    const inputs = fc.record({ counters, wanted: fc.integer({ min: 1, max: 5 }), kept: small, paused: fc.boolean() });
    fc.assert(
      fc.property(inputs, ({ counters: c, wanted, kept, paused }) => {
        const { health } = assessUnitedDeployment(
          {
            replicas: wanted,
            allocatedSum: undefined,
            topologySum: undefined,
            counters: c,
            subsets: [
              { allocated: wanted, ready: c.ready, reserved: c.reserved, partition: kept, unschedulable: false },
            ],
            ignoresPartitions: false,
            paused,
            onDelete: false,
            currentRevision: undefined,
            updateRevision: undefined,
            conditions: [],
            rolloutControlled: false,
          },
          [],
        ).verdict;
        if (health === "Suspended") return c.ready >= wanted;
        return health !== "Healthy" || (c.ready >= wanted && c.updatedReady >= wanted);
      }),
      RUNS,
    );
  });
});
