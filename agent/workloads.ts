// Every workload of the cluster: its latest observation, its history, its record. Memory only, no clock, no I/O:
// the caller says what was seen and what time it is, and is told which records changed.
import { escalate } from "../shared/health/escalate.ts";
import type { History, Thresholds } from "../shared/health/history.ts";
import type { Health } from "../shared/health/verdict.ts";
import { toRecord } from "../shared/kruise/condense.ts";
import type { Observation } from "../shared/kruise/observe.ts";
import type { WorkloadRecord } from "../shared/kruise/record.ts";
import type { Candidates, SizedRecord } from "./report/selection.ts";
import { Tally } from "./tally.ts";
import { Warnings } from "./warnings.ts";
import type { WarningAbout } from "./warnings.ts";

interface Entry extends SizedRecord {
  /** Plural of the kind's resource: what a list replaces. */
  plural: string;
  observation: Observation;
  history: History;
  dueAtMs: number;
}

export interface WorkloadsOptions {
  thresholds: Thresholds;
  /** Called with the key of every record that changed, came or went. */
  onChange: (key: string) => void;
}

const NEVER = Number.POSITIVE_INFINITY;

export class Workloads {
  readonly #thresholds: Thresholds;
  readonly #onChange: (key: string) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #tally = new Tally();
  /** No verdict changes by time alone before this. */
  #nextDueMs = NEVER;
  #kruiseHealthy = true;
  readonly #warnings = new Warnings();
  /** Feature gates of OpenKruise that are known to be off. */
  #gatesOff: ReadonlySet<string> = new Set();

  constructor({ thresholds, onChange }: WorkloadsOptions) {
    this.#thresholds = thresholds;
    this.#onChange = onChange;
  }

  /** Takes in an object as it is now. */
  apply(plural: string, observation: Observation, nowMs: number): void {
    this.#judge(observation, { plural, nowMs, history: this.#entries.get(observation.key)?.history });
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#tally.remove(key, entry);
    this.#entries.delete(key);
    this.#warnings.forget(key);
    this.#onChange(key);
  }

  /** Takes in a Warning event: of a workload that is known it counts at once, of another one when it comes. */
  warn(about: WarningAbout, nowMs: number): void {
    const entry = this.#warnings.note(about, nowMs) ? this.#entries.get(about.key) : undefined;
    if (entry !== undefined) this.#judge(entry.observation, { ...entry, nowMs });
  }

  /** Removes the workloads of a kind that a complete list did not name. */
  retain(plural: string, named: ReadonlySet<string>): void {
    for (const [key, entry] of this.#entries) if (entry.plural === plural && !named.has(key)) this.remove(key);
  }

  /** Judges again what time alone may have changed. */
  tick(nowMs: number): void {
    this.#warnings.expire(nowMs);
    if (nowMs >= this.#nextDueMs) this.#judgeAll(nowMs, (entry) => entry.dueAtMs <= nowMs);
  }

  /** Whether the OpenKruise installation is healthy: while it is not, nothing newly turns Degraded by time. */
  setKruiseHealthy(healthy: boolean, nowMs: number): void {
    if (healthy === this.#kruiseHealthy) return;
    // Standing still is counted from the moment of return: that moment is noted while the outage still holds.
    if (healthy) this.#judgeAll(nowMs, () => true);
    this.#kruiseHealthy = healthy;
    this.#judgeAll(nowMs, () => true);
  }

  /** Which feature gates of OpenKruise are known to be off. */
  setGatesOff(gates: ReadonlySet<string>, nowMs: number): void {
    if (gates.symmetricDifference(this.#gatesOff).size === 0) return;
    this.#gatesOff = gates;
    this.#judgeAll(nowMs, () => true);
  }

  get candidates(): Candidates {
    return { records: this.#entries, bytes: this.#tally.bytes };
  }

  get byHealth(): Readonly<Record<Health, number>> {
    return this.#tally.byHealth;
  }

  /** Degraded and Unknown workloads, worst first, then the longest so, then by key. */
  worst(limit: number): WorkloadRecord[] {
    return this.#tally.worst(limit);
  }

  #judgeAll(nowMs: number, which: (entry: Entry) => boolean): void {
    this.#nextDueMs = NEVER;
    for (const entry of this.#entries.values()) {
      if (which(entry)) this.#judge(entry.observation, { ...entry, nowMs });
      else this.#nextDueMs = Math.min(this.#nextDueMs, entry.dueAtMs);
    }
  }

  #judge(observation: Observation, given: { plural: string; nowMs: number; history: History | undefined }): void {
    const { key } = observation;
    const { plural, nowMs } = given;
    const context = {
      nowMs,
      thresholds: this.#thresholds,
      kruiseHealthy: this.#kruiseHealthy,
      warning: this.#warnings.of(key, observation.uid),
      gatesOff: this.#gatesOff,
    };
    const escalated = escalate(observation, given.history, context);
    const dueAtMs = escalated.dueAtMs ?? NEVER;
    this.#nextDueMs = Math.min(this.#nextDueMs, dueAtMs);

    const record = toRecord(observation, escalated, nowMs);
    const text = JSON.stringify(record);
    const previous = this.#entries.get(key);
    if (previous !== undefined && JSON.stringify(previous.record) === text) {
      // Whoever holds the old entry holds the same record: only what is ours alone is replaced.
      Object.assign(previous, { plural, observation, history: escalated.history, dueAtMs });
      return;
    }
    if (previous !== undefined) this.#tally.remove(key, previous);
    const entry = { record, bytes: Buffer.byteLength(text), plural, observation, history: escalated.history, dueAtMs };
    this.#entries.set(key, entry);
    this.#tally.add(key, entry);
    this.#onChange(key);
  }
}
