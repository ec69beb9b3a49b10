// KruiseCluster: what one managed cluster reports, as a Kubernetes object, a table row, and values for selectors.
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import type { ReceivedInstallation } from "../../shared/wire/received.ts";
import { claimsOf } from "../fleet/cluster-row.ts";
import type { ClusterRow } from "../fleet/types.ts";
import { formatAge } from "./age.ts";
import { clusterHistoryOf } from "./history.ts";
import { CLUSTERS } from "./resources.ts";
import type { KruiseCluster } from "./cluster-schemas.ts";
import { LABELS, metadataOf } from "./view.ts";
import type { Column, Scene, View } from "./view.ts";

type Condition = KruiseCluster["status"]["conditions"][number];

const COLUMNS: readonly Column[] = [
  { name: "Name", type: "string", description: "Managed cluster" },
  { name: "State", type: "string", description: "Fresh: reports; Stale: fell silent; Missing: never reported" },
  { name: "Kruise", type: "string", description: "OpenKruise version, and its trouble if any" },
  { name: "Healthy", type: "integer", description: "Workloads that are Healthy" },
  { name: "Progressing", type: "integer", description: "Workloads that are Progressing" },
  { name: "Suspended", type: "integer", description: "Workloads that are Suspended" },
  { name: "Degraded", type: "integer", description: "Workloads that are Degraded" },
  { name: "Unknown", type: "integer", description: "Workloads that are Unknown" },
  { name: "Reported", type: "string", description: "Time since the last report" },
  { name: "Agent", type: "string", description: "Version of the agent" },
];

export const clusterView: View<ClusterRow> = {
  resource: CLUSTERS,
  columns: COLUMNS,
  fieldNames: ["metadata.name", "metadata.namespace", "cluster", "state"],
  fields: (row) => ({
    "metadata.name": row.cluster,
    "metadata.namespace": row.cluster,
    cluster: row.cluster,
    state: row.state,
  }),
  labels,
  metadata,
  object,
  cells,
  rows: (fleet, cluster) => [fleet.cluster(cluster)].filter((row) => row !== undefined),
  count: (fleet, cluster) => Number(fleet.expects(cluster)),
  find: (fleet, cluster, name) => (name === cluster ? fleet.cluster(cluster) : undefined),
  change: (change) => (change.resource === "clusters" ? change : undefined),
};

function labels(row: ClusterRow): Record<string, string> {
  return { [LABELS.cluster]: row.cluster };
}

function metadata(row: ClusterRow): KruiseCluster["metadata"] {
  return metadataOf(row, row.cluster, labels(row));
}

function object(row: ClusterRow, scene: Scene): KruiseCluster {
  const { agent, kruise, duplicateAgent, lastReportWallMs } = row;
  const history = clusterHistoryOf(row, scene.turningPoints(row.cluster));
  return {
    apiVersion: API_VERSION,
    kind: "KruiseCluster",
    metadata: metadata(row),
    status: {
      state: row.state,
      ...(lastReportWallMs !== undefined && { lastReportTime: rfc3339Seconds(lastReportWallMs) }),
      workloads: currentCounts(row),
      ...(row.state === "Stale" && { lastKnownWorkloads: row.byHealth }),
      ...(kruise && { kruise }),
      ...(agent && { agent }),
      ...(duplicateAgent !== undefined && { duplicateAgent }),
      kinds: row.kinds,
      ...(row.leftOut && { leftOut: row.leftOut }),
      truncated: row.truncated,
      ...(history.length > 0 && { history }),
      conditions: conditionsOf(row, scene),
    },
  };
}

/** A silent cluster's workloads are all Unknown. */
function currentCounts({ state, byHealth }: ClusterRow): ClusterRow["byHealth"] {
  if (state === "Fresh") return byHealth;
  const total = Object.values(byHealth).reduce((sum, count) => sum + count, 0);
  return { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: total, Degraded: 0 };
}

function conditionsOf(row: ClusterRow, scene: Scene): Condition[] {
  const since = scene.turningPoints(row.cluster);
  return claimsOf(row).map((claim) => ({
    ...claim,
    lastTransitionTime: rfc3339Seconds(since?.[claim.type] ?? row.firstSeenMs),
  }));
}

function cells(row: ClusterRow, scene: Scene): (string | number)[] {
  const counts = currentCounts(row);
  return [
    row.cluster,
    row.state,
    kruiseCell(row.kruise),
    counts.Healthy,
    counts.Progressing,
    counts.Suspended,
    counts.Degraded,
    counts.Unknown,
    row.lastReportWallMs === undefined ? "never" : formatAge(row.lastReportWallMs, scene.nowWallMs),
    row.agent?.version ?? "-",
  ];
}

function kruiseCell(kruise: ReceivedInstallation | undefined): string {
  if (kruise === undefined) return "-";
  if (kruise.version === undefined) return kruise.reason;
  return kruise.health === "Healthy" ? kruise.version : `${kruise.version} ${kruise.reason}`;
}
