// The index beside a naive model of it: maps of JSON, walked as a whole for each question.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Health } from "../../shared/health/verdict.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import { Fleet } from "./fleet.ts";
import type { Tracker } from "./identities.ts";
import { compareText, noneOfEach } from "./queries.ts";
import { aRecord, aReport } from "./report.fixture.ts";
import type { ReportState, RowChange, WorkloadRow } from "./types.ts";

const START_MS = 1_763_600_000_000;
const STALE_MS = 90_000;
const CHANGES_KEPT = 30;
const CLUSTERS = ["a", "b", "c"];

interface ModelRow {
  record: string;
  version: number;
  seenMs: number;
}
interface ModelCluster {
  state: ReportState;
  told: string;
  epoch: number;
  sequence: number;
  heardMs: number;
  rows: Map<string, ModelRow>;
}

interface Reporting {
  cluster: string;
  records: ReceivedRecord[];
  removed: string[];
}
type Step =
  | { do: "expect"; cluster: string }
  | { do: "forget"; cluster: string }
  | (Reporting & { do: "snapshot"; newEpoch: boolean })
  | (Reporting & { do: "delta" })
  | (Reporting & { do: "wrong"; what: "sequence" | "digest" | "count" })
  | { do: "wait"; ms: number };

const records = fc
  .record({
    g: fc.constantFrom("apps.kruise.io", "x.io"),
    // Two of them have the same name on the hub.
    n: fc.constantFrom("cart", "Cart", "shop", "web", "x"),
    u: fc.constantFrom("0a1b2c3d", "ffffffff"),
    h: fc.constantFrom("Healthy" as const, "Degraded" as const, "Progressing" as const),
    m: fc.constantFrom("5 of 5", "4 of 5", "stuck"),
    since: fc.constantFrom("2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z"),
    parent: fc.option(fc.constant({ k: "UnitedDeployment", n: "shop" }), { nil: undefined, freq: 5 }),
  })
  .map(({ parent, ...fields }) => aRecord({ ...fields, ...(parent && { parent }) }) as ReceivedRecord);
const someRecords = fc.uniqueArray(records, { maxLength: 5, selector: keyOf });
// Enough to be merged as a whole.
const manyRecords = fc.nat({ max: 60 }).map((count) => many(count));
function many(count: number): ReceivedRecord[] {
  return Array.from({ length: count }, (_, index) => aRecord({ n: `w${index}` }));
}
const cluster = fc.constantFrom(...CLUSTERS);
const removed = fc.uniqueArray(fc.constantFrom("cart", "shop", "web", "w7", "gone"), { maxLength: 3 });
const names = removed.map((list) => list.map((name) => `cloneset.shop.${name}`));

const doing = <D extends Step["do"]>(what: D): { do: fc.Arbitrary<D> } => ({ do: fc.constant(what) });
const one = someRecords.filter((list) => list.length > 0);
const what = fc.constantFrom("sequence" as const, "digest" as const, "count" as const);
const none = fc.constant<string[]>([]);
const ms = fc.constantFrom(1000, 50_000, 91_000);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ ...doing("expect"), cluster }) },
  { weight: 1, arbitrary: fc.record({ ...doing("forget"), cluster }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...doing("snapshot"),
      cluster,
      records: someRecords,
      removed: none,
      newEpoch: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...doing("snapshot"),
      cluster,
      records: manyRecords,
      removed: none,
      newEpoch: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ ...doing("delta"), cluster, records: someRecords, removed: names }) },
  { weight: 2, arbitrary: fc.record({ ...doing("wrong"), cluster, records: one, removed: none, what }) },
  { weight: 2, arbitrary: fc.record({ ...doing("wait"), ms }) },
);

class Model {
  readonly clusters = new Map<string, ModelCluster>();
  nowMs = 0;

