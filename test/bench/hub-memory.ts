// Memory of the fleet index: reports as agents send them, as JSON through the wire schema, taken in by one Fleet in this
// process; beside the bytes of the same records as JSON, which is what one would keep without any thought.
// As in the manager's pod: NODE_OPTIONS="--max-old-space-size=307 --max-semi-space-size=16" npm run bench -- hub-memory
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { condense, toRecord } from "../../shared/kruise/condense.ts";
import { readObject } from "../../shared/kruise/assess.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { TRANSITIONS_KEPT } from "../../shared/kruise/transitions.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import { ReceivedReport } from "../../shared/wire/received.ts";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { printFigure } from "./figure.ts";
import { benchObjects } from "./health-objects.ts";
import { residentMegabytes } from "./process-figures.ts";

const START_MS = Date.parse("2026-11-20T10:00:00Z");
const MEGABYTE = 1024 * 1024;
/** Of all workloads: those that are rolling out, and those that are in trouble, with a cause. */
const MOVING_SHARE = 0.03;
const BROKEN_SHARE = 0.02;
/** Those that had another verdict since they are known. */
const HISTORY_SHARE = 0.5;
const LOOKS = 1000;
/** Time that the roll-up is given at once. */
const SLICE_MS = 10;
const HEALTHY = { h: "Healthy", r: "AllAvailable" } as const;
const KINDS = benchObjects();

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
    fleet.expect(nameOf(cluster));
    const startMs = cpuMs();
    const answer = fleet.apply(nameOf(cluster), report);
    applyMs += cpuMs() - startMs;
    if (answer.resync) throw new Error(`the snapshot of ${nameOf(cluster)} was not taken: its totals do not come out`);
    // As in a manager, where each report is a turn of the event loop of its own.
    if (cluster % 100 === 0) await new Promise(setImmediate);
  }
  const rows = clusters * workloads;
  const rollMs = cpuMs();
  while (fleet.rollUp.run(SLICE_MS)) await new Promise(setImmediate);
  printFigure(`hub-roll-up-a-row-${name}`, ((cpuMs() - rollMs) * 1000) / rows, "us", agents.parseMicroseconds());
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
      const sequence = (fleet.cluster(nameOf(cluster))?.sequence ?? 0) + 1;
      const report = ReceivedReport.parse(JSON.parse(agents.delta(cluster, sequence, rows)));
      const startMs = cpuMs();
      const { resync } = fleet.apply(nameOf(cluster), report);
      ms += cpuMs() - startMs;
      if (resync) throw new Error(`the ${figure} of ${nameOf(cluster)} was not taken`);
    }
    printFigure(`hub-apply-${figure}-${name}`, (ms * 1000) / LOOKS, "us", base);
  }
}

/** Time to read rows with their records: those of one cluster, and 10,000 of many. */
function measureReads(name: string, fleet: Fleet, clusters: number): void {
  let read = 0;
  let bytes = 0;
  const startMs = cpuMs();
  for (let cluster = 0; cluster < clusters && read < 10_000; cluster += 1) {
    for (const { record } of fleet.workloads(nameOf(cluster))) {
      read += 1;
      bytes += record.m.length;
    }
  }
  const readMs = cpuMs() - startMs;
  if (bytes === 0) throw new Error("no row has a message");
  const all = cpuMs();
  fleet.workloads();
  printFigure(`hub-read-10000-rows-${name}`, (readMs * 10_000) / read, "ms", cpuMs() - all);
}

function nameOf(cluster: number): string {
  return `cluster-${String(cluster).padStart(5, "0")}`;
}

/** The reports of a fleet: the same workloads on every cluster; counts, revisions, dates and uids are each cluster's own. */
class FleetReports {
  readonly #templates: WorkloadRecord[];

