// Reports of a whole fleet as agents send them: the same workloads on every cluster, with counts, revisions, dates and uids
// of each cluster's own; some roll out, some are in trouble. The same in every run.
import { condense, toRecord } from "../../shared/kruise/condense.ts";
import { readObject } from "../../shared/kruise/assess.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { TRANSITIONS_KEPT } from "../../shared/kruise/transitions.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import { benchObjects } from "./health-objects.ts";
import { threadCpuMs } from "./process-figures.ts";

const START_MS = Date.parse("2026-11-20T10:00:00Z");
/** Of all workloads: those that are rolling out, and those that are in trouble, with a cause. */
const MOVING_SHARE = 0.03;
const BROKEN_SHARE = 0.02;
/** Those that had another verdict since they are known. */
const HISTORY_SHARE = 0.5;
const HEALTHY = { h: "Healthy", r: "AllAvailable" } as const;
const PROGRESSING = { h: "Progressing", r: "Updating" } as const;
const KINDS = benchObjects();

/** Name of a cluster, by its number. */
export function clusterName(cluster: number): string {
  return `cluster-${String(cluster).padStart(5, "0")}`;
}

/** What a simulated agent says, but for what is new in each report. */
export interface AgentWords {
  /** The whole cluster as a snapshot of sequence 1; the workload that changes is in the first of both states. */
  snapshot: string;
  /** Bytes of the records alone, as JSON. */
  recordBytes: number;
  /** The workload that changes, in two states that take turns: as JSON without its message, and the totals that go with it. */
  states: readonly [AgentState, AgentState];
}

export interface AgentState {
  record: string;
  totals: string;
}

/** The reports of a fleet with so many workloads on each cluster. */
export class FleetReports {
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

  /** What the agent of a cluster says all the time. Which of its workloads changes differs from cluster to cluster. */
  words(cluster: number): AgentWords {
    const records = this.#records(cluster);
    const changing = cluster % records.length;
    const { why: _, ...calm } = records[changing] ?? {};
    const at = (record: object): WorkloadRecord[] => records.with(changing, record as WorkloadRecord);
    const states = [HEALTHY, PROGRESSING].map((verdict): AgentState => {
      const state = { ...calm, ...verdict, m: undefined };
      return { record: JSON.stringify(state).slice(1, -1), totals: JSON.stringify(totalsOf(at(state))) };
    });
    const [healthy, progressing] = states as [AgentState, AgentState];
    const all = at({ ...calm, ...HEALTHY, m: changeMessage(0) });
    const snapshot = JSON.stringify(reportOf(all, {}));
    return { snapshot, recordBytes: JSON.stringify(all).length, states: [healthy, progressing] };
  }

  /** Time to parse the JSON of a record, without checking it. */
  parseMicroseconds(): number {
    const texts = this.#records(0).map((record) => JSON.stringify(record));
    const startMs = threadCpuMs();
    for (let turn = 0; turn < 20; turn += 1) for (const text of texts) JSON.parse(text);
    return ((threadCpuMs() - startMs) * 1000) / (20 * texts.length);
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
  if (fate < BROKEN_SHARE + MOVING_SHARE) return { ...record, ...PROGRESSING };
  return record;
}

/** Earlier verdicts, newest first: rollouts that came to their end. */
function historyOf(since: number, random: () => number): NonNullable<WorkloadRecord["hist"]> {
  let ms = since;
  return Array.from({ length: 1 + Math.floor(random() * TRANSITIONS_KEPT) }, (_, index) => {
    ms -= 1000 * Math.floor(1 + random() * (index % 2 === 0 ? 600 : 500_000));
    const verdict = index % 2 === 0 ? PROGRESSING : HEALTHY;
    return { ...verdict, since: dateText(ms) };
  });
}

/** A message that a watcher finds again. */
export function changeMessage(mark: number): string {
  return `change ${mark}`;
}

/** A delta of one row, or a heartbeat where there is none, of an agent that is in one of its two states. */
export function deltaText(sequence: number, { record, totals }: AgentState, mark?: number): string {
  const records = mark === undefined ? "" : `{${record},"m":"${changeMessage(mark)}"}`;
  return `${BRIEF_HEAD}"sequence":${sequence},"form":"delta","totals":${totals},"records":[${records}]}`;
}

function totalsOf(all: readonly WorkloadRecord[]): object {
  const digest = new ReportDigest();
  const byHealth = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  for (const record of all) {
    digest.toggle(record);
    byHealth[record.h] += 1;
  }
  return { count: all.length, digest: digest.value, byHealth };
}

function reportOf(all: readonly WorkloadRecord[], fields: object): object {
  return { ...COMMON, sequence: 1, form: "snapshot", totals: totalsOf(all), records: all, ...fields };
}

const COMMON = {
  apiVersion: "kruise-health.open-cluster-management.io/v1alpha1",
  kind: "KruiseHealthReport",
  protocol: 1,
  agent: { version: "0.2.0", ruleSet: "2", instance: "kruise-health-agent-6d5f7c9b4-x2x7p" },
  epoch: START_MS,
  sentMs: START_MS,
  kruise: { health: "Healthy", reason: "Ready", message: "1 of 1 managers ready", version: "1.8.3" },
  kinds: KINDS.map(({ kind }) => ({ kind, group: "apps.kruise.io", version: "v1beta1", state: "Watching" })),
  removed: [],
  truncated: 0,
};
/** Of a delta that leaves out what is as before. */
const { kruise: _kruise, kinds: _kinds, ...BRIEF } = COMMON;
const BRIEF_HEAD = `${JSON.stringify(BRIEF).slice(0, -1)},`;

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
