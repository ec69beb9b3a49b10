// The columns READY and UPDATED, kind by kind.
import { expect, test } from "vitest";
import { readyText, updatedText } from "./columns.ts";
import type { WorkloadRecord } from "./record.ts";

test.each<[k: string, c: WorkloadRecord["c"], ready: string, updated: string]>([
  ["CloneSet", { d: 5, p: 6, rdy: 3, av: 3, up: 2, uav: 1 }, "3/5", "2/5"],
  ["StatefulSet", { d: 0, rdy: 0, up: 0 }, "0/0", "0/0"],
  ["UnitedDeployment", { d: 8, rdy: 8, up: 8 }, "8/8", "8/8"],
  ["GameServerSet", { d: 3, rdy: 2, up: 3 }, "2/3", "3/3"],
  ["SidecarSet", { m: 7, up: 6, rdy: 5, urdy: 4 }, "5/7", "6/7"],
  ["DaemonSet", { des: 4, cur: 4, up: 1, rdy: 3, av: 3, mis: 1 }, "3/4", "1/4"],
  ["BroadcastJob", { des: 9, act: 2, ok: 6, fail: 1 }, "6/9", "-"],
  ["ImagePullJob", { des: 3, ok: 3 }, "3/3", "-"],
  ["EphemeralJob", { m: 2, ok: 1 }, "1/2", "-"],
  ["ResourceDistribution", { des: 3, ok: 2, fail: 1 }, "2/3", "-"],
  ["PodUnavailableBudget", { tot: 5, des: 3, cur: 4, alw: 1 }, "4/3", "-"],
  ["AdvancedCronJob", { act: 1 }, "-", "-"],
  ["Rollout", {}, "-", "-"],
  ["CloneSet", {}, "-", "-"],
  ["CloneSet", { rdy: 1 }, "1/?", "-"],
  ["Deployment", { d: 5, rdy: 5 }, "-", "-"],
])("a %s of %j shows %s ready and %s updated", (k, c, ready, updated) => {
  expect(readyText({ k, c })).toBe(ready);
  expect(updatedText({ k, c })).toBe(updated);
});
