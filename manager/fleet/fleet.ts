// The fleet in memory: what every expected cluster's agent has reported, and every change of it by resourceVersion.
// Synchronous and without I/O. Rows are never changed, only replaced: whoever holds one may keep it. Only what each report
// moves of a cluster's row, its times and its sequence, moves in place.
import type { Health } from "../../shared/health/verdict.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import type { AnswerStatus } from "../../shared/wire/report.ts";
import { ChangeLog } from "./change-log.ts";
import { missingRow, moveOn, reportedRow, tellSame, turningPoints } from "./cluster-row.ts";
import type { TurningPoints } from "./cluster-row.ts";
import { Entries, newEntry } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { Holdings } from "./holdings.ts";
import type { Identities } from "./identities.ts";
import { decide, difference } from "./intake.ts";
import type { Difference } from "./intake.ts";
import { Once } from "./once.ts";
import { Ordinals } from "./ordinals.ts";
import { Pace, windowMs } from "./pace.ts";
import { recall } from "./recall.ts";
import { RollUp } from "./rollup.ts";
import type { ClusterRow, ReportState, RowChange, WorkloadRow } from "./types.ts";

/** Changes that watches can start from. */
const CHANGES_KEPT = 50_000;

export interface FleetOptions {
  clock: Clock;
  /** Start of this manager's memory, in milliseconds since 1970. */
  epochMs: number;
  /** Silence after which a cluster's rows are Stale. */
  staleAfterMs: number;
  /** Longest time between two reports of an agent. */
  heartbeatMs: number;
  /** Worst event loop lag since the last call; slows the agents down. */
  loopLagMs?: () => number;
  changesKept?: number;
}

export class Fleet {
  /** One row a workload over all clusters. */
  readonly rollUp: RollUp;
  readonly #options: FleetOptions;
  readonly #entries = new Entries();
  readonly #listeners = new Set<(change: RowChange) => void>();
  readonly #log: ChangeLog;
  readonly #holdings: Holdings;
  readonly #ordinals = new Ordinals();
  readonly #once = new Once();
  readonly #states: Record<ReportState, number> = { Fresh: 0, Stale: 0, Missing: 0 };
  /** Versions from here on are of this fleet's life. */
  readonly startVersion: number;
  /** Version of the newest row; ahead of the log only while a call is making its changes. */
  #version: number;
  readonly #pace: Pace;
  /** Clusters that owe a snapshot, as of the last sweep; undefined before it: all. */
  #owing: number | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.startVersion = options.clock.wallMs() * 1000;
    this.#version = this.startVersion;
    this.#holdings = new Holdings({ nextVersion: () => this.#nextVersion(), wallMs: () => options.clock.wallMs() });
    this.#log = new ChangeLog(this.#version, options.changesKept ?? CHANGES_KEPT);
    this.#pace = new Pace(options.clock.monotonicMs());
    this.rollUp = new RollUp(this, options.clock, (changeAt) => this.#publish([changeAt(this.#nextVersion())]));
  }

