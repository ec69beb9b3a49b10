// KruiseWorkload: one OpenKruise workload as a Kubernetes object, a table row, and values for selectors.
import { readyText, updatedText } from "../../shared/kruise/columns.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import type { WorkloadRow } from "../fleet/types.ts";
import { currentHealth } from "../fleet/queries.ts";
import { formatAge } from "./age.ts";
import { WORKLOADS } from "./resources.ts";
import type { KruiseWorkload } from "./schemas.ts";
import { LABELS, metadataOf } from "./view.ts";
import type { Column, Scene, View } from "./view.ts";
import { workloadDetails } from "./workload-details.ts";

type Condition = KruiseWorkload["status"]["conditions"][number];
type Assessment = Pick<KruiseWorkload["status"], "health" | "reason" | "message" | "since">;

const COLUMNS: readonly Column[] = [
  { name: "Name", type: "string", description: "kind.namespace.name of the workload, in lower case" },
  { name: "Kind", type: "string", description: "Kind of the workload" },
  { name: "Workload", type: "string", description: "Namespace and name on the managed cluster" },
  { name: "Health", type: "string", description: "Healthy, Suspended, Progressing, Unknown or Degraded" },
  { name: "Reason", type: "string", description: "Why" },
  { name: "Ready", type: "string", description: "Ready of those wanted: pods, or what a job or budget counts" },
  { name: "Updated", type: "string", description: "Updated pods of those wanted" },
  { name: "Since", type: "string", description: "For how long it has this health and reason" },
  { name: "Partition", type: "string", description: "Pods kept at the old revision, as written", wide: true },
  { name: "Revision", type: "string", description: "Revision that is being rolled out", wide: true },
  { name: "Images", type: "string", description: "Images of the main containers", wide: true },
  { name: "Message", type: "string", description: "Why, as a sentence, and the first cause", wide: true },
];

const FIELDS = ["metadata.name", "metadata.namespace", "health", "reason", "kind", "cluster", "workloadNamespace"];

export const workloadView: View<WorkloadRow> = {
  resource: WORKLOADS,
  columns: COLUMNS,
  fieldNames: FIELDS,
  fields: (row) => ({
    "metadata.name": row.name,
    "metadata.namespace": row.cluster,
    health: currentHealth(row),
    reason: currentReason(row),
    kind: row.identity.kind,
    cluster: row.cluster,
    workloadNamespace: row.identity.namespace,
  }),
  labels,
  metadata,
  object,
  cells,
  rows: (fleet, cluster) => fleet.workloads(cluster),
  count: (fleet, cluster) => fleet.workloadCount(cluster),
  find: (fleet, cluster, name) => fleet.workload(cluster, name),
  change: (change) => (change.resource === "workloads" ? change : undefined),
};

function labels(row: WorkloadRow): Record<string, string> {
  const { kind, namespace } = row.identity;
  const values: Record<string, string> = { [LABELS.cluster]: row.cluster, [LABELS.kind]: kind };
  if (namespace !== "") values[LABELS.namespace] = namespace;
  // The record is unpacked by each read: selectors look at every row, and most have no parent.
  const parent = row.isPart ? row.record.parent : undefined;
  if (parent !== undefined) values[LABELS.parentKind] = parent.k;
  return values;
}

function metadata(row: WorkloadRow): KruiseWorkload["metadata"] {
  return metadataOf(row, `${row.cluster}/${row.name}/${row.record.u}`, labels(row));
}

function object(row: WorkloadRow, scene: Scene): KruiseWorkload {
  const { record } = row;
  const assessment = assessmentOf(row, scene);
  const lastKnown = { health: record.h, reason: record.r, message: record.m, since: record.since };
  return {
    apiVersion: API_VERSION,
    kind: "KruiseWorkload",
    metadata: metadata(row),
    workload: {
      apiVersion: `${record.g}/${record.v}`,
      kind: record.k,
      ...(record.ns !== "" && { namespace: record.ns }),
      name: record.n,
      uidPrefix: record.u,
      generation: record.gen,
      ...(record.parent && { parent: { kind: record.parent.k, name: record.parent.n } }),
    },
    status: {
      ...assessment,
      stale: row.state !== "Fresh",
      ...(row.state !== "Fresh" && { lastKnown }),
      ...workloadDetails(record),
      conditions: conditionsOf(assessment),
    },
  };
}

function currentReason(row: WorkloadRow): string {
  return row.state === "Fresh" ? row.reason : "ReportStale";
}

/** What is known now. A silent cluster's workload is Unknown since the last report, whatever that said. */
function assessmentOf(row: WorkloadRow, scene: Scene): Assessment {
  const { record } = row;
  if (row.state === "Fresh") return { health: record.h, reason: record.r, message: record.m, since: record.since };
  const lastReportMs = scene.cluster(row.cluster)?.lastReportWallMs ?? row.firstSeenMs;
  const since = rfc3339Seconds(lastReportMs);
  const message = `the cluster has not reported since ${since}; then it was ${record.h}/${record.r}`;
  return { health: "Unknown", reason: "ReportStale", message, since };
}

function conditionsOf(assessment: Assessment): Condition[] {
  return [
    conditionOf("Healthy", assessment, assessment.health === "Healthy"),
    conditionOf("Degraded", assessment, assessment.health === "Degraded"),
  ];
}

function conditionOf(type: string, { health, reason, message, since }: Assessment, holds: boolean): Condition {
  const status = holds ? "True" : "False";
  return { type, status: health === "Unknown" ? "Unknown" : status, reason, message, lastTransitionTime: since };
}

function cells(row: WorkloadRow, scene: Scene): (string | number)[] {
  const { record } = row;
  const { health, reason, message, since } = assessmentOf(row, scene);
  const { ro: rollout } = record;
  return [
    row.name,
    record.k,
    record.ns === "" ? record.n : `${record.ns}/${record.n}`,
    health,
    reason,
    readyText(record),
    updatedText(record),
    formatAge(Date.parse(since), scene.nowWallMs),
    rollout?.pt ?? "-",
    rollout?.upd ?? "-",
    (record.img ?? []).map(([, image]) => image).join(",") || "-",
    row.state === "Fresh" ? message + firstCause(record) : message,
  ];
}

/** "; 3 pods: container app crashes: exit code 1": what a look showed, for the wide table. */
function firstCause({ why: [cause] = [] }: WorkloadRow["record"]): string {
  if (cause === undefined) return "";
  const pods = cause.n === 0 ? "" : `${cause.n} pod${cause.n === 1 ? "" : "s"}: `;
  return `; ${pods}${cause.m}`;
}
