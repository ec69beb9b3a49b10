// The agent's own numbers, as its parts bring them or as they are read off.
import { Registry } from "prom-client";
import { HEALTHS } from "../shared/health/verdict.ts";
import type { Health } from "../shared/health/verdict.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import { counterOf, gaugeOf, histogramOf, readGauge } from "../shared/runtime/metric-family.ts";
import type { Sample } from "../shared/runtime/metric-family.ts";
import type { KindState } from "../shared/wire/report.ts";
import { Lag } from "./lag.ts";
import { AGENT_FAMILIES as FAMILIES } from "./metric-families.ts";
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
  /** Adds to what a report is made of, if anything, how long its oldest change has waited. */
  composed<T extends object>(facts: T | undefined): (T & { waitedMs?: number }) | undefined;
  reported(attempt: Attempt): void;
  watchFailed(kind: string): void;
  /** Causes of a workload were looked for. */
  looked(result: "Done" | "Failed"): void;
}

/** Builds the metrics of one agent. */
export function buildMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const lag = new Lag(sources.clock);
  const ages = new WatchAges(sources.clock);
  observeState(registry, sources, ages);
  const reports = buildReportMetrics(registry);
  const watchFailures = counterOf(registry, FAMILIES.watchFailures);
  const looks = counterOf(registry, FAMILIES.looks);
  return {
    registry,
    listening: (kube) => ages.listening(kube),
    changed: () => lag.changed(),
    composed: (facts) => {
      if (facts === undefined) return undefined;
      const waitedMs = lag.composed();
      return { ...facts, ...(waitedMs !== undefined && { waitedMs }) };
    },
    reported: (attempt) => reports(attempt, attempt.result === "Acknowledged" ? lag.acknowledged() : undefined),
    watchFailed: (kind) => watchFailures.inc({ kind }),
    looked: (result) => looks.inc({ result }),
  };
}

/** What is read off when somebody asks. */
function observeState(registry: Registry, sources: MetricsSources, ages: WatchAges): void {
  const { managed, hub, workloads, states } = sources;
  readGauge(registry, FAMILIES.workloads, () =>
    HEALTHS.map((health): Sample => [[health], workloads().byHealth[health]]),
  );
  readGauge(registry, FAMILIES.records, () => [[[], workloads().candidates.records.size]]);
  readGauge(registry, FAMILIES.residentMemory, () => [[[], process.memoryUsage.rss()]]);
  readGauge(registry, FAMILIES.watchAge, () => {
    const installed = states().filter(({ state }) => state !== "NotInstalled");
    return ages.seconds(installed.map(({ kind }) => kind)).map(([kind, seconds]): Sample => [[kind], seconds]);
  });
  readGauge(registry, FAMILIES.credentialsEnd, () => {
    const ends: [string, number | undefined][] = [
      ["hub", hub.expiry?.()?.endsMs],
      ["managed", managed.expiry?.()?.endsMs],
    ];
    return ends.flatMap(([server, endsMs]): Sample[] => (endsMs === undefined ? [] : [[[server], endsMs / 1000]]));
  });
}

/** What is counted as it happens. */
function buildReportMetrics(registry: Registry): (attempt: Attempt, lagSeconds: number | undefined) => void {
  const reports = counterOf(registry, FAMILIES.reports);
  const bytes = counterOf(registry, FAMILIES.reportBytes);
  const acknowledged = gaugeOf(registry, FAMILIES.lastAcknowledged);
  const leftOut = gaugeOf(registry, FAMILIES.recordsLeftOut);
  const lag = histogramOf(registry, FAMILIES.reportLag);
  return (attempt, lagSeconds) => {
    reports.inc({ form: attempt.report.form, result: attempt.result });
    leftOut.set(attempt.report.truncated);
    if (attempt.result !== "Acknowledged") return;
    bytes.inc(attempt.bytes);
    acknowledged.setToCurrentTime();
    if (lagSeconds !== undefined) lag.observe(lagSeconds);
  };
}
