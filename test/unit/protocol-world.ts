// A managed cluster, its agents, a network that does what networks do, and a manager: the real parts of both sides of the
// report protocol, without timers and sockets. Time passes when a test says so.
import { ReportSession } from "../../agent/report/session.ts";
import type { Outcome } from "../../agent/report/session.ts";
import { Workloads } from "../../agent/workloads.ts";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { DEFAULT_THRESHOLDS } from "../../shared/health/thresholds.ts";
import type { Health } from "../../shared/health/verdict.ts";
import { observe } from "../../shared/kruise/observe.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { ReceivedReport } from "../../shared/wire/received.ts";
import { AnswerStatus, Report } from "../../shared/wire/report.ts";
import { cloneSet } from "./protocol-objects.ts";
import type { Look, Shape } from "./protocol-objects.ts";

export const CLUSTER = "c1";
export interface AgentOptions {
  /** How far its clock is off. */
  offMs?: number;
  limitBytes?: number;
  /** It is of a later version, that says more in every object. */
  newer?: boolean;
}

/** One agent: what it knows, its session, and the number of the report that it waits for. */
export class SimulatedAgent {
  readonly instance: string;
  readonly workloads: Workloads;
  readonly session: ReportSession;
  readonly options: AgentOptions;
  waitsFor: number | undefined;

  constructor(instance: string, nowMs: number, options: AgentOptions) {
    this.instance = instance;
    this.options = options;
    const { limitBytes = 1_000_000 } = options;
    const agent = { version: "1", ruleSet: "1", instance };
    this.session = new ReportSession({ agent, epochMs: this.clockMs(nowMs), limitBytes, recall: true });
    this.workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: (key) => this.session.note(key) });
  }

  clockMs(nowMs: number): number {
    return nowMs + (this.options.offMs ?? 0);
  }

  see(name: string, look: Look, nowMs: number): void {
    this.workloads.apply("clonesets", observe(cloneSet(name, look)), this.clockMs(nowMs));
  }

  /** Composes the next report, as it goes over the wire; this version's own words are held by the strict schema. */
  compose(nowMs: number, message: string): string {
    const { candidates, byHealth } = this.workloads;
    const kruise = { health: "Healthy", reason: "Ready", message } as const;
    const facts = { candidates, kruise, kinds: [], byHealth: { ...byHealth } };
    const report = Report.parse(JSON.parse(JSON.stringify(this.session.next(facts, this.clockMs(nowMs)))));
    return this.options.newer ? JSON.stringify(report, withMore) : JSON.stringify(report);
  }

  answer(text: string, nowMs: number): Outcome {
    const status = AnswerStatus.parse(JSON.parse(text));
    const outcome = this.session.answer(status);
    if (outcome !== "Recalled") return outcome;
    const { records = [], recordsSentMs, recordsAgeMs = 0 } = status;
    const behindMs = recordsSentMs === undefined ? 0 : this.clockMs(nowMs) - recordsAgeMs - recordsSentMs;
    const read = records.filter((record) => record !== null);
    this.workloads.adopt(read, { nowMs: this.clockMs(nowMs), behindMs });
    return outcome;
  }

  records(): WorkloadRecord[] {
    return Array.from(this.workloads.candidates.records.values(), ({ record }) => record);
  }
}

/** Adds a field to every object; counters and numbers by health are words with numbers, not fields. */
function withMore(name: string, value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && name !== "c" && name !== "byHealth" ? { ...value, more: 1 } : value;
}

interface Letter {
  from: SimulatedAgent;
  number: number;
  text: string;
}

const START_MS = Date.parse("2026-01-01T00:00:00Z");

export class World {
  nowMs = START_MS;
  readonly cluster = new Map<string, Look>();
  /** The living ones, the oldest first. */
  readonly agents: SimulatedAgent[] = [];
  readonly requests: Letter[] = [];
  readonly answers: Letter[] = [];
  /** All that was ever sent: it may come again at any time. */
  readonly #archive: Letter[] = [];
  /** An older manager does not know of recalls. */
  managerKnowsRecall = true;
  /** Nor of deltas that leave out what is as before. */
  managerKnowsBrief = true;
  /** What there is to say of the OpenKruise installation. */
  message = "";
  fleet: Fleet;
  #managerOffMs = 0;
  #count = 0;

  constructor(options: AgentOptions = {}) {
    this.fleet = this.#newFleet();
    this.startAgent(options);
  }

  /** The manager starts anew, with an empty memory, perhaps on another clock. */
  restartManager(offMs: number): void {
    this.#managerOffMs = offMs;
    this.nowMs += 1;
    this.fleet = this.#newFleet();
  }

  startAgent(options: AgentOptions): void {
    this.#count += 1;
    const agent = new SimulatedAgent(`pod-${this.#count}`, this.nowMs, options);
    for (const [name, look] of this.cluster) agent.see(name, look, this.nowMs);
    this.agents.push(agent);
  }

