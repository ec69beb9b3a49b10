// The agent's own metrics; what it knows of workloads is the hub's to publish.
import { Counter, Gauge, Registry } from "prom-client";
import { HEALTHS } from "../shared/health/verdict.ts";
import type { Health } from "../shared/health/verdict.ts";
import type { Attempt } from "./report/reporter.ts";

export interface Metrics {
  registry: Registry;
  reported(attempt: Attempt): void;
  watchFailed(kind: string): void;
}

/** Builds the metrics of one agent. */
export function buildMetrics(byHealth: () => Readonly<Record<Health, number>>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const prefix = "kruise_health_agent";
  const reports = new Counter({
    name: `${prefix}_reports_total`,
    help: "Reports by form and what became of them",
    labelNames: ["form", "result"],
    registers,
  });
  const bytes = new Counter({
    name: `${prefix}_report_bytes_total`,
    help: "Bytes of acknowledged reports, compressed",
    registers,
  });
  const watchFailures = new Counter({
    name: `${prefix}_watch_failures_total`,
    help: "Watches that failed and were begun again",
    labelNames: ["kind"],
    registers,
  });
  const acknowledged = new Gauge({
    name: `${prefix}_last_acknowledged_timestamp_seconds`,
    help: "When the hub last acknowledged a report",
    registers,
  });
  new Gauge({
    name: `${prefix}_workloads`,
    help: "Workloads by health",
    labelNames: ["health"],
    registers,
    collect() {
      const counts = byHealth();
      for (const health of HEALTHS) this.set({ health }, counts[health]);
    },
  });
  new Gauge({
    name: `${prefix}_resident_memory_bytes`,
    help: "Resident memory of the agent",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    registry,
    reported(attempt) {
      reports.inc({ form: attempt.report.form, result: attempt.result });
      if (attempt.result !== "Acknowledged") return;
      bytes.inc(attempt.bytes);
      acknowledged.setToCurrentTime();
    },
    watchFailed: (kind) => watchFailures.inc({ kind }),
  };
}
