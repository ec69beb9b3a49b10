// Series of single workloads, for those who want them: the ones that need somebody, and no more than are asked for.
import type { Fleet } from "../fleet/fleet.ts";
import type { WorkloadRow } from "../fleet/types.ts";
import { FLEET } from "./families.ts";
import { headOf, lineOf } from "./text.ts";

const WORST_FIRST = ["Degraded", "Unknown"] as const;

/** Workloads that are Degraded or Unknown on a cluster that reports, Degraded ones first, one cluster at a time. */
export function* notHealthy(fleet: Fleet, seriesMax: number): Generator<string> {
  let count = 0;
  yield headOf(FLEET.workload);
  for (const rows of ill(fleet)) {
    const told = rows.slice(0, Math.max(0, seriesMax - count));
    count += rows.length;
    yield told.map((row) => lineOf(FLEET.workload, [labelsOf(row), 1])).join("");
  }
  const without = Math.max(0, count - seriesMax);
  yield headOf(FLEET.workloadsWithout) + lineOf(FLEET.workloadsWithout, [[], without]);
}

function* ill(fleet: Fleet): Generator<WorkloadRow[]> {
  for (const health of WORST_FIRST) {
    for (const { cluster, state } of fleet.clusters()) {
      const counts = [...fleet.kindCounts(cluster).values()];
      if (state !== "Fresh" || counts.every((ofKind) => ofKind[health] === 0)) continue;
      yield fleet.workloads(cluster).filter((row) => row.health === health);
    }
  }
}

function labelsOf({ cluster, identity, health, reason }: WorkloadRow): string[] {
  return [cluster, identity.kind, identity.namespace, identity.name, health, reason];
}
