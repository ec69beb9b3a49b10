// KruiseFleetWorkload: one workload over all clusters as a Kubernetes object, a table row, and values for selectors.
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import type { Aggregate } from "../../shared/aggregate/aggregate.ts";
import type { FleetCondition, FleetWorkloadRow } from "../fleet/rollup-row.ts";
import { formatAge } from "./age.ts";
import { fleetWorkloadDetails } from "./fleet-workload-details.ts";
import type { KruiseFleetWorkload } from "./fleet-schemas.ts";
import { imagesCell, partitionsCell, progressCell, reasonsCell, stuckCell, wavesCell } from "./fleet-workload-cells.ts";
import { FLEET_WORKLOADS } from "./resources.ts";
import { compact, LABELS, metadataOf } from "./view.ts";
import type { Column, Scene, View } from "./view.ts";

type Condition = KruiseFleetWorkload["status"]["conditions"][number];

// Name holds kind, namespace and name, so that what matters has room in 80 columns.
const COLUMNS: readonly Column[] = [
  { name: "Name", type: "string", description: "kind.namespace.name of the workload, in lower case" },
  { name: "Health", type: "string", description: "The worst of the clusters that report" },
  { name: "Clusters", type: "string", description: "Clusters that report, of those that have the workload" },
  { name: "Degraded", type: "integer", description: "Clusters on which it is Degraded" },
  { name: "Progress", type: "string", description: "Updated pods of those that may be updated now; of jobs: clusters" },
  { name: "Held", type: "string", description: "Pods kept at the old revision by a pause or a partition" },
  { name: "Since", type: "string", description: "For how long it has this health" },
  { name: "Stuck", type: "string", description: "Clusters on which the rollout does not get on", wide: true },
  { name: "Reasons", type: "string", description: "Reasons and their clusters, the worst first", wide: true },
  { name: "Images", type: "string", description: "Image sets and their clusters, the commonest first", wide: true },
  { name: "Partitions", type: "string", description: "Partitions as written and their clusters", wide: true },
  { name: "Waves", type: "string", description: "Image sets by age, with the age of the first cluster", wide: true },
];

export const fleetWorkloadView: View<FleetWorkloadRow> = {
  resource: FLEET_WORKLOADS,
  columns: COLUMNS,
  fieldNames: ["metadata.name", "health", "kind", "workloadNamespace"],
  fields: (row) => ({
    "metadata.name": row.name,
    health: row.health,
    kind: row.identity.kind,
    workloadNamespace: row.identity.namespace,
  }),
  labels,
  metadata,
  object,
  cells,
  rows: (fleet) => fleet.rollUp.rows(),
  count: (fleet) => fleet.rollUp.size,
  find: (fleet, _cluster, name) => fleet.rollUp.row(name),
  change: (change) => (change.resource === "fleetWorkloads" ? change : undefined),
};

function labels({ identity: { kind, namespace } }: FleetWorkloadRow): Record<string, string> {
  return { [LABELS.kind]: kind, ...(namespace !== "" && { [LABELS.namespace]: namespace }) };
}

function metadata(row: FleetWorkloadRow): KruiseFleetWorkload["metadata"] {
  return metadataOf(row, `fleet/${row.identity.key}`, labels(row));
}

function object(row: FleetWorkloadRow): KruiseFleetWorkload {
  const { group, kind, namespace, name } = row.identity;
  const { aggregate } = row.content;
  const reason = reasonOf(aggregate);
  const message = messageOf(aggregate);
  return {
    apiVersion: API_VERSION,
    kind: "KruiseFleetWorkload",
    metadata: metadata(row),
    workload: compact({ group, kind, namespace: namespace === "" ? undefined : namespace, name }),
    status: {
      health: row.health,
      reason,
      message,
      since: rfc3339Seconds(row.sinceMs),
      ...fleetWorkloadDetails(aggregate),
      ...(row.children.length > 0 && { children: [...row.children] }),
      conditions: [
        conditionOf("Healthy", row, { reason, message }),
        conditionOf("Degraded", row, { reason, message }),
        conditionOf("Reporting", row, reporting(aggregate)),
      ],
    },
  };
}

function conditionOf(
  type: FleetCondition,
  { standings }: FleetWorkloadRow,
  claim: Pick<Condition, "reason" | "message">,
): Condition {
  const { status, sinceMs } = standings[type];
  return { type, status, ...claim, lastTransitionTime: rfc3339Seconds(sinceMs) };
}

function reporting({ reporting: { fresh, stale } }: Aggregate): Pick<Condition, "reason" | "message"> {
  const message = `${fresh} of ${fresh + stale} clusters report`;
  return stale === 0 ? { reason: "Reporting", message } : { reason: "ReportStale", message };
}

/** The most common reason of the fleet's health, among the clusters that report. */
function reasonOf({ health, reasons, reporting: { fresh } }: Aggregate): string {
  const found = reasons.find((one) => one.health === health && (fresh === 0 || one.reason !== "ReportStale"));
  return found?.reason ?? "ReportStale";
}

const NAMES_IN_MESSAGE = 3;

/** "Degraded on 2 of 100 clusters: UpdateStalled on c3, c7; the rollout is stuck on 2 of 98; 2 clusters do not report" */
function messageOf(aggregate: Aggregate): string {
  const { health, byHealth, reasons, progress, reporting: reports } = aggregate;
  const parts = [`${health} on ${byHealth[health]} of ${reports.fresh + reports.stale} clusters`];
  const causes = reasons.filter((one) => one.health === health && one.clusters.names.length > 0);
  if (causes.length > 0) parts[0] += `: ${causes.slice(0, NAMES_IN_MESSAGE).map(causeText).join(", ")}`;
  if (progress !== undefined && progress.clusters.stuck > 0) parts.push(`the rollout is stuck on ${stuckOf(progress)}`);
  if (reports.stale > 0 && reports.fresh > 0) {
    parts.push(reports.stale === 1 ? "1 cluster does not report" : `${reports.stale} clusters do not report`);
  }
  return parts.join("; ");
}

function causeText({ reason, clusters: { count, names } }: Aggregate["reasons"][number]): string {
  const more = count > NAMES_IN_MESSAGE ? ` and ${count - NAMES_IN_MESSAGE} more` : "";
  return `${reason} on ${names.slice(0, NAMES_IN_MESSAGE).join(", ")}${more}`;
}

function stuckOf({ clusters }: NonNullable<Aggregate["progress"]>): string {
  const all = clusters.atTarget + clusters.moving + clusters.held + clusters.stuck;
  return `${clusters.stuck} of ${all}`;
}

function cells(row: FleetWorkloadRow, { nowWallMs }: Scene): (string | number)[] {
  const { aggregate } = row.content;
  const { reporting: reports, progress, byHealth } = aggregate;
  return [
    row.name,
    row.health,
    `${reports.fresh}/${reports.fresh + reports.stale}`,
    byHealth.Degraded,
    progressCell(aggregate),
    progress === undefined ? "-" : String(progress.held),
    formatAge(row.sinceMs, nowWallMs),
    stuckCell(aggregate),
    reasonsCell(aggregate),
    imagesCell(aggregate),
    partitionsCell(aggregate),
    wavesCell(aggregate, nowWallMs),
  ];
}
