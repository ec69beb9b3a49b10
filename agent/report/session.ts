// The agent's side of the report protocol as a state machine without I/O: what the hub holds, what to send next,
// what an answer means. One report is under way at a time. Whenever the hub's state is in doubt, a snapshot follows.
// A session may begin with a recall: the question what the hub still holds of an earlier agent.
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { PROTOCOL } from "../../shared/wire/report.ts";
import type { AnswerStatus, Installation, KindState, Report } from "../../shared/wire/report.ts";
import { PAYLOAD_BYTES_MAX, deltaBytes, selectRecords } from "./selection.ts";
import type { Candidates, SizedRecord } from "./selection.ts";

/** All that a report is made of, at the moment of sending. */
export interface Facts extends Pick<Report, "kruiseHistory" | "leftOut" | "waitedMs"> {
  candidates: Candidates;
  kruise: Installation;
  kinds: KindState[];
  byHealth: Report["totals"]["byHealth"];
}

export interface SessionOptions {
  agent: Report["agent"];
  /** Start of the agent, in milliseconds since 1970. */
  epochMs: number;
  /** Most bytes of records and removals in one report. */
  limitBytes?: number;
  /** Ask first what the hub still holds of an earlier agent. */
  recall?: boolean;
}

/**
 * Acknowledged: the hub now holds what was sent. Resync: it took nothing in and wants a snapshot.
 * Outvoted: a newer agent speaks for this cluster. Recalled: it has told what it held before.
 */
export type Outcome = "Acknowledged" | "Resync" | "Outvoted" | "Recalled";

/** A limit below this leaves no room for records at all: numbers are always told. */
const LIMIT_LEAST_BYTES = 1024;
/** Keys that are noted before a snapshot is the smaller thing to remember; objects may come and go while the hub is away. */
const DIRTY_MAX = 10_000;

interface Change {
  key: string;
  before: SizedRecord | undefined;
  after: SizedRecord | undefined;
}

export class ReportSession {
  readonly #agent: Report["agent"];
  readonly #limitMostBytes: number;
  #limitBytes: number;
  #epochMs: number;
  /** Still to be asked; a recall under way is told by the form. */
  #recall: boolean;
  #sequence = 0;
  #nowMs = 0;
  #managerEpoch: number | undefined;
  /** What the hub holds once the report under way is taken in; undefined: not known. */
  #held: Map<string, SizedRecord> | undefined;
  #digest = new ReportDigest();
  /** Keys that may differ from what the hub holds. */
  readonly #dirty = new Set<string>();
  /** True while the hub holds less than everything. */
  #leftOut = false;
  #sentForm: Report["form"] = "snapshot";
  /** Changes of the report under way, to take back when it was refused. */
  #underWay: Change[] = [];
  /** The manager takes deltas that leave out what it knows. */
  #brief = false;
  /** What the hub knows of the cluster beside its records, as JSON; undefined: not known. */
  #told: string | undefined;
  /** The same once the report under way is taken in. */
  #telling: string | undefined;

  constructor({ agent, epochMs, limitBytes = PAYLOAD_BYTES_MAX, recall = false }: SessionOptions) {
    this.#agent = agent;
    this.#epochMs = epochMs;
    this.#limitMostBytes = limitBytes;
    this.#limitBytes = limitBytes;
    this.#recall = recall;
  }

  /** Whether a recall comes before the first snapshot. */
  get recalls(): boolean {
    return this.#recall;
  }

