// Every workload of the cluster: its latest observation, its history, its record. Memory only, no clock, no I/O:
// the caller says what was seen and what time it is, and is told which records changed.
import type { CountedCause } from "../shared/health/causes.ts";
import { escalate } from "../shared/health/escalate.ts";
import type { History, Thresholds } from "../shared/health/history.ts";
import type { Health } from "../shared/health/verdict.ts";
import { toRecord, withCauses } from "../shared/kruise/condense.ts";
import type { Observation } from "../shared/kruise/observe.ts";
import type { WorkloadRecord } from "../shared/kruise/record.ts";
import type { ReceivedRecord } from "../shared/kruise/received-record.ts";
import { continuing, withHistory } from "../shared/kruise/transitions.ts";
import { Beyond } from "./beyond.ts";
import { Damper } from "./damper.ts";
import { Recalled, causesOf } from "./recalled.ts";
import type { RecalledAt, RecalledWorkload } from "./recalled.ts";
import type { Candidates, SizedRecord } from "./report/selection.ts";
import { Tally } from "./tally.ts";
import { Warnings } from "./warnings.ts";
import type { WarningAbout } from "./warnings.ts";

interface Entry extends SizedRecord {
  /** Plural of the kind's resource: what a list replaces. */
  plural: string;
  observation: Observation;
  history: History;
  /** When this object was first judged. */
  beganMs: number;
  dueAtMs: number;
}

/** What a verdict is made with, beside the observation. */
interface Given {
  plural: string;
  nowMs: number;
  history: History | undefined;
  recalled?: RecalledWorkload | undefined;
}

export interface WorkloadsOptions {
  thresholds: Thresholds;
  /** Called with the key of every record that changed, came or went. */
  onChange: (key: string) => void;
  /** Most records that are kept; RECORDS_MAX when not given. */
  recordsMax?: number;
}

/** So many records take about 40 MB; the heap may have 64. Of further workloads the Healthy ones are only counted. */
const RECORDS_MAX = 15_000;
const NEVER = Number.POSITIVE_INFINITY;

export class Workloads {
  readonly #thresholds: Thresholds;
  readonly #onChange: (key: string) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #tally = new Tally();
  readonly #recordsMax: number;
  readonly #beyond = new Beyond(this.#tally);
  /** No verdict changes by time alone before this. */
  #nextDueMs = NEVER;
  #kruiseHealthy = true;
  readonly #warnings = new Warnings();
  readonly #recalled = new Recalled();
  readonly #damper = new Damper();
  /** The newest time that was told. */
  #nowMs = 0;
  /** Feature gates of OpenKruise that are known to be off. */
  #gatesOff: ReadonlySet<string> = new Set();

  constructor({ thresholds, onChange, recordsMax = RECORDS_MAX }: WorkloadsOptions) {
    this.#thresholds = thresholds;
    this.#onChange = onChange;
    this.#recordsMax = recordsMax;
  }

