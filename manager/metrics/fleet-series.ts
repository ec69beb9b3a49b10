// The fleet's series: some for each cluster, and those that need a look at every workload of the fleet. Written in pieces, so
// that whoever sends them can let others have their turn in between. Rows are read as they are when their turn comes.
import { HEALTHS } from "../../shared/health/verdict.ts";
import type { MetricFamily, Sample } from "../../shared/runtime/metric-family.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { noneOfEach } from "../fleet/queries.ts";
import type { FleetWorkloadRow } from "../fleet/rollup-row.ts";
import type { ClusterRow } from "../fleet/types.ts";
import type { Condition } from "../../shared/kube/types.ts";
import type { ManagedClusterAddOn } from "../ocm/types.ts";
import { FLEET } from "./families.ts";
import { headOf, lineOf } from "./text.ts";
import { notHealthy } from "./workload-series.ts";

/** Clusters, or workloads of the fleet, that are looked at between two pieces: about a millisecond. */
const PIECE = 200;
/** Reasons that say that an update stands still. */
const STUCK = new Set(["UpdateStalled", "ProgressDeadlineExceeded"]);

export interface FleetSeriesSource {
  fleet: Fleet;
  /** The add-ons of all clusters, as the hub has them. */
  addons: () => readonly Pick<ManagedClusterAddOn, "metadata" | "status">[];
  /** Most workloads that get a series of their own; 0: none. */
  workloadSeriesMax: number;
}

/** Everything, in pieces of text. */
export function* fleetSeries(source: FleetSeriesSource): Generator<string> {
  const { fleet } = source;
  const clusters = fleet.clusters();
  yield* family(FLEET.workloads, clusters, (row) => countsOf(fleet, row));
  yield* family(FLEET.leftOut, clusters, leftOutOf);
  yield* family(FLEET.lastReport, clusters, lastReportOf);
  yield* family(FLEET.clusterInfo, clusters, infoOf);
  yield* family(FLEET.condition, source.addons(), conditionsOf);
  yield* fleetWorkloads(fleet);
  if (source.workloadSeriesMax > 0) yield* notHealthy(fleet, source.workloadSeriesMax);
}

function* family<T>(of: MetricFamily, items: readonly T[], samplesOf: (item: T) => Sample[]): Generator<string> {
  let text = headOf(of);
  for (const [index, item] of items.entries()) {
    for (const sample of samplesOf(item)) text += lineOf(of, sample);
    if ((index + 1) % PIECE > 0) continue;
    yield text;
    text = "";
  }
  yield text;
}

function countsOf(fleet: Fleet, { cluster }: ClusterRow): Sample[] {
  return [...fleet.kindCounts(cluster)].flatMap(([kind, counts]) =>
    HEALTHS.flatMap((health): Sample[] => (counts[health] > 0 ? [[[cluster, kind, health], counts[health]]] : [])),
  );
}

function leftOutOf({ cluster, truncated }: ClusterRow): Sample[] {
  return truncated > 0 ? [[[cluster], truncated]] : [];
}

function lastReportOf({ cluster, lastReportWallMs }: ClusterRow): Sample[] {
  return lastReportWallMs === undefined ? [] : [[[cluster], lastReportWallMs / 1000]];
}

function infoOf({ cluster, agent, kruise }: ClusterRow): Sample[] {
  return agent === undefined ? [] : [[[cluster, agent.version, kruise?.version ?? ""], 1]];
}

function conditionsOf({ metadata, status }: Pick<ManagedClusterAddOn, "metadata" | "status">): Sample[] {
  const sampleOf = ({ type, status: is, reason }: Condition): Sample => [[metadata.namespace, type, is, reason], 1];
  return (status.conditions ?? []).map(sampleOf);
}

/** Each workload of the fleet once, by its worst health; and those whose update stands still. */
function* fleetWorkloads({ rollUp }: Fleet): Generator<string> {
  const byHealth = noneOfEach();
  const stuck = { "one cluster": 0, "several clusters": 0 };
  for (const [index, { health, content }] of rollUp.rows().entries()) {
    byHealth[health] += 1;
    const clusters = health === "Degraded" ? stuckOn(content) : 0;
    if (clusters > 0) stuck[clusters > 1 ? "several clusters" : "one cluster"] += 1;
    if ((index + 1) % PIECE === 0) yield "";
  }
  let text = headOf(FLEET.fleetWorkloads);
  for (const health of HEALTHS) text += lineOf(FLEET.fleetWorkloads, [[health], byHealth[health]]);
  text += headOf(FLEET.stuck);
  for (const [scope, count] of Object.entries(stuck)) text += lineOf(FLEET.stuck, [[scope], count]);
  yield text;
}

/** On how many clusters its update stands still. */
function stuckOn({ aggregate }: FleetWorkloadRow["content"]): number {
  const stuck = aggregate.reasons.filter(({ reason }) => STUCK.has(reason));
  return stuck.reduce((sum, { clusters }) => sum + clusters.count, 0);
}
