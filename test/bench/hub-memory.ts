// Memory of the fleet index: reports as agents send them, as JSON through the wire schema, taken in by one Fleet in this
// process; beside the bytes of the same records as JSON, which is what one would keep without any thought.
// As in the manager's pod: NODE_OPTIONS="--max-old-space-size=307 --max-semi-space-size=16" npm run bench -- hub-memory
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ReceivedReport } from "../../shared/wire/received.ts";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { printFigure } from "./figure.ts";
import { clusterName, FleetReports } from "./hub-reports.ts";
import { residentMegabytes, threadCpuMs } from "./process-figures.ts";

const MEGABYTE = 1024 * 1024;
const LOOKS = 1000;
/** Time that the roll-up is given at once. */
const SLICE_MS = 10;

/** Builds a fleet of this size, prints what it takes, and lets it go. */
export async function hubMemory(args: readonly string[]): Promise<void> {
  const [clusters = 10_000, workloads = 100] = args.map(Number);
  const name = `${clusters}x${workloads}`;
  const fleet = newFleet();
  const agents = new FleetReports(workloads);
  let jsonBytes = 0;
  let applyMs = 0;
  for (let cluster = 0; cluster < clusters; cluster += 1) {
    const text = agents.snapshot(cluster);
    jsonBytes += text.length;
    const report = ReceivedReport.parse(JSON.parse(text));
    fleet.expect(clusterName(cluster));
    const startMs = threadCpuMs();
    const answer = fleet.apply(clusterName(cluster), report);
    applyMs += threadCpuMs() - startMs;
    if (answer.resync)
      throw new Error(`the snapshot of ${clusterName(cluster)} was not taken: its totals do not come out`);
    // As in a manager, where each report is a turn of the event loop of its own.
    if (cluster % 100 === 0) await new Promise(setImmediate);
  }
  const rows = clusters * workloads;
  const rollMs = threadCpuMs();
  while (fleet.rollUp.run(SLICE_MS)) await new Promise(setImmediate);
  printFigure(`hub-roll-up-a-row-${name}`, ((threadCpuMs() - rollMs) * 1000) / rows, "us", agents.parseMicroseconds());
  printFigure(`hub-rss-${name}`, await residentMegabytes(process.pid), "MB", jsonBytes / MEGABYTE);
  collectGarbage();
  const { heapUsed } = process.memoryUsage();
  printFigure(`hub-heap-a-row-${name}`, heapUsed / rows, "bytes", jsonBytes / rows);
  printFigure(`hub-apply-snapshot-a-row-${name}`, (applyMs * 1000) / rows, "us", agents.parseMicroseconds());
  measureReports(name, fleet, agents, clusters);
  measureReads(name, fleet, clusters);
  printFigure(`hub-rss-after-reads-${name}`, await residentMegabytes(process.pid), "MB", jsonBytes / MEGABYTE);
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}

function newFleet(): Fleet {
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  return new Fleet({ clock, epochMs: Date.now(), staleAfterMs: 3_600_000, heartbeatMs: 30_000 });
}

/** Time of an idle heartbeat and of a delta of one row, without the parsing that comes before both. */
function measureReports(name: string, fleet: Fleet, agents: FleetReports, clusters: number): void {
  const base = agents.parseMicroseconds();
  for (const [figure, rows] of [
    ["heartbeat", 0],
    ["delta", 1],
  ] as const) {
    let ms = 0;
    for (let look = 0; look < LOOKS; look += 1) {
      const cluster = (look * 7919) % clusters;
      const sequence = (fleet.cluster(clusterName(cluster))?.sequence ?? 0) + 1;
      const report = ReceivedReport.parse(JSON.parse(agents.delta(cluster, sequence, rows)));
      const startMs = threadCpuMs();
      const { resync } = fleet.apply(clusterName(cluster), report);
      ms += threadCpuMs() - startMs;
      if (resync) throw new Error(`the ${figure} of ${clusterName(cluster)} was not taken`);
    }
    printFigure(`hub-apply-${figure}-${name}`, (ms * 1000) / LOOKS, "us", base);
  }
}

/** Time to read rows with their records: those of one cluster, and 10,000 of many. */
function measureReads(name: string, fleet: Fleet, clusters: number): void {
  let read = 0;
  let bytes = 0;
  const startMs = threadCpuMs();
  for (let cluster = 0; cluster < clusters && read < 10_000; cluster += 1) {
    for (const { record } of fleet.workloads(clusterName(cluster))) {
      read += 1;
      bytes += record.m.length;
    }
  }
  const readMs = threadCpuMs() - startMs;
  if (bytes === 0) throw new Error("no row has a message");
  const all = threadCpuMs();
  fleet.workloads();
  printFigure(`hub-read-10000-rows-${name}`, (readMs * 10_000) / read, "ms", threadCpuMs() - all);
}