  /** Does the step here and there. Whether the index answered as it should. */
  step(step: Step, fleet: Fleet): boolean {
    if (step.do === "wait") this.#wait(step.ms, fleet);
    else if (step.do === "expect") {
      fleet.expect(step.cluster);
      const unheard = { state: "Missing" as const, told: "", epoch: 0, sequence: 0, heardMs: 0, rows: new Map() };
      if (!this.clusters.has(step.cluster)) this.clusters.set(step.cluster, unheard);
    } else if (step.do === "forget") {
      fleet.forget(step.cluster);
      this.clusters.delete(step.cluster);
    } else if (this.clusters.has(step.cluster)) return this.#report(step, fleet);
    return true;
  }

  #wait(ms: number, fleet: Fleet): void {
    this.nowMs += ms;
    fleet.sweep();
    for (const known of this.clusters.values()) {
      if (known.state === "Fresh" && this.nowMs - known.heardMs > STALE_MS) known.state = "Stale";
    }
  }

  #report(step: Extract<Step, Reporting>, fleet: Fleet): boolean {
    const known = this.clusters.get(step.cluster);
    if (known === undefined) return false;
    const after = new Map<string, ReceivedRecord>();
    if (step.do !== "snapshot")
      for (const [name, { record }] of known.rows) after.set(name, JSON.parse(record) as ReceivedRecord);
    for (const name of step.removed) after.delete(name);
    for (const record of step.records) after.set(keyOf(record), record);
    const all = [...after.values()];
    const { epoch, sequence } = known;
    const form = step.do === "snapshot" ? "snapshot" : "delta";
    const report = aReport(all, { form, epoch, sequence: sequence + 1, records: step.records });
    if (step.do === "wrong") return fleet.apply(step.cluster, spoilt(report, step.what)).resync;
    report.removed = step.removed;
    if (step.do === "snapshot" && step.newEpoch) Object.assign(report, { epoch: epoch + 1, sequence: 1 });
    const { resync, sequence: taken } = fleet.apply(step.cluster, report);
    known.state = "Fresh";
    known.told = JSON.stringify(report.totals.byHealth);
    known.heardMs = this.nowMs;
    known.epoch = report.epoch;
    known.sequence = report.sequence;
    this.#putRows(known, after);
    return !resync && taken === report.sequence;
  }

  #putRows(known: ModelCluster, after: ReadonlyMap<string, ReceivedRecord>): void {
    const before = new Map(known.rows);
    known.rows.clear();
    for (const [name, record] of after) {
      const previous = before.get(name);
      const isSame = previous !== undefined && (JSON.parse(previous.record) as ReceivedRecord).u === record.u;
      const seenMs = isSame ? previous.seenMs : START_MS + this.nowMs;
      known.rows.set(name, { record: JSON.stringify(record), version: previous?.version ?? 0, seenMs });
    }
  }

  /** All that a reader sees, by what it is of. */
  picture(): Map<string, string> {
    const picture = new Map<string, string>();
    for (const [name, { state, told, rows }] of this.clusters) {
      picture.set(`cluster ${name}`, `${state} ${told}`);
      for (const [row, { record }] of rows) picture.set(`row ${name}/${row}`, `${state} ${record}`);
    }
    return picture;
  }
}

function spoilt(report: ReceivedReport, what: "sequence" | "digest" | "count"): ReceivedReport {
  const { totals, sequence } = report;
  if (what === "sequence") return { ...report, sequence: sequence + 1 };
  if (what === "count") return { ...report, totals: { ...totals, count: totals.count + 1 } };
  const digest = totals.digest.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  return { ...report, totals: { ...totals, digest } };
}

/** What one step must have told: the difference of the pictures before and after it. */
function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const told: string[] = [];
  for (const [what, text] of after) {
    if (!before.has(what)) told.push(`Added ${what}`);
    else if (before.get(what) !== text) told.push(`Modified ${what}`);
  }
  for (const what of before.keys()) if (!after.has(what)) told.push(`Deleted ${what}`);
  return told.sort(compareText);
}

function whatOf(change: RowChange): string {
  const { cluster: of } = change.row;
  return change.resource === "clusters" ? `cluster ${of}` : `row ${of}/${change.row.name}`;
}

