// Limits that a hub user has set lower or higher than the defaults.
import { expect, test } from "vitest";
import type { Subject } from "./history.ts";
import { DEFAULT_THRESHOLDS, limitOf } from "./thresholds.ts";
import type { Reason } from "./verdict.ts";

const short = {
  updateStalledMs: 2000,
  scaleStalledMs: 2000,
  unavailableMs: 1000,
  notReconciledMs: 3000,
  deletionStalledMs: 4000,
};

function subject(reason: Reason, parts: Partial<Subject> = {}): Subject {
  return {
    uid: "0f1e2d3c",
    generation: 1,
    observedGeneration: 1,
    revision: "a",
    base: { health: "Progressing", reason, message: "", notes: [], rule: "" },
    marks: undefined,
    wanted: 1,
    maxUnavailable: 1,
    minReadySeconds: 0,
    progressDeadlineSeconds: undefined,
    terminationGraceSeconds: 30,
    failedScale: undefined,
    failedUpdate: undefined,
    schedule: undefined,
    gate: undefined,
    frozenStatus: undefined,
    template: undefined,
    ...parts,
  };
}

test.each<[reason: Reason, parts: Partial<Subject>, afterMs: number | undefined]>([
  ["Updating", {}, 2000],
  ["Updating", { minReadySeconds: 3 }, 7000],
  ["UpdatedPodsNotReady", { progressDeadlineSeconds: 90 }, 90_000],
  ["ScalingUp", {}, 2000],
  ["ScalingDown", {}, 32_000],
  ["PodsNotAvailable", { minReadySeconds: 3 }, 1000],
  ["WaitingAvailable", { minReadySeconds: 3 }, 7000],
  ["StatusMissing", {}, 3000],
  ["GenerationNotObserved", {}, 3000],
  ["Terminating", {}, 4000],
  ["Scheduled", {}, undefined],
  ["Paused", {}, undefined],
  ["Running", {}, undefined],
  ["RunningWithFailures", {}, undefined],
  ["Pulling", {}, undefined],
  ["PullingWithFailures", {}, undefined],
  ["Pending", {}, undefined],
  ["Recreating", {}, undefined],
  ["NoEligibleNodes", {}, undefined],
  ["NoMatchedPods", {}, undefined],
  ["AllAvailable", {}, undefined],
])("limitOf() with short thresholds: %s %j is %s ms", (reason, parts, afterMs) => {
  expect(limitOf(subject(reason, parts), short, { sinceMs: 0 })?.dueAtMs).toBe(afterMs);
});

test("limitOf() gives an update ten minutes, or two minimum ready times and five minutes", () => {
  const dueAtMs = (minReadySeconds: number) =>
    limitOf(subject("Updating", { minReadySeconds }), DEFAULT_THRESHOLDS, { sinceMs: 0 })?.dueAtMs;
  expect([0, 150, 151].map(dueAtMs)).toEqual([600_000, 600_000, 602_000]);
});