  /** Takes in an object as it is now. */
  apply(plural: string, observation: Observation, nowMs: number): void {
    const { key, uid } = observation;
    if (!this.#hasRoom(observation)) {
      if (this.#beyond.put(key, plural, observation.base.health)) this.#onChange(key);
      return;
    }
    this.#beyond.remove(key);
    const entry = this.#entries.get(key);
    const recalled = entry === undefined ? this.#recalled.take(key, uid) : undefined;
    this.#judge(observation, { plural, nowMs, history: entry?.history ?? recalled?.history, recalled });
  }

  /** Takes in what the hub knew of an earlier agent: what has not changed since this one began keeps its dates. */
  adopt(records: readonly ReceivedRecord[], at: RecalledAt): void {
    this.#recalled.put(records, at);
    for (const [key, entry] of this.#entries) {
      const recalled = this.#recalled.take(key, entry.observation.uid);
      if (recalled === undefined) continue;
      if (entry.history.sinceMs !== entry.beganMs) {
        this.#put(key, { ...entry, record: withCauses(continuing(entry.record, recalled), entry.record.why) });
      } else this.#judge(entry.observation, { ...entry, nowMs: at.nowMs, history: recalled.history, recalled });
    }
  }

  remove(key: string): void {
    if (this.#beyond.remove(key)) this.#onChange(key);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#tally.remove(key, entry);
    this.#entries.delete(key);
    this.#warnings.forget(key);
    this.#damper.forget(key);
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
    for (const key of this.#beyond.keysOf(plural)) if (!named.has(key)) this.remove(key);
  }

  /** Judges again what time alone may have changed. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#warnings.expire(nowMs);
    this.#recalled.expire(nowMs);
    for (const key of this.#damper.due(nowMs)) this.#onChange(key);
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

  /** Takes in what a look at a workload's pods and events showed; of one that was made anew it says nothing. */
  setCauses(key: string, uid: string, causes: readonly CountedCause[]): void {
    const entry = this.#entries.get(key);
    if (entry?.record.u !== uid) return;
    const why = causes.map(({ reason: r, message: m, pods: n }) => ({ r, m, n }));
    this.#put(key, { ...entry, record: withCauses(entry.record, why) });
  }

  /** The record of a workload, and the selector of its pods. */
  find(key: string): { record: WorkloadRecord; podSelector: string | undefined } | undefined {
    const entry = this.#entries.get(key);
    return entry && { record: entry.record, podSelector: entry.observation.podSelector };
  }

  get candidates(): Candidates {
    return {
      records: this.#entries,
      bytes: this.#tally.bytes,
      ranking: this.#tally.ranking,
      resting: this.#damper.resting,
      beyond: this.#beyond.size,
    };
  }

  get byHealth(): Readonly<Record<Health, number>> {
    return this.#tally.byHealth;
  }

  /** Degraded and Unknown workloads, worst first, then the longest so, then by key. */
  worst(limit: number): WorkloadRecord[] {
    return this.#tally.worst(limit);
  }

  /** Whether a workload gets a record: a Healthy one gives its place to one that is not. */
  #hasRoom({ key, base }: Observation): boolean {
    if (this.#entries.has(key) || this.#entries.size < this.#recordsMax) return true;
    if (base.health === "Healthy") return false;
    for (const [kept, { record, plural }] of this.#entries) {
      if (record.h !== "Healthy") continue;
      this.remove(kept);
      this.#beyond.put(kept, plural, "Healthy");
      return true;
    }
    return false;
  }

  #judgeAll(nowMs: number, which: (entry: Entry) => boolean): void {
    this.#nextDueMs = NEVER;
    for (const entry of this.#entries.values()) {
      if (which(entry)) this.#judge(entry.observation, { ...entry, nowMs });
      else this.#nextDueMs = Math.min(this.#nextDueMs, entry.dueAtMs);
    }
  }

  #judge(observation: Observation, given: Given): void {
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

    this.#nowMs = nowMs;
    const previous = this.#entries.get(key);
    const isSame = previous?.observation.uid === observation.uid;
    const beganMs = isSame ? (previous?.beganMs ?? nowMs) : nowMs;
    const before = isSame ? previous?.record : undefined;
    const judged = withHistory(toRecord(observation, escalated, nowMs), given.recalled ?? before);
    const why = before?.why ?? causesOf(given.recalled, judged);
    const record = withCauses(judged, why);
    this.#put(key, { record, plural, observation, history: escalated.history, beganMs, dueAtMs });
  }

  #put(key: string, given: Omit<Entry, "bytes">): void {
    const text = JSON.stringify(given.record);
    const previous = this.#entries.get(key);
    if (previous !== undefined && JSON.stringify(previous.record) === text) {
      // Whoever holds the old entry holds the same record: only what is ours alone is replaced.
      const { plural, observation, history, beganMs, dueAtMs } = given;
      Object.assign(previous, { plural, observation, history, beganMs, dueAtMs });
      return;
    }
    if (previous !== undefined) this.#tally.remove(key, previous);
    const entry = { ...given, bytes: Buffer.byteLength(text) };
    this.#entries.set(key, entry);
    this.#tally.add(key, entry);
    const isFlapping = entry.record.notes?.includes("Flapping") === true;
    if (this.#damper.changed(key, isFlapping, this.#nowMs)) this.#onChange(key);
  }
}
