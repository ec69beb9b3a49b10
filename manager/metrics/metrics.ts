// What the manager says to Prometheus: a few numbers of this process by prom-client, and the fleet's series, which are
// computed when somebody asks and only where the fleet is known.
import { Registry, collectDefaultMetrics } from "prom-client";
import { readCounter, readGauge } from "../../shared/runtime/metric-family.ts";
import type { Sample } from "../../shared/runtime/metric-family.ts";
import type { ControllerState } from "../../shared/kube/controller.ts";
import type { ApiMeter } from "../api/metering.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ClusterRow, ReportState } from "../fleet/types.ts";
import { FEW } from "./families.ts";
import { fleetSeries } from "./fleet-series.ts";
import type { FleetSeriesSource } from "./fleet-series.ts";
import { buildMeter } from "./meter.ts";

const STATES: readonly ReportState[] = ["Fresh", "Stale", "Missing"];

/** Gauges of prom-client that are called as counters are: promtool objects. Each is there under a better name as well. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

export interface MetricsSource extends Omit<FleetSeriesSource, "fleet"> {
  version: string;
  fleet: () => Fleet;
  isLeading: () => boolean;
  /** The controllers of this replica's term, by name; they work only while it leads. */
  controllers: () => Readonly<Record<string, { state: () => ControllerState }>>;
  /** Requests for data that this replica has asked the leader for, by what came of it. */
  forwarded: () => { answered: number; failed: number };
  /** When the serving certificate and its authority end, milliseconds since 1970; none while there is no certificate. */
  certificateEnds: () => Readonly<Record<string, number>>;
}

export interface Metrics {
  registry: Registry;
  meter: ApiMeter;
  /** The fleet's series in pieces of text; nothing from a replica that does not lead. */
  series: () => Iterable<string>;
}

/** Builds the metrics of one manager. */
export function buildMetrics(source: MetricsSource): Metrics {
  const { version, fleet, isLeading, forwarded, certificateEnds } = source;
  const ofControllers = (read: (state: ControllerState) => number): Sample[] =>
    isLeading() ? Object.entries(source.controllers()).map(([name, { state }]): Sample => [[name], read(state())]) : [];
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  readGauge(registry, FEW.leading, () => one(Number(isLeading())));
  readGauge(registry, FEW.info, () => [[[version], 1]]);
  readGauge(registry, FEW.reportPace, () => (isLeading() ? one(fleet().paceMs / 1000) : []));
  readGauge(registry, FEW.clockSkew, () =>
    isLeading()
      ? one(
          fleet()
            .clusters()
            .reduce((most, row) => Math.max(most, skewMsOf(row)), 0) / 1000,
        )
      : [],
  );
  readGauge(registry, FEW.clusters, () => {
    const { stateCounts } = fleet();
    return isLeading() ? STATES.map((state): Sample => [[state], stateCounts[state]]) : [];
  });
  readGauge(registry, FEW.certificateEnd, () =>
    Object.entries(certificateEnds()).map(([which, endMs]): Sample => [[which], endMs / 1000]),
  );
  readCounter(registry, FEW.forwarded, () =>
    Object.entries(forwarded()).map(([outcome, count]): Sample => [[outcome], count]),
  );
  readGauge(registry, FEW.queueDepth, () => ofControllers(({ due }) => due));
  readCounter(registry, FEW.controllerFailures, () => ofControllers(({ failures }) => failures));
  const series = () => (isLeading() ? fleetSeries({ ...source, fleet: fleet() }) : []);
  return { registry, meter: buildMeter(registry), series };
}

function one(value: number): Sample[] {
  return [[[], value]];
}

function skewMsOf({ state, lastReportWallMs, lastSentMs }: ClusterRow): number {
  if (state !== "Fresh" || lastReportWallMs === undefined || lastSentMs === undefined) return 0;
  return Math.abs(lastReportWallMs - lastSentMs);
}
