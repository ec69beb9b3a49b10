// Every metric of the manager. Series that there is one of for each cluster are the leader's alone: a replica that does not
// lead knows nothing of the fleet. None is of a single workload, unless WORKLOAD_SERIES_MAX asks for them.
import type { MetricFamily } from "../../shared/runtime/metric-family.ts";

const PREFIX = "ocm_kruise_";

/** Of this process and the fleet as a whole: a few series, whatever the fleet's size. */
export const FEW = {
  leading: gauge("manager_leading", "1 when this replica leads and so has the fleet's data", [], "Stable"),
  info: gauge("manager_info", "Always 1; which version runs", ["version"], "Stable"),
  clusters: gauge("clusters", "Managed clusters with the add-on, by the state of their reports", ["state"], "Stable"),
  clockSkew: gauge(
    "clock_skew_seconds",
    "Largest difference between the manager's clock and that of an agent that reports; reports take time too",
    [],
    "Alpha",
  ),
  reportPace: gauge(
    "report_pace_seconds",
    "Least time between two reports of one agent that the manager asks for now",
    [],
    "Alpha",
  ),
  reports: counter("reports_total", "Reports of agents, by form and by what the manager made of them", [
    "form",
    "result",
  ]),
  reportBytes: counter("report_bytes_total", "Bytes of the bodies of reports, as they came", []),
  changeLag: histogram(
    "change_lag_seconds",
    "Time that the oldest change of a report has waited at its agent for the report to be sent, by the agent's clock",
    [],
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  ),
  forwarded: counter(
    "forwarded_requests_total",
    "Requests for data that this replica has sent on to the leader, by whether the leader answered",
    ["outcome"],
  ),
  requestDuration: histogram(
    "api_request_duration_seconds",
    "Time to answer a request to the feedback API, watches apart",
    ["verb", "resource", "code"],
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ),
  watchers: gauge("api_watchers", "Watches that are open", [], "Stable"),
  connections: counter("api_tls_connections_total", "TLS connections that were opened to the feedback API", []),
  queueDepth: gauge(
    "controller_queue_depth",
    "Objects that are due to be looked at by a controller of the add-on and wait for their turn",
    ["controller"],
    "Stable",
  ),
  controllerFailures: counter(
    "controller_failures_total",
    "Looks at an object that have failed and come again, by controller",
    ["controller"],
  ),
  certificateEnd: gauge(
    "certificate_expiration_timestamp_seconds",
    "When the feedback API's certificate and its authority end",
    ["certificate"],
    "Stable",
  ),
} as const satisfies Record<string, MetricFamily>;

/** Of the fleet: written in pieces by fleet-series.ts. */
export const FLEET = {
  workloads: gauge(
    "workloads",
    "OpenKruise workloads by cluster, kind and health; of a silent cluster all are Unknown. No series for none",
    ["cluster", "kind", "health"],
    "Stable",
  ),
  leftOut: gauge(
    "workloads_left_out",
    "Workloads that the agent has counted and that did not fit into its report. No series for none",
    ["cluster"],
    "Stable",
  ),
  lastReport: gauge(
    "cluster_last_report_timestamp_seconds",
    "When a report of the cluster last came; no series before the first",
    ["cluster"],
    "Stable",
  ),
  clusterInfo: gauge(
    "cluster_info",
    "Always 1; which versions of agent and OpenKruise a cluster has told",
    ["cluster", "agent_version", "kruise_version"],
    "Stable",
  ),
  condition: gauge(
    "addon_condition",
    "Always 1; a condition of the cluster's ManagedClusterAddOn, whoever has set it",
    ["cluster", "type", "status", "reason"],
    "Stable",
  ),
  fleetWorkloads: gauge(
    "fleet_workloads",
    "Workloads of the fleet, each counted once over all its clusters, by their worst health",
    ["health"],
    "Stable",
  ),
  stuck: gauge(
    "fleet_workloads_stuck",
    "Workloads of the fleet whose update stands still, by whether on one cluster or on several",
    ["scope"],
    "Stable",
  ),
  workload: gauge(
    "workload_not_healthy",
    "Always 1; a workload that is Degraded or Unknown on a cluster that reports, only with WORKLOAD_SERIES_MAX above 0",
    ["cluster", "kind", "workload_namespace", "workload", "health", "reason"],
    "Alpha",
  ),
  workloadsWithout: gauge(
    "workloads_without_series",
    "Workloads that would have a series of their own, were WORKLOAD_SERIES_MAX larger",
    [],
    "Alpha",
  ),
} as const satisfies Record<string, MetricFamily>;

function gauge(
  name: string,
  help: string,
  labels: readonly string[],
  stability: MetricFamily["stability"],
): MetricFamily {
  return { name: PREFIX + name, type: "gauge", help, labels, stability };
}

function counter(name: string, help: string, labels: readonly string[]): MetricFamily {
  return { name: PREFIX + name, type: "counter", help, labels, stability: "Stable" };
}

function histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): MetricFamily {
  return { name: PREFIX + name, type: "histogram", help, labels, stability: "Stable", buckets };
}