  constructor(workloads: number) {
    const objects = KINDS;
    this.#templates = Array.from({ length: workloads }, (_, index) => {
      const { object } = objects[index % objects.length] ?? objects[0] ?? { object: {} };
      const reading = readObject(object);
      const history = { sinceMs: START_MS, progressMs: START_MS } as Parameters<typeof toRecord>[1]["history"];
      const judged = { verdict: reading.verdict, history, dueAtMs: undefined };
      const record = toRecord({ condensed: condense(reading) }, judged, START_MS);
      const team = `team-${index % 10}`;
      return { ...record, n: `${record.n}-${index}`, ...(record.ns !== "" && { ns: team }) };
    });
  }

  snapshot(cluster: number): string {
    return JSON.stringify(reportOf(this.#records(cluster), {}));
  }

  /** A delta with so many rows that have changed: their observed generation is one ahead of the snapshot's. */
  delta(cluster: number, sequence: number, rows: number): string {
    const records = this.#records(cluster);
    const changed = records.slice(0, rows).map((record) => ({ ...record, gen: record.gen + sequence }));
    return JSON.stringify(reportOf(records, { form: "delta", sequence, records: changed }));
  }

  /** Time to parse the JSON of a record, without checking it. */
  parseMicroseconds(): number {
    const texts = this.#records(0).map((record) => JSON.stringify(record));
    const startMs = cpuMs();
    for (let turn = 0; turn < 20; turn += 1) for (const text of texts) JSON.parse(text);
    return ((cpuMs() - startMs) * 1000) / (20 * texts.length);
  }

  #records(cluster: number): WorkloadRecord[] {
    const random = randomOf(cluster + 1);
    return this.#templates.map((template) => variant(template, random));
  }
}

function variant(template: WorkloadRecord, random: () => number): WorkloadRecord {
  const factor = 1 + Math.floor(random() * 6);
  const since = START_MS - Math.floor(random() * 90 * 86_400) * 1000;
  const record: WorkloadRecord = {
    ...template,
    u: hex(random),
    gen: 1 + Math.floor(random() * 40),
    m: template.m.replaceAll(/\b\d+/g, (digits) => String(Number(digits) * factor)),
    c: Object.fromEntries(Object.entries(template.c).map(([key, count]) => [key, count * factor])),
    since: dateText(since),
    prog: dateText(since - Math.floor(random() * 300) * 1000),
  };
  record.obs = record.gen;
  if (template.ro?.tgt !== undefined) {
    record.ro = { ...template.ro, tgt: template.ro.tgt * factor, cur: hex(random), upd: hex(random) };
  }
  if (random() < HISTORY_SHARE) record.hist = historyOf(since, random);
  const fate = random();
  if (fate < BROKEN_SHARE) {
    const pod = `${template.n}-${hex(random).slice(0, 5)}`;
    const why = [{ r: "ContainerCrashes" as const, m: `container app of ${pod} crashes: exit code 1`, n: factor }];
    return { ...record, h: "Degraded", r: "UpdateStalled", m: `no progress for ${10 * factor} min`, why };
  }
  if (fate < BROKEN_SHARE + MOVING_SHARE) return { ...record, h: "Progressing", r: "Updating" };
  return record;
}

/** Earlier verdicts, newest first: rollouts that came to their end. */
function historyOf(since: number, random: () => number): NonNullable<WorkloadRecord["hist"]> {
  let ms = since;
  return Array.from({ length: 1 + Math.floor(random() * TRANSITIONS_KEPT) }, (_, index) => {
    ms -= 1000 * Math.floor(1 + random() * (index % 2 === 0 ? 600 : 500_000));
    const verdict = index % 2 === 0 ? ({ h: "Progressing", r: "Updating" } as const) : HEALTHY;
    return { ...verdict, since: dateText(ms) };
  });
}

function reportOf(all: readonly WorkloadRecord[], fields: object): object {
  const digest = new ReportDigest();
  const byHealth = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  for (const record of all) {
    digest.toggle(record);
    byHealth[record.h] += 1;
  }
  return {
    apiVersion: "kruise-health.open-cluster-management.io/v1alpha1",
    kind: "KruiseHealthReport",
    protocol: 1,
    agent: { version: "0.2.0", ruleSet: "2", instance: "kruise-health-agent-6d5f7c9b4-x2x7p" },
    epoch: START_MS,
    sequence: 1,
    sentMs: START_MS,
    form: "snapshot",
    kruise: { health: "Healthy", reason: "Ready", message: "1 of 1 managers ready", version: "1.8.3" },
    kinds: KINDS.map(({ kind }) => ({ kind, group: "apps.kruise.io", version: "v1beta1", state: "Watching" })),
    totals: { count: all.length, digest: digest.value, byHealth },
    records: all,
    removed: [],
    truncated: 0,
    ...fields,
  };
}

/** CPU time of this thread: what other work of the machine does to the clock does not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function hex(random: () => number): string {
  return Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}

function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Numbers between 0 and 1, the same in each run (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
