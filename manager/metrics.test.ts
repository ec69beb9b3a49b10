import { expect, test } from "vitest";
import { systemClock } from "../shared/runtime/clock.ts";
import { Fleet } from "./fleet/fleet.ts";
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