function identityOf({ g, k, ns, n }: ReceivedRecord): string {
  return `${g}/${k}/${ns}/${n}`;
}

/** What was asked, what the index answered, and what the model answers. */
type Check = [question: string, answer: unknown, wanted: unknown];

class Trial {
  readonly #model = new Model();
  readonly #fleet: Fleet;
  readonly #tracker: Tracker;
  readonly #log: RowChange[] = [];
  readonly #born: number;
  /** Rows that were given out, and what they said. */
  readonly #held: { row: WorkloadRow; text: string }[] = [];

  constructor() {
    const clock = { monotonicMs: () => this.#model.nowMs, wallMs: () => START_MS + this.#model.nowMs };
    const options = { clock, epochMs: START_MS, staleAfterMs: STALE_MS, heartbeatMs: 30_000 };
    this.#fleet = new Fleet({ ...options, changesKept: CHANGES_KEPT });
    this.#born = this.#fleet.resourceVersion;
    this.#tracker = this.#fleet.identities.track();
    this.#fleet.subscribe((change) => this.#log.push(change));
  }

  /** Does a step, and asks everything. */
  *take(step: Step): Generator<Check> {
    const before = this.#model.picture();
    const from = this.#log.length;
    yield ["what the step answers", this.#model.step(step, this.#fleet), true];
    const changes = this.#log.slice(from);
    const told = changes.map((change) => `${change.type} ${whatOf(change)}`).sort(compareText);
    yield ["what changed", told, differences(before, this.#model.picture())];
    this.#noteVersions(changes);
    yield* this.#askLog();
    yield* this.#askRows();
    yield* this.#askCounts();
    yield* this.#askIdentities();
    yield* this.#askTracker(changes);
  }

  /** What was given out at any time still says the same. */
  *end(): Generator<Check> {
    for (const { row, text } of this.#held) yield [`${row.name} that was held`, textOf(row), text];
  }

  #noteVersions(changes: readonly RowChange[]): void {
    for (const { resource, row, type } of changes) {
      if (resource !== "workloads") continue;
      this.#held.push({ row, text: textOf(row) });
      const known = this.#model.clusters.get(row.cluster)?.rows.get(row.name);
      if (known !== undefined && type !== "Deleted") known.version = row.resourceVersion;
    }
  }

  *#askLog(): Generator<Check> {
    const fleet = this.#fleet;
    const newest = this.#born + this.#log.length;
    yield ["resourceVersion", fleet.resourceVersion, newest];
    const versions = this.#log.map(({ row }) => row.resourceVersion);
    yield ["the log's versions", versions, versions.map((_, index) => this.#born + 1 + index)];
    for (const back of [0, 1, 7, CHANGES_KEPT]) {
      const isKept = back <= this.#log.length;
      yield [
        `changes since ${back}`,
        fleet.changesSince(newest - back),
        isKept ? this.#log.slice(-back || newest) : "Expired",
      ];
    }
    yield ["changes since too early", fleet.changesSince(newest - CHANGES_KEPT - 1), "Expired"];
    yield ["changes since the future", fleet.changesSince(newest + 1), "Expired"];
  }

  *#askRows(): Generator<Check> {
    const fleet = this.#fleet;
    const all: string[] = [];
    for (const name of CLUSTERS) {
      const known = this.#model.clusters.get(name);
      yield [`${name} is expected`, fleet.expects(name), known !== undefined];
      yield [`state of ${name}`, fleet.cluster(name)?.state, known?.state];
      const rows = [...(known?.rows ?? [])].sort(([a], [b]) => compareText(a, b));
      const texts = rows.map(([row, { record, version, seenMs }]) => {
        return JSON.stringify([name, row, known?.state, version, seenMs, verdictOf(record), JSON.parse(record)]);
      });
      yield [`rows of ${name}`, fleet.workloads(name).map(textOf), texts];
      yield [`rows of ${name} one by one`, rows.map(([row]) => textOf(fleet.workload(name, row))), texts];
      yield [`number of rows of ${name}`, fleet.workloadCount(name), texts.length];
      yield [`no row of ${name}`, fleet.workload(name, "cloneset.shop.none"), undefined];
      all.push(...texts);
    }
    yield ["all rows", fleet.workloads().map(textOf).sort(compareText), all.sort(compareText)];
  }

  *#askCounts(): Generator<Check> {
    const states = { Fresh: 0, Stale: 0, Missing: 0 };
    for (const [name, { state, rows }] of this.#model.clusters) {
      const own = new Map<string, Record<Health, number>>();
      states[state] += 1;
      for (const { record } of rows.values()) {
        const { k, h } = JSON.parse(record) as ReceivedRecord;
        const ofKind = own.get(k) ?? noneOfEach();
        ofKind[state === "Fresh" ? h : "Unknown"] += 1;
        own.set(k, ofKind);
      }
      const held = [...this.#fleet.kindCounts(name)].filter(([, counts]) => Object.values(counts).some(Boolean));
      yield [`kinds of ${name}`, new Map(held), own];
    }
    yield ["kinds of none", [...this.#fleet.kindCounts("none")], []];
    yield ["states", this.#fleet.stateCounts, states];
  }

  *#askIdentities(): Generator<Check> {
    const { identities } = this.#fleet;
    const wanted = new Map<string, string[]>();
    for (const [name, { rows }] of this.#model.clusters) {
      for (const [row, { record }] of rows) {
        const parsed = JSON.parse(record) as ReceivedRecord;
        if (parsed.parent !== undefined) continue;
        const key = identityOf(parsed);
        wanted.set(key, [...(wanted.get(key) ?? []), `${name}/${row}`].sort(compareText));
      }
    }
    const found = new Map<string, string[]>();
    for (const identity of identities.all()) {
      const rows = identities.rowsOf(identity).map((row) => `${row.cluster}/${row.name}`);
      found.set(identity.key, rows.sort(compareText));
      yield [`find ${identity.key}`, identities.find(identity.key), identity];
    }
    yield ["number of identities", identities.size, wanted.size];
    yield ["rows of identities", found, wanted];
  }

  *#askTracker(changes: readonly RowChange[]): Generator<Check> {
    const versions = new Map<string, number>();
    for (const { resource, row, previous } of changes) {
      if (resource !== "workloads") continue;
      for (const { isPart, identity } of previous === undefined ? [row] : [previous, row]) {
        if (!isPart) versions.set(identity.key, row.resourceVersion);
      }
    }
    const taken = this.#tracker.take();
    const { identities } = this.#fleet;
    yield [
      "identities that changed",
      taken.map(({ key }) => key).sort(compareText),
      [...versions.keys()].sort(compareText),
    ];
    for (const identity of taken) {
      const isThere = identities.find(identity.key) !== undefined;
      yield [
        `version of ${identity.key}`,
        identities.versionOf(identity),
        isThere ? versions.get(identity.key) : undefined,
      ];
    }
  }
}

function textOf(row: WorkloadRow | undefined): string {
  if (row === undefined) return "no row";
  const { cluster: of, name, state, resourceVersion, firstSeenMs, record } = row;
  const verdict = [row.health, row.reason, row.isPart, row.identity.key];
  return JSON.stringify([of, name, state, resourceVersion, firstSeenMs, verdict, record]);
}

function verdictOf(text: string): unknown[] {
  const record = JSON.parse(text) as ReceivedRecord;
  return [record.h, record.r, record.parent !== undefined, identityOf(record)];
}

test("after any steps each question is answered as the model answers it", () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 25 }), (sequence) => {
      const trial = new Trial();
      for (const step of sequence) {
        for (const [question, answer, wanted] of trial.take(step)) expect(answer, question).toStrictEqual(wanted);
      }
      for (const [question, answer, wanted] of trial.end()) expect(answer, question).toBe(wanted);
    }),
    { numRuns: 100 },
  );
});
