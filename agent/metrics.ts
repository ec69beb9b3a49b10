// The agent's own metrics; what it knows of workloads is the hub's to publish. Every label has a bounded set of values:
// healths, kinds, forms and results of reports, the two API servers.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { HEALTHS } from "../shared/health/verdict.ts";
import type { Health } from "../shared/health/verdict.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { KindState } from "../shared/wire/report.ts";
import { Lag } from "./lag.ts";
import type { Attempt } from "./report/reporter.ts";
import { WatchAges } from "./watch-ages.ts";

export interface MetricsSources {
  clock: Clock;
  /** The connections whose credentials are watched. */
  managed: Kube;
  hub: Kube;
  workloads: () => {
    byHealth: Readonly<Record<Health, number>>;
    candidates: { records: ReadonlyMap<string, unknown> };
  };
  states: () => readonly KindState[];
}

export interface Metrics {
  registry: Registry;
  /** The same connection; what it brings of each kind is noted. */
  listening(kube: Kube): Kube;
  /** Something to report has changed. */
  changed(): void;
  /** Passes on what a report is made of, if anything. */
  composed<T>(facts: T): T;
  reported(attempt: Attempt): void;
  watchFailed(kind: string): void;
  /** Causes of a workload were looked for. */
  looked(result: "Done" | "Failed"): void;
}

const PREFIX = "kruise_health_agent";
const LAG_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** Builds the metrics of one agent. */
export function buildMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const lag = new Lag(sources.clock);
  const ages = new WatchAges(sources.clock);
  observeState(registry, sources, ages);
  const reports = buildReportMetrics(registry);
  const watchFailures = new Counter({
    name: `${PREFIX}_watch_failures_total`,
    help: "Watches that failed and were begun again",
    labelNames: ["kind"],
    registers: [registry],
  });
  const looks = new Counter({
    name: `${PREFIX}_looks_total`,
    help: "Looks for the causes of a workload that is not healthy, by whether the API server answered",
    labelNames: ["result"],
    registers: [registry],
  });
  return {
    registry,
    listening: (kube) => ages.listening(kube),
    changed: () => lag.changed(),
    composed: (facts) => {
      if (facts !== undefined) lag.composed();
      return facts;
    },
    reported: (attempt) => reports(attempt, attempt.result === "Acknowledged" ? lag.acknowledged() : undefined),
    watchFailed: (kind) => watchFailures.inc({ kind }),
    looked: (result) => looks.inc({ result }),
  };
}

/** What is read off when somebody asks. */
function observeState(registry: Registry, sources: MetricsSources, ages: WatchAges): void {
  const { clock, managed, hub, workloads, states } = sources;
  gauge(registry, { name: "workloads", help: "Workloads by health", label: "health" }, () =>
    HEALTHS.map((health) => [health, workloads().byHealth[health]]),
  );
  gauge(registry, { name: "records", help: "Records of workloads that are held in memory" }, () => [
    ["", workloads().candidates.records.size],
  ]);
  gauge(registry, { name: "resident_memory_bytes", help: "Resident memory of the agent" }, () => [
    ["", process.memoryUsage.rss()],
  ]);
  const age = { name: "watch_age_seconds", help: "Time since a list, event or bookmark of a kind came", label: "kind" };
  gauge(registry, age, () => {
    const installed = states().filter(({ state }) => state !== "NotInstalled");
    return ages.seconds(installed.map(({ kind }) => kind));
  });
  const left = {
    name: "credentials_seconds_left",
    help: "Time until the client certificate or token towards an API server ends; negative once it has",
    label: "server",
  };
  gauge(registry, left, () => {
    const ends: [string, number | undefined][] = [
      ["hub", hub.expiry?.()?.endsMs],
      ["managed", managed.expiry?.()?.endsMs],
    ];
    return ends.flatMap(([server, endsMs]): [string, number][] =>
      endsMs === undefined ? [] : [[server, (endsMs - clock.wallMs()) / 1000]],
    );
  });
}

/** What is counted as it happens. */
function buildReportMetrics(registry: Registry): (attempt: Attempt, lagSeconds: number | undefined) => void {
  const registers = [registry];
  const reports = new Counter({
    name: `${PREFIX}_reports_total`,
    help: "Reports by form and what became of them",
    labelNames: ["form", "result"],
    registers,
  });
  const bytes = new Counter({
    name: `${PREFIX}_report_bytes_total`,
    help: "Bytes of acknowledged reports, compressed",
    registers,
  });
  const acknowledged = new Gauge({
    name: `${PREFIX}_last_acknowledged_timestamp_seconds`,
    help: "When the hub last acknowledged a report",
    registers,
  });
  const truncated = new Gauge({
    name: `${PREFIX}_records_left_out`,
    help: "Records that did not fit into the last report",
    registers,
  });
  const lag = new Histogram({
    name: `${PREFIX}_report_lag_seconds`,
    help: "Time from a change to the hub's acknowledgement of the report that holds it",
    buckets: LAG_BUCKETS,
    registers,
  });
  return (attempt, lagSeconds) => {
    reports.inc({ form: attempt.report.form, result: attempt.result });
    truncated.set(attempt.report.truncated);
    if (attempt.result !== "Acknowledged") return;
    bytes.inc(attempt.bytes);
    acknowledged.setToCurrentTime();
    if (lagSeconds !== undefined) lag.observe(lagSeconds);
  };
}

/** A gauge that is read off. Without a label the one value's name is empty. */
function gauge(
  registry: Registry,
  { name, help, label }: { name: string; help: string; label?: string },
  read: () => [string, number][],
): void {
  new Gauge({
    name: `${PREFIX}_${name}`,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, number] of read()) {
        if (label === undefined) this.set(number);
        else this.set({ [label]: value }, number);
      }
    },
  });
}
