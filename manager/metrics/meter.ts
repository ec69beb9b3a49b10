// What the feedback API counts as it happens.
import type { Registry } from "prom-client";
import { counterOf, histogramOf, readGauge } from "../../shared/runtime/metric-family.ts";
import type { ApiMeter } from "../api/metering.ts";
import { FEW } from "./families.ts";

/** Builds the counters of the feedback API's requests, connections and reports. */
export function buildMeter(registry: Registry): ApiMeter {
  const durations = histogramOf(registry, FEW.requestDuration);
  const connections = counterOf(registry, FEW.connections);
  const reports = counterOf(registry, FEW.reports);
  const bytes = counterOf(registry, FEW.reportBytes);
  const lag = histogramOf(registry, FEW.changeLag);
  let watches = () => 0;
  readGauge(registry, FEW.watchers, () => [[[], watches()]]);
  return {
    watching: (read) => (watches = read),
    answered: ({ verb, resource, code, seconds }) => durations.observe({ verb, resource, code }, seconds),
    connected: () => connections.inc(),
    reported: ({ form, result, bytes: size, waitedMs }) => {
      reports.inc({ form, result });
      bytes.inc(size);
      if (waitedMs !== undefined && result === "Taken") lag.observe(waitedMs / 1000);
    },
  };
}
