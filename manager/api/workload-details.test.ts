// The long names of a record, kind by kind, against the schema that readers see.
import { expect, test } from "vitest";
import { aRecord } from "../fleet/report.fixture.ts";
import { KruiseWorkload } from "./schemas.ts";
import { workloadDetails } from "./workload-details.ts";

const Status = KruiseWorkload.shape.status.partial().strict();

test.each([
  [
    "DaemonSet",
    { c: { des: 4, cur: 5, up: 1, rdy: 3, av: 2, mis: 1 } },
    { counts: { desired: 4, current: 5, updated: 1, ready: 3, available: 2, misscheduled: 1 } },
  ],
  [
    "BroadcastJob",
    { c: { des: 9, act: 2, ok: 6, fail: 1 } },
    { counts: { desired: 9, active: 2, succeeded: 6, failed: 1 } },
  ],
  ["ImageListPullJob", { c: { des: 3, don: 2, ok: 1 } }, { counts: { desired: 3, completed: 2, succeeded: 1 } }],
  [
    "PodUnavailableBudget",
    { c: { tot: 5, des: 3, cur: 4, alw: 1 } },
    { counts: { total: 5, desired: 3, current: 4, allowedUnavailable: 1 } },
  ],
  [
    "Rollout",
    { c: {}, ro: { step: 2, steps: 4, state: "StepPaused" } },
    { counts: {}, rollout: { step: 2, steps: 4, stepState: "StepPaused" } },
  ],
  [
    "AdvancedCronJob",
    { c: { act: 1 }, last: "2026-11-20T09:00:00Z" },
    { counts: { active: 1 }, lastScheduleTime: "2026-11-20T09:00:00Z" },
  ],
  [
    "CloneSet",
    {
      c: {},
      src: { t: "ManifestWork", n: "checkout-work" },
      also: [
        { t: "Helm", n: "shop", q: "payments" },
        { t: "ManifestWork", n: "" },
      ],
    },
    {
      counts: {},
      source: { type: "ManifestWork", name: "checkout-work" },
      otherSources: [
        { type: "Helm", name: "shop", qualifier: "payments" },
        { type: "ManifestWork", name: "" },
      ],
    },
  ],
  [
    "StatefulSet",
    { c: {}, why: [{ r: "ContainerCrashes", m: "container app crashes: exit code 1", n: 2 }] },
    {
      counts: {},
      causes: [{ reason: "ContainerCrashes", message: "container app crashes: exit code 1", pods: 2 }],
    },
  ],
] as const)("workloadDetails() of a %s of %j", (k, fields, expected) => {
  // Through JSON, which also makes the lists of the table writable.
  const record = aRecord({ k, ...(JSON.parse(JSON.stringify(fields)) as object) });
  const details = workloadDetails(record);
  expect(details).toEqual({ observedGeneration: 3, ...expected });
  expect(Status.parse(details)).toEqual(details);
});
