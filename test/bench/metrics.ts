// A scrape of the manager: its size, its time, and how long everybody else waits for it meanwhile; beside prom-client with the
// same series, which writes each family at one stroke. `npm run bench -- metrics [CLUSTERS] [WORKLOADS]`.
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { Gauge, Registry } from "prom-client";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { buildMetrics } from "../../manager/metrics/metrics.ts";
import type { MetricsSource } from "../../manager/metrics/metrics.ts";
import { serveProbes } from "../../shared/runtime/probes.ts";
import type { ProbesDeps } from "../../shared/runtime/probes.ts";
import { RELEASE_VERSION } from "../../shared/version.ts";
import { ReceivedReport } from "../../shared/wire/received.ts";
import { percentile, printFigure } from "./figure.ts";
import { FleetReports, clusterName } from "./hub-reports.ts";
import { threadCpuMs } from "./process-figures.ts";

const SCRAPES = 10;
const SLICE_MS = 10;
const RESOLUTION_MS = 1;
/** What an add-on has on a hub: four conditions of ours, five of OCM. */
const CONDITIONS = [
  ["Available", "True", "ManagedClusterAddOnLeaseUpdated"],
  ["RegistrationApplied", "True", "SetPermissionApplied"],
  ["ClusterCertificateRotated", "True", "ClientCertificateUpdated"],
  ["ManifestApplied", "True", "AddonManifestApplied"],
  ["Progressing", "False", "Completed"],
  ["Reporting", "True", "ReportsArrive"],
  ["KruiseReady", "True", "Ready"],
  ["WorkloadsHealthy", "False", "WorkloadsDegraded"],
  ["Degraded", "True", "WorkloadsDegraded"],
] as const;
/** Reads the whole answer on a thread of its own, as it comes over the wire, and asks as Prometheus does. */
const SCRAPER = `
  const { get } = require("node:http");
  const { parentPort, workerData } = require("node:worker_threads");
  parentPort.on("message", () => {
    const startMs = performance.now();
    let bytes = 0;
    get(workerData, { headers: { "accept-encoding": "gzip" } }, (answer) => {
      answer.on("data", (chunk) => (bytes += chunk.length));
      answer.on("end", () => parentPort.postMessage({ bytes, ms: performance.now() - startMs }));
    });
  });`;

interface Scrape {
  bytes: number;
  ms: number;
}

/** Fills a fleet of this size, and has it scraped. */
export async function metrics(args: readonly string[]): Promise<void> {
  const [clusters = 10_000, workloads = 100] = args.map(Number);
  const name = `${clusters}x${workloads}`;
  const fleet = await filledFleet(clusters, workloads);
  const addons = Array.from({ length: clusters }, (_, cluster) => addonOf(clusterName(cluster)));
  const { registry, series } = buildMetrics(sourceOf(fleet, addons));
  const text = [...series()].join("");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const rival = await scrapes({ registry: promClient(text) });
  const own = await scrapes({ registry, series });
  console.log(`${lines.length} series of the fleet`);
  printFigure(`metrics-scrape-bytes-${name}`, own.bytes / 1024, "KiB", rival.bytes / 1024);
  printFigure(`metrics-scrape-p50-${name}`, own.ms, "ms", rival.ms);
  printFigure(`metrics-scrape-cpu-${name}`, own.cpuMs, "ms", rival.cpuMs);
  printFigure(`metrics-scrape-others-wait-${name}`, own.waitMs, "ms", rival.waitMs);
}

async function filledFleet(clusters: number, workloads: number): Promise<Fleet> {
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  const fleet = new Fleet({ clock, epochMs: Date.now(), staleAfterMs: 3_600_000, heartbeatMs: 30_000 });
  const agents = new FleetReports(workloads);
  for (let cluster = 0; cluster < clusters; cluster += 1) {
    fleet.expect(clusterName(cluster));
    fleet.apply(clusterName(cluster), ReceivedReport.parse(JSON.parse(agents.snapshot(cluster))));
    if (cluster % 100 === 0) await new Promise(setImmediate);
  }
  while (fleet.rollUp.run(SLICE_MS)) await new Promise(setImmediate);
  return fleet;
}

function addonOf(namespace: string): ReturnType<MetricsSource["addons"]>[number] {
  const conditions = CONDITIONS.map(([type, status, reason]) => {
    return { type, status, reason, message: "", lastTransitionTime: "2026-11-20T10:00:00Z" };
  });
  return { metadata: { namespace, name: "kruise-health", uid: namespace }, status: { conditions } };
}

function sourceOf(fleet: Fleet, addons: ReturnType<MetricsSource["addons"]>): MetricsSource {
  return {
    version: RELEASE_VERSION,
    fleet: () => fleet,
    isLeading: () => true,
    addons: () => addons,
    controllers: () => ({}),
    forwarded: () => ({ answered: 0, failed: 0 }),
    certificateEnds: () => ({}),
    workloadSeriesMax: 0,
  };
}

/** The same series in prom-client, set once: only what a scrape costs is measured. */
function promClient(text: string): Registry {
  const registry = new Registry();
  const families = new Map<string, Gauge>();
  for (const [, name = "", braces = "", value = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const labels = Object.fromEntries(
      [...braces.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, is]) => [key, is]),
    );
    const gauge =
      families.get(name) ?? new Gauge({ name, help: name, labelNames: Object.keys(labels), registers: [registry] });
    families.set(name, gauge);
    gauge.set(labels, Number(value));
  }
  return registry;
}

/** Has it scraped some times over HTTP, and looks at how long the event loop did nothing else. */
async function scrapes(
  of: Pick<ProbesDeps, "registry" | "series">,
): Promise<Scrape & { cpuMs: number; waitMs: number }> {
  const stop = new AbortController();
  const { promise: listening, resolve: onListening } = Promise.withResolvers<number>();
  const serving = serveProbes({ ...of, host: "127.0.0.1", port: 0, missing: () => [], onListening }, stop.signal);
  const url = `http://127.0.0.1:${await listening}/metrics`;
  const worker = new Worker(SCRAPER, { eval: true, workerData: url });
  const scrape = async (): Promise<Scrape> => {
    worker.postMessage("scrape");
    const [taken] = (await once(worker, "message")) as [Scrape];
    return taken;
  };
  await scrape();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const startMs = threadCpuMs();
  const taken: Scrape[] = [];
  for (let count = 0; count < SCRAPES; count += 1) taken.push(await scrape());
  const cpuMs = (threadCpuMs() - startMs) / SCRAPES;
  delay.disable();
  await worker.terminate();
  stop.abort();
  await serving;
  return {
    bytes: taken.at(-1)?.bytes ?? Number.NaN,
    ms: percentile(
      taken.map(({ ms }) => ms),
      0.5,
    ),
    cpuMs,
    waitMs: delay.max / 1e6 - RESOLUTION_MS,
  };
}
