import { expect, test } from "vitest";
import { brokenOf } from "./broken.ts";
import { aState, aStore, minutesAgo, NOW } from "./page.fixture.ts";

const stalled = "Degraded/UpdateStalled";
const store = aStore([
  ["c1 shop/cart", stalled, { since: minutesAgo(5) }],
  ["c2 shop/cart", stalled, { since: minutesAgo(9) }],
  ["c3 shop/cart", "Suspended/PartitionHeld"],
  ["c1 shop/pay", "Degraded/LostAvailability", { since: minutesAgo(2) }],
  ["c2 shop/pay", "Unknown/StatusMalformed"],
  ["c3 shop/pay", "Healthy/AllAvailable"],
  ["silent shop/cart", "Unknown/ReportStale"],
  ["silent shop/pay", "Unknown/ReportStale"],
]);

test("one cause on many clusters is one line, what hits most of them first", () => {
  const { troubles } = brokenOf(store, aState(), false);
  expect(troubles.map(({ workload, reason, clusters }) => [workload.title, reason, clusters])).toEqual([
    ["shop/cart", "UpdateStalled", ["c2", "c1"]],
    ["shop/pay", "LostAvailability", ["c1"]],
    ["shop/pay", "StatusMalformed", ["c2"]],
  ]);
  expect(troubles[0]?.sinceMs).toBe(NOW - 9 * 60_000);
});

test("one by one, the newest comes first", () => {
  const { troubles } = brokenOf(store, aState(), true);
  expect(troubles.map(({ workload, clusters }) => `${workload.title} ${clusters.join()}`)).toEqual([
    "shop/pay c1",
    "shop/cart c1",
    "shop/cart c2",
    "shop/pay c2",
  ]);
});

test("a silent cluster is told once, and not by its workloads", () => {
  expect(brokenOf(store, aState(), false).silent).toEqual({ clusters: ["silent"], workloads: 2 });
});

test("a canary that somebody holds is shown only to who asks for it", () => {
  const { troubles } = brokenOf(store, aState({ health: ["Suspended"] }), false);
  expect(troubles.map(({ reason, clusters }) => [reason, clusters])).toEqual([["PartitionHeld", ["c3"]]]);
});

test("of chosen clusters nothing else is told", () => {
  const { troubles, silent } = brokenOf(store, aState({ cluster: ["c1"] }), false);
  expect(troubles.flatMap(({ clusters }) => clusters)).toEqual(["c1", "c1"]);
  expect(silent.clusters).toEqual([]);
});
