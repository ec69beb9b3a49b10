import { expect, test } from "vitest";
import { systemClock } from "../shared/runtime/clock.ts";
import { Fleet } from "./fleet/fleet.ts";
import { aReport } from "./fleet/report.fixture.ts";
import { buildMetrics } from "./metrics.ts";

test("buildMetrics() counts the fleet when it is asked", async () => {
  const fleet = new Fleet({ clock: systemClock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  const registry = buildMetrics({ fleet: () => fleet, isLeading: () => true });
  expect(await registry.metrics()).toContain('kruise_health_clusters{state="Missing"} 0');
  fleet.expect("cluster1");
  const text = await registry.metrics();
  expect(text).toContain('kruise_health_clusters{state="Missing"} 1');
  expect(text).toContain("kruise_health_manager_leading 1");
});

test("buildMetrics() tells how far apart the clocks are, of agents that report", async () => {
  const clock = { monotonicMs: () => 0, wallMs: () => 100_000 };
  const fleet = new Fleet({ clock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  const registry = buildMetrics({ fleet: () => fleet, isLeading: () => true });
  for (const [cluster, sentMs] of [
    ["c1", 99_500],
    ["c2", 107_000],
    ["c3", undefined],
  ] as const) {
    fleet.expect(cluster);
    const { sentMs: _, ...report } = aReport([]);
    fleet.apply(cluster, sentMs === undefined ? report : { ...report, sentMs });
  }
  expect(await registry.metrics()).toContain("kruise_health_clock_skew_seconds 7\n");
});

test("buildMetrics() counts what a replica has sent on to the leader, by what came of it", async () => {
  const fleet = new Fleet({ clock: systemClock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  const forwarded = () => ({ answered: 7, failed: 2 });
  const registry = buildMetrics({ fleet: () => fleet, isLeading: () => false, forwarded });
  await registry.metrics();
  const text = await registry.metrics();
  expect(text).toContain('kruise_health_forwarded_requests_total{outcome="answered"} 7');
  expect(text).toContain('kruise_health_forwarded_requests_total{outcome="failed"} 2');
});