  /** A cluster has the add-on: its reports are taken from now on, and it is Missing until the first. */
  expect(cluster: string): void {
    if (this.#entries.has(cluster)) return;
    const row = missingRow(cluster, this.#nextVersion(), this.#options.clock.wallMs());
    const { epochMs: startMs } = this.#options;
    const home = { cluster, ordinal: this.#ordinals.take(), startVersion: this.startVersion, startMs };
    this.#entries.set(cluster, newEntry(row, home));
    this.#states.Missing += 1;
    this.#publish([{ type: "Added", resource: "clusters", row, previous: undefined }]);
  }

  /** A cluster no longer has the add-on: all that is known of it goes. */
  forget(cluster: string): void {
    const entry = this.#entries.get(cluster);
    if (entry === undefined) return;
    this.#entries.delete(cluster);
    const changes = this.#holdings.clear(entry);
    this.#ordinals.free(entry.home.ordinal);
    this.#states[entry.row.state] -= 1;
    const row = { ...entry.row, resourceVersion: this.#nextVersion() };
    this.#publish([...changes, { type: "Deleted", resource: "clusters", row, previous: entry.row }]);
  }

  expects(cluster: string): boolean {
    return this.#entries.has(cluster);
  }

  /** Takes in a report, or says what is wanted instead. Either all of it is taken in, or nothing. */
  apply(cluster: string, report: ReceivedReport): AnswerStatus {
    const entry = this.#entries.get(cluster);
    if (entry === undefined) throw new Error(`cluster "${cluster}" is not expected: wanted is expect() before apply()`);
    this.#pace.count();
    if (report.form === "recall") {
      const held = { row: entry.row, rows: entry.rows.rows };
      return { ...this.#answer(entry, false), ...recall(held, this.#options.clock.monotonicMs()) };
    }
    const decision = decide(entry.row, report);
    if (decision === "Outvoted") this.#nameDuplicate(entry, report.agent.instance);
    if (decision !== "Take") return this.#answer(entry, decision === "Resync");
    const found = difference(entry.rows, entry.digest, report);
    if (found === undefined) return this.#answer(entry, true);
    this.#take(entry, report, found);
    return this.#answer(entry, false);
  }

  /** Marks silent clusters Stale, forgets silent duplicates, adapts the pace. To be called each second. */
  sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#owing = 0;
    for (const entry of this.#entries.values()) {
      const { row } = entry;
      const silentMs = nowMs - (row.lastReportMonotonicMs ?? nowMs);
      if (row.state === "Fresh" && silentMs > this.#options.staleAfterMs) {
        const changes = this.#holdings.restate(entry, "Stale");
        this.#publish([...changes, ...this.#replace(entry, { ...row, state: "Stale" })]);
      }
      if (row.duplicateAgent !== undefined && nowMs - entry.duplicateHeardMs > this.#options.staleAfterMs) {
        this.#publish(this.#replace(entry, { ...entry.row, duplicateAgent: undefined }));
      }
      this.#owing += Number(entry.row.state !== "Fresh");
    }
    this.#pace.adapt(nowMs, this.#options.loopLagMs?.() ?? 0);
  }

  cluster(name: string): ClusterRow | undefined {
    return this.#entries.get(name)?.row;
  }

  /** Since when what a cluster's row says has been so. */
  turningPoints(name: string): TurningPoints | undefined {
    return this.#entries.get(name)?.since;
  }

  /** Every expected cluster, by name in the order of code units. */
  clusters(): ClusterRow[] {
    return this.#entries.sorted.map((entry) => entry.row);
  }

  workload(cluster: string, name: string): WorkloadRow | undefined {
    return this.#entries.get(cluster)?.rows.get(name);
  }

  /** Rows of one cluster, by name in the order of code units; or of all clusters, these in no order. It never changes. */
  workloads(cluster?: string): readonly WorkloadRow[] {
    if (cluster !== undefined) return this.#entries.get(cluster)?.rows.rows ?? [];
    return [...this.#entries.values()].flatMap(({ rows }) => rows.rows);
  }

  /** Workload rows of a cluster by kind and by what is known of their health now. */
  kindCounts(cluster: string): ReadonlyMap<string, Readonly<Record<Health, number>>> {
    return this.#entries.get(cluster)?.kinds ?? new Map<string, Record<Health, number>>();
  }

  /** How many clusters are in which state. */
  get stateCounts(): Readonly<Record<ReportState, number>> {
    return this.#states;
  }

  /** The workloads of the fleet, whatever cluster they are on. */
  get identities(): Identities {
    return this.#holdings.identities;
  }

  /** How many workload rows a cluster has. */
  workloadCount(cluster: string): number {
    return this.#entries.get(cluster)?.rows.size ?? 0;
  }

  /** Version of the newest change. */
  get resourceVersion(): number {
    return this.#log.newest;
  }

  /** Least time between two reports of one agent, now. */
  get paceMs(): number {
    return this.#pace.ms;
  }

  /** Calls the listener after each change. It must not throw. The answer ends the subscription. */
  subscribe(listener: (change: RowChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes after a version, oldest first; "Expired" when this manager no longer has, or never had, all of them. */
  changesSince(resourceVersion: number): RowChange[] | "Expired" {
    return this.#log.since(resourceVersion);
  }

  #take(entry: Entry, report: ReceivedReport, found: Difference): void {
    const changes = this.#holdings.take(entry, found.records);
    if (entry.row.state === "Stale") changes.push(...this.#holdings.restate(entry, "Fresh"));
    entry.digest = found.digest;
    const now = { wallMs: this.#options.clock.wallMs(), monotonicMs: this.#options.clock.monotonicMs() };
    this.#publish([...changes, ...this.#replace(entry, reportedRow(entry.row, report, now, this.#once))]);
  }

  /**
   * Puts a cluster's row in place. Only what a reader acts on makes a change: a heartbeat moves times and sequence
   * alone and keeps the resourceVersion, or 10,000 idle clusters would push everything else out of the log.
   */
  #replace(entry: Entry, next: ClusterRow): RowChange[] {
    const previous = entry.row;
    if (tellSame(previous, next)) {
      moveOn(previous, next);
      return [];
    }
    const row = { ...next, resourceVersion: this.#nextVersion() };
    entry.since = turningPoints(entry.since, previous, row, this.#options.clock.wallMs());
    entry.row = row;
    this.#states[previous.state] -= 1;
    this.#states[row.state] += 1;
    return [{ type: "Modified", resource: "clusters", row, previous }];
  }

  #nameDuplicate(entry: Entry, instance: string): void {
    entry.duplicateHeardMs = this.#options.clock.monotonicMs();
    this.#publish(this.#replace(entry, { ...entry.row, duplicateAgent: instance }));
  }

  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }

  /** Tells of changes once all of them are in place. They come in the order of their versions. */
  #publish(changes: RowChange[]): void {
    for (const change of changes) this.#log.append(change);
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  #answer(entry: Entry, resync: boolean): AnswerStatus {
    const { epochMs, heartbeatMs } = this.#options;
    const { epoch, sequence } = entry.row;
    const fleet = this.#entries.size;
    // What is asked for now is spread over those that are asked; what the hub's return brings, over all.
    const spread = windowMs(resync ? (this.#owing ?? fleet) : fleet);
    const tempo = { paceMs: this.#pace.ms, heartbeatMs, windowMs: spread };
    return { epoch, sequence, managerEpoch: epochMs, resync, ...tempo, brief: true };
  }
}
