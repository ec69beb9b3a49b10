// Every metric of the agent. What it knows of workloads is the hub's to publish: here are only its own numbers. Every label
// has few values: healths, kinds, forms and results of reports, the two API servers.
import type { MetricFamily } from "../shared/runtime/metric-family.ts";

const PREFIX = "ocm_kruise_agent_";

export const AGENT_FAMILIES = {
  workloads: family("gauge", "workloads", "Workloads by health", ["health"]),
  records: family("gauge", "records", "Records of workloads that are held in memory"),
  residentMemory: family("gauge", "resident_memory_bytes", "Resident memory of the agent"),
  watchAge: family("gauge", "watch_age_seconds", "Time since a list, event or bookmark of a kind came", ["kind"]),
  credentialsEnd: family(
    "gauge",
    "credentials_expiration_timestamp_seconds",
    "When the client certificate or token towards an API server ends",
    ["server"],
  ),
  watchFailures: family("counter", "watch_failures_total", "Watches that failed and were begun again", ["kind"]),
  looks: family(
    "counter",
    "looks_total",
    "Looks for the causes of a workload that is not healthy, by whether the API server answered",
    ["result"],
  ),
  reports: family("counter", "reports_total", "Reports by form and what became of them", ["form", "result"]),
  reportBytes: family("counter", "report_bytes_total", "Bytes of acknowledged reports, compressed"),
  lastAcknowledged: family("gauge", "last_acknowledged_timestamp_seconds", "When the hub last acknowledged a report"),
  recordsLeftOut: family("gauge", "records_left_out", "Records that did not fit into the last report"),
  reportLag: {
    ...family(
      "histogram",
      "report_lag_seconds",
      "Time from a change to the hub's acknowledgement of the report that holds it",
    ),
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  },
} as const satisfies Record<string, MetricFamily>;

function family(type: MetricFamily["type"], name: string, help: string, labels: readonly string[] = []): MetricFamily {
  return { name: PREFIX + name, type, help, labels, stability: "Stable" };
}