  /** Most bytes of records and removals in one report, now. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Notes that a workload's record was changed, came or went. */
  note(key: string): void {
    if (this.#held === undefined) return;
    this.#dirty.add(key);
    if (this.#dirty.size > this.#held.size + DIRTY_MAX) this.lose();
  }

  /** Goes on without knowing what the hub holds of an earlier agent. */
  forgo(): void {
    this.#recall = false;
  }

  /** A report was too large for somebody on the way: from now on half of it. */
  shrink(): void {
    const half = Math.floor(this.#limitBytes / 2);
    this.#limitBytes = half < LIMIT_LEAST_BYTES ? 0 : half;
  }

  /** Tries again what was too large: a quarter more, up to the limit of the start. */
  grow(): void {
    const more = Math.max(LIMIT_LEAST_BYTES, Math.ceil(this.#limitBytes * 1.25));
    this.#limitBytes = Math.min(this.#limitMostBytes, more);
  }

  /** Composes the next report; from here on the session assumes that it arrives. `nowMs` is the agent's clock. */
  next(facts: Facts, nowMs: number): Report {
    this.#nowMs = Math.floor(nowMs);
    if (this.#recall) return this.#report(facts, { form: "recall", records: [], removed: [] });
    const wanted = selectRecords(facts.candidates, this.#limitBytes);
    const changes = this.#delta(wanted, facts.candidates);
    this.#dirty.clear();
    this.#sequence += 1;
    if (changes === undefined) return this.#snapshot(facts, wanted);

    for (const change of changes) this.#hold(change);
    this.#underWay = changes;
    const records = changes.flatMap(({ after }) => (after === undefined ? [] : [after.record]));
    const removed = changes.flatMap(({ key, after }) => (after === undefined ? [key] : []));
    return this.#report(facts, { form: "delta", records, removed });
  }

  /** Takes in the manager's answer to the report under way. */
  answer(status: AnswerStatus): Outcome {
    this.#brief = status.brief === true;
    if (this.#sentForm === "recall") {
      this.#recall = false;
      // Whoever starts later speaks for the cluster, also when its clock was set back.
      this.#epochMs = Math.min(Math.max(this.#epochMs, status.epoch + 1), Number.MAX_SAFE_INTEGER);
      return "Recalled";
    }
    const outcome = this.#judge(status);
    if (outcome === "Acknowledged") this.#told = this.#telling;
    else this.lose();
    this.#managerEpoch = status.managerEpoch;
    this.#underWay = [];
    return outcome;
  }

  /** The report under way was refused before the manager saw it: all is as before it. */
  refuse(): void {
    if (this.#sentForm === "recall") return;
    this.#sequence -= 1;
    if (this.#sentForm === "snapshot") return this.lose();
    for (const { key, before, after } of this.#underWay) {
      this.#hold({ key, before: after, after: before });
      this.#dirty.add(key);
    }
    this.#underWay = [];
  }

  /** Nobody knows what the hub holds now: the next report is a snapshot. */
  lose(): void {
    this.#held = undefined;
    this.#told = undefined;
    this.#dirty.clear();
    this.#underWay = [];
  }

  #judge(status: AnswerStatus): Outcome {
    if (status.resync) return "Resync";
    if (status.epoch !== this.#epochMs) return "Outvoted";
    if (status.sequence !== this.#sequence) return "Resync";
    // A manager that has begun anew can hold no more than the report that it has just acknowledged.
    const begunAnew = this.#managerEpoch !== undefined && this.#managerEpoch !== status.managerEpoch;
    return begunAnew && this.#sentForm === "delta" ? "Resync" : "Acknowledged";
  }

  /** The changes to send as a delta; undefined when a snapshot is due or smaller. */
  #delta(wanted: ReadonlyMap<string, SizedRecord>, candidates: Candidates): Change[] | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    // Once records are left out, one change can move others in or out: then all keys count.
    const everything = wanted === candidates.records && !this.#leftOut;
    const { resting } = candidates;
    const keys = everything ? this.#dirty : new Set([...held.keys(), ...wanted.keys()]);
    const changes: Change[] = [];
    for (const key of keys) {
      const before = held.get(key);
      const after = wanted.get(key);
      // What flaps is not news at every turn: it is noted when it is.
      if (before && after && resting?.has(key) && !this.#dirty.has(key)) continue;
      if (before !== after) changes.push({ key, before, after });
    }
    const removed = changes.flatMap(({ key, after }) => (after === undefined ? [key] : []));
    const changed = changes.flatMap(({ after }) => (after === undefined ? [] : [after]));
    return deltaBytes(changed, removed) <= this.#limitBytes ? changes : undefined;
  }

  #snapshot(facts: Facts, wanted: ReadonlyMap<string, SizedRecord>): Report {
    this.#held = new Map(wanted);
    this.#digest = new ReportDigest();
    this.#underWay = [];
    for (const { record } of wanted.values()) this.#digest.toggle(record);
    const records = Array.from(wanted.values(), ({ record }) => record);
    return this.#report(facts, { form: "snapshot", records, removed: [] });
  }

  #hold({ key, before, after }: Change): void {
    if (before !== undefined) this.#digest.toggle(before.record);
    if (after === undefined) {
      this.#held?.delete(key);
    } else {
      this.#digest.toggle(after.record);
      this.#held?.set(key, after);
    }
  }

  #report(facts: Facts, body: { form: Report["form"]; records: WorkloadRecord[]; removed: string[] }): Report {
    this.#sentForm = body.form;
    const count = this.#held?.size ?? 0;
    const { records, beyond = 0 } = facts.candidates;
    this.#leftOut = records.size > count;
    const about = aboutCluster(facts);
    this.#telling = JSON.stringify(about);
    const isKnown = this.#brief && body.form === "delta" && this.#telling === this.#told;
    return {
      apiVersion: API_VERSION,
      kind: "KruiseHealthReport",
      protocol: PROTOCOL,
      agent: this.#agent,
      epoch: this.#epochMs,
      // A recall is not counted: the snapshot after it has the same sequence.
      sequence: Math.max(1, this.#sequence),
      sentMs: this.#nowMs,
      ...(facts.waitedMs !== undefined && { waitedMs: facts.waitedMs }),
      form: body.form,
      ...(isKnown ? {} : about),
      totals: { count, digest: this.#digest.value, byHealth: facts.byHealth },
      records: body.records,
      removed: body.removed,
      truncated: records.size - count + beyond,
    };
  }
}

function aboutCluster({ kruise, kruiseHistory, kinds, leftOut }: Facts): Partial<Report> {
  return { kruise, ...(kruiseHistory && { kruiseHistory }), kinds, ...(leftOut && { leftOut }) };
}
