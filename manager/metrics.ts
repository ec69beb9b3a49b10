// What the manager says to Prometheus, computed from the fleet when it is asked: few series, whatever the fleet's size.
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { HEALTHS } from "../shared/health/verdict.ts";
import type { Fleet } from "./fleet/fleet.ts";
import type { ClusterRow, ReportState } from "./fleet/types.ts";

const PREFIX = "kruise_health_";
const STATES: readonly ReportState[] = ["Fresh", "Stale", "Missing"];

export interface MetricsSource {
  fleet: () => Fleet;
  isLeading: () => boolean;
  /** Requests for data that this replica has asked the leader for, by what came of it. */
  forwarded?: () => { answered: number; failed: number };
}

/** Builds the registry of one manager. */
export function buildMetrics({ fleet, isLeading, forwarded }: MetricsSource): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: `${PREFIX}manager_leading`,
    help: "1 when this manager leads and so has the fleet's data",
    registers,
    collect() {
      this.set(isLeading() ? 1 : 0);
    },
  });
  new Gauge({
    name: `${PREFIX}clusters`,
    help: "Managed clusters with the add-on, by the state of their reports",
    labelNames: ["state"],
    registers,
    collect() {
      const { stateCounts } = fleet();
      for (const state of STATES) this.set({ state }, stateCounts[state]);
    },
  });
  new Gauge({
    name: `${PREFIX}workloads`,
    help: "OpenKruise workloads by health, as their agents counted them",
    labelNames: ["health"],
    registers,
    collect() {
      const clusters = fleet().clusters();
      for (const health of HEALTHS) {
        this.set(
          { health },
          clusters.reduce((sum, { byHealth }) => sum + byHealth[health], 0),
        );
      }
    },
  });
  new Gauge({
    name: `${PREFIX}clock_skew_seconds`,
    help: "Largest difference between the manager's clock and that of an agent that reports; reports take time too",
    registers,
    collect() {
      this.set(Math.max(0, ...fleet().clusters().map(skewMsOf)) / 1000);
    },
  });
  new Gauge({
    name: `${PREFIX}report_pace_seconds`,
    help: "Least time between two reports of one agent that the manager asks for now",
    registers,
    collect() {
      this.set(fleet().paceMs / 1000);
    },
  });
  new Counter({
    name: `${PREFIX}forwarded_requests_total`,
    help: "Requests for data that this replica has sent on to the leader, by whether the leader answered",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(forwarded?.() ?? {})) this.inc({ outcome }, count);
    },
  });
  return registry;
}

function skewMsOf({ state, lastReportWallMs, lastSentMs }: ClusterRow): number {
  if (state !== "Fresh" || lastReportWallMs === undefined || lastSentMs === undefined) return 0;
  return Math.abs(lastReportWallMs - lastSentMs);
}