  change(name: string, shape: Shape, pods = 3): void {
    const look = { shape, pods };
    this.cluster.set(name, look);
    for (const agent of this.agents) agent.see(name, look, this.nowMs);
  }

  remove(name: string): void {
    this.cluster.delete(name);
    for (const agent of this.agents) agent.workloads.remove(`cloneset.shop.${name}`);
  }

  /** Lets time pass, in steps no longer than a heartbeat. */
  pass(ms: number): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= 30_000) {
      this.nowMs += Math.min(leftMs, 30_000);
      for (const agent of this.agents) agent.workloads.tick(agent.clockMs(this.nowMs));
      this.fleet.sweep();
    }
  }

  /** An agent sends a report, unless it waits for an answer. */
  send(agent: SimulatedAgent): void {
    if (agent.waitsFor !== undefined) return;
    this.#count += 1;
    agent.waitsFor = this.#count;
    const letter = { from: agent, number: this.#count, text: agent.compose(this.nowMs, this.message) };
    this.requests.push(letter);
    this.#archive.push(letter);
  }

  /** A report that was sent once arrives again, or for the first time although everybody has given it up. */
  repeat(index: number): void {
    const letter = this.#archive[index % Math.max(1, this.#archive.length)];
    if (letter !== undefined) this.requests.push(letter);
  }

  /** The manager takes in one of the reports that are on their way, whichever it is. */
  deliver(index: number): void {
    const [letter] = this.requests.splice(index % Math.max(1, this.requests.length), 1);
    if (letter === undefined) return;
    const report = ReceivedReport.parse(JSON.parse(letter.text));
    if (report.form === "recall" && !this.managerKnowsRecall) {
      if (letter.from.waitsFor === letter.number) this.#forgo(letter.from);
      return;
    }
    if (report.kruise === undefined && !this.managerKnowsBrief) {
      if (letter.from.waitsFor === letter.number) this.giveUp(letter.from);
      return;
    }
    const { brief, ...status } = this.fleet.apply(CLUSTER, report);
    const text = JSON.stringify({ ...status, ...(this.managerKnowsBrief && { brief }) });
    this.answers.push({ ...letter, text });
  }

  /** One of the answers arrives; nobody listens to one that is late. */
  deliverAnswer(index: number): void {
    const [letter] = this.answers.splice(index % Math.max(1, this.answers.length), 1);
    if (letter === undefined || letter.from.waitsFor !== letter.number) return;
    letter.from.waitsFor = undefined;
    letter.from.answer(letter.text, this.nowMs);
  }

  /** An agent gives up waiting; its report or the answer may still be on the way. */
  giveUp(agent: SimulatedAgent): void {
    if (agent.waitsFor === undefined) return;
    agent.waitsFor = undefined;
    agent.session.lose();
  }

  /** Somebody before the manager turns a report away: it never arrives, not even late. */
  refuse(agent: SimulatedAgent, tooLarge: boolean): void {
    if (agent.waitsFor !== undefined) return;
    agent.compose(this.nowMs, this.message);
    agent.session.refuse();
    if (tooLarge) agent.session.shrink();
  }

  /** One report and its answer, undisturbed. */
  exchange(agent: SimulatedAgent): void {
    this.giveUp(agent);
    this.send(agent);
    this.deliver(this.requests.length - 1);
    if (this.answers.length > 0) this.deliverAnswer(this.answers.length - 1);
  }

  /** The network is quiet from now on: each agent reports once a heartbeat. Answers who was heard in the last rounds. */
  quiet(): string[] {
    while (this.requests.length > 0) this.deliver(0);
    while (this.answers.length > 0) this.deliverAnswer(0);
    const heard: string[] = [];
    for (let round = 0; round < 12; round++) {
      this.pass(30_000);
      for (const agent of this.agents) for (let i = 0; i < 2; i++) this.exchange(agent);
      heard.push(this.fleet.cluster(CLUSTER)?.agent?.instance ?? "");
    }
    return heard.slice(-3);
  }

  held(): ReceivedRecord[] {
    return this.fleet.workloads(CLUSTER).map(({ record }) => record);
  }

  byHealth(): Record<Health, number> | undefined {
    return this.fleet.cluster(CLUSTER)?.byHealth;
  }

  #forgo(agent: SimulatedAgent): void {
    agent.waitsFor = undefined;
    agent.session.lose();
    agent.session.forgo();
  }

  #newFleet(): Fleet {
    const epochMs = this.nowMs + this.#managerOffMs;
    const clock = { monotonicMs: () => this.nowMs, wallMs: () => this.nowMs + this.#managerOffMs };
    const fleet = new Fleet({ clock, epochMs, staleAfterMs: 90_000, heartbeatMs: 30_000, changesKept: 100 });
    fleet.expect(CLUSTER);
    return fleet;
  }
}
