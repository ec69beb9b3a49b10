// Reports as an agent would send them, for tests: totals are computed unless a test gives wrong ones on purpose.
import { ReportDigest } from "../../shared/wire/digest.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";

export function aRecord(fields: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return {
    g: "apps.kruise.io",
    v: "v1beta1",
    k: "CloneSet",
    ns: "shop",
    n: "cart",
    u: "0a1b2c3d",
    gen: 3,
    obs: 3,
    h: "Healthy",
    r: "AllAvailable",
    m: "5 of 5 pods are updated and available",
    c: { d: 5, p: 5, rdy: 5, av: 5, up: 5, uav: 5 },
    since: "2026-11-20T10:00:00Z",
    ...fields,
  };
}

/** A report whose totals say that `all` is on the hub once it is taken in. */
export function aReport(all: readonly ReceivedRecord[], fields: Partial<ReceivedReport> = {}): ReceivedReport {
  const digest = new ReportDigest();
  const byHealth: ReceivedReport["totals"]["byHealth"] = {
    Healthy: 0,
    Suspended: 0,
    Progressing: 0,
    Unknown: 0,
    Degraded: 0,
  };
  for (const record of all) {
    digest.toggle(record);
    byHealth[record.h] += 1;
  }
  return {
    apiVersion: "kruise-health.open-cluster-management.io/v1alpha1",
    kind: "KruiseHealthReport",
    protocol: 1,
    agent: { version: "0.1.0", ruleSet: "1", instance: "agent-a" },
    epoch: 1000,
    sequence: 1,
    sentMs: 1000,
    form: "snapshot",
    kruise: { health: "Healthy", reason: "Ready", message: "1 of 1 managers ready", version: "1.8.0" },
    kinds: [{ kind: "CloneSet", group: "apps.kruise.io", version: "v1beta1", state: "Watching" }],
    totals: { count: all.length, digest: digest.value, byHealth },
    records: [...all],
    removed: [],
    truncated: 0,
    ...fields,
  };
}
