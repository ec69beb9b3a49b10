// A row as it is kept: some words that point to what it shares with other rows, and a short string of its own.
import type { Health } from "../../shared/health/verdict.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { Member } from "./identities.ts";
import { uidOf } from "./unpacked.ts";
import type { Parts, Shape, Subject } from "./pool.ts";
import type { FleetWorkloadRow } from "./rollup-row.ts";
import type { ClusterRow, ReportState, WorkloadRow } from "./types.ts";

/** What all rows of a cluster share. Numbers of rows count from `startVersion` and `startMs`: small ones take no object. */
export interface Home {
  readonly cluster: string;
  readonly ordinal: number;
  readonly startVersion: number;
  readonly startMs: number;
}

/** What a row says besides its record. */
export interface Standing {
  state: ReportState;
  resourceVersion: number;
  firstSeenMs: number;
}

export class PackedRow implements Member {
  readonly #home: Home;
  readonly #subject: Subject;
  readonly #shape: Shape;
  readonly #data: string;
  readonly #version: number;
  readonly #firstSeen: number;
  readonly state: ReportState;

  constructor(home: Home, { subject, shape, data }: Parts, standing: Standing) {
    this.#home = home;
    this.#subject = subject;
    this.#shape = shape;
    this.#data = data;
    this.#version = standing.resourceVersion - home.startVersion;
    this.#firstSeen = standing.firstSeenMs - home.startMs;
    this.state = standing.state;
  }

  get cluster(): string {
    return this.#home.cluster;
  }

  get ordinal(): number {
    return this.#home.ordinal;
  }

  get name(): string {
    return this.#subject.rowName;
  }

  get identity(): Subject {
    return this.#subject;
  }

  get shape(): Shape {
    return this.#shape;
  }

  get isPart(): boolean {
    return this.#shape.isPart;
  }

  get health(): Health {
    return this.#shape.health;
  }

  get reason(): string {
    return this.#shape.reason;
  }

  /** Of the record: u. */
  get uid(): string {
    return uidOf(this.#data);
  }

  get resourceVersion(): number {
    return this.#home.startVersion + this.#version;
  }

  get firstSeenMs(): number {
    return this.#home.startMs + this.#firstSeen;
  }

  get record(): ReceivedRecord {
    return newest.row === this && newest.record !== undefined ? newest.record : this.#unpack();
  }

  /** Whether this is the row's record. */
  has({ subject, shape, data }: Parts): boolean {
    return subject === this.#subject && shape === this.#shape && data === this.#data;
  }

  /** The same record at a later version, in this state. */
  at(resourceVersion: number, state: ReportState = this.state): PackedRow {
    const parts = { subject: this.#subject, shape: this.#shape, data: this.#data };
    return new PackedRow(this.#home, parts, { state, resourceVersion, firstSeenMs: this.firstSeenMs });
  }

  #unpack(): ReceivedRecord {
    const { group, kind, namespace, name } = this.#subject;
    const record = { g: group, v: "", k: kind, ns: namespace, n: name };
    this.#shape.form.fill(record, this.#data);
    newest.row = this;
    newest.record = record as ReceivedRecord;
    return newest.record;
  }
}

/** The record that was read last: who shows a row reads its record several times in a row. */
const newest: { row: PackedRow | undefined; record: ReceivedRecord | undefined } = {
  row: undefined,
  record: undefined,
};

/** A row as of a later version: what a watch tells of one that no longer matches. */
export function atVersion<R extends WorkloadRow | ClusterRow | FleetWorkloadRow>(row: R, resourceVersion: number): R {
  if (row instanceof PackedRow) return row.at(resourceVersion) as WorkloadRow as R;
  return { ...row, resourceVersion };
}
