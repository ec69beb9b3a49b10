// A process of simulated agents: it posts what agents post, compressed as they do, and holds each answer against the
// protocol. An answer that a correct agent would not get ends the bench.
import { setTimeout as timeout } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { reportPath } from "../../shared/wire/group.ts";
import type { AnswerStatus } from "../../shared/wire/report.ts";
import { agentUser } from "../../manager/ocm/identity.ts";
import { serveCalls } from "./hub-child.ts";
import { Lanes } from "./hub-lanes.ts";
import type { Answered, Target } from "./hub-lanes.ts";
import { clusterName, deltaText, FleetReports } from "./hub-reports.ts";
import type { AgentState } from "./hub-reports.ts";
import { steadily, TICK_MS } from "./hub-steadily.ts";
import { machineMs } from "./process-figures.ts";

/** As agents do: what is shorter travels as it is. */
const PLAIN_BYTES_MAX = 1024;
/** A manager that is not there yet, or does not lead yet, is asked again after this time. */
const RETRY_MS = 200;

export interface AgentCalls {
  /** Makes the agents. What they have to say takes this many bytes as JSON: their records alone. */
  prepare(wanted: { clusters: number; workloads: number }): Promise<{ recordBytes: number }>;
  connect(wanted: { target: Target; connections: number }): Promise<void>;
  /** Every agent sends its snapshot, as fast as they are taken. */
  flood(wanted: object): Promise<Done>;
  /** Every agent finds out within a heartbeat that the manager knows nothing, and sends its snapshot when it is told to. */
  resync(wanted: { heartbeatMs: number }): Promise<Done>;
  /** Heartbeats spread evenly. */
  heartbeats(wanted: { everyMs: number; seconds: number }): Promise<Acknowledged>;
  /** Changes of one row, of agents taken at random; the first has this mark. */
  changes(wanted: { perSecond: number; seconds: number; firstMark: number }): Promise<Changed>;
  /** Every agent always has a change to tell, and tells it when the manager lets it. */
  paced(wanted: { seconds: number; firstMark: number }): Promise<Paced>;
}

interface Done {
  /** When the last answer came, and the first snapshot was sent: machine's monotonic clock. */
  doneMs: number;
  firstMs: number;
  /** The widest window that an agent was told. */
  windowMs: number;
}

interface Acknowledged {
  sent: number;
  /** How long each answer took. */
  ms: Float64Array;
}

interface Changed extends Acknowledged {
  /** When the report of each mark was handed to a connection, from the first mark on. */
  sentMs: Float64Array;
}

interface Paced extends Acknowledged {
  /** What the manager asked for last. */
  paceMs: number;
}

/** What is known of one agent. */
interface Agent {
  name: string;
  path: string;
  user: string;
  snapshot: Buffer;
  states: readonly [AgentState, AgentState];
  /** What it has told whom it talks to now. */
  told: Told;
  isBusy: boolean;
}

/** The newest report, and in which of both states the workload is there that changes. */
interface Told {
  sequence: number;
  state: 0 | 1;
}

let agents: Agent[] = [];
/** Whose heartbeat is next. */
let nextBeat = 0;
let lanes: Lanes | undefined;
/** By the port of whom the agents talk to: what one was told another does not know. */
const toldBy = new Map<number, Told[]>();

serveCalls({
  prepare: async ({ clusters, workloads }: Parameters<AgentCalls["prepare"]>[0]) => {
    const reports = new FleetReports(workloads);
    let recordBytes = 0;
    agents = Array.from({ length: clusters }, (_, index) => {
      const name = clusterName(index);
      const words = reports.words(index);
      recordBytes += words.recordBytes;
      const snapshot = zstdCompressSync(words.snapshot);
      const { states } = words;
      const fixed = { name, path: reportPath(name), user: agentUser(name), snapshot, states };
      return { ...fixed, told: afterSnapshot(), isBusy: false };
    });
    return { recordBytes };
  },
  connect: async ({ target, connections }: Parameters<AgentCalls["connect"]>[0]) => {
    lanes?.close();
    lanes = new Lanes(target, connections);
    const told = toldBy.get(target.port) ?? agents.map(afterSnapshot);
    toldBy.set(target.port, told);
    for (const [index, agent] of agents.entries()) agent.told = told[index] ?? afterSnapshot();
  },
  flood: async () => inParallel(agents, async (agent) => sendSnapshot(agent)),
  resync: async ({ heartbeatMs }: Parameters<AgentCalls["resync"]>[0]) => {
    let widestMs = 0;
    const done = await inParallel(agents, async (agent) => {
      await timeout(Math.random() * heartbeatMs);
      const { resync, windowMs = 0 } = await untilAnswered(agent, async () => sendDelta(agent));
      if (!resync) throw new Error(`the manager knows ${agent.name}: wanted is one that has just started`);
      widestMs = Math.max(widestMs, windowMs);
      await timeout(Math.random() * windowMs);
      await sendSnapshot(agent);
    });
    return { ...done, windowMs: widestMs };
  },
  heartbeats: async ({ everyMs, seconds }: Parameters<AgentCalls["heartbeats"]>[0]) => {
    const perSecond = (agents.length * 1000) / everyMs;
    const ms = await steadily(perSecond, seconds, async () => taken(beatingAgent()));
    return { sent: ms.length, ms };
  },
  changes: async ({ perSecond, seconds, firstMark }: Parameters<AgentCalls["changes"]>[0]) => {
    const sentMs = new Float64Array(perSecond * seconds);
    const ms = await steadily(perSecond, seconds, async (turn) => {
      const agent = await idleAgent();
      sentMs[turn] = machineMs();
      return taken(agent, firstMark + turn);
    });
    return { sent: ms.length, ms, sentMs };
  },
  paced: async ({ seconds, firstMark }: Parameters<AgentCalls["paced"]>[0]) => {
    const endMs = machineMs() + seconds * 1000;
    const ms: number[] = [];
    let paceMs = 0;
    let mark = firstMark;
    await inParallel(agents, async (agent) => {
      // They did not all begin at the same moment.
      await timeout(Math.random() * 1000);
      while (machineMs() < endMs) {
        const startMs = machineMs();
        mark += 1;
        const status = await change(agent, mark);
        ms.push(machineMs() - startMs);
        paceMs = status.paceMs;
        await timeout(Math.max(0, Math.min(startMs + paceMs, endMs) - machineMs()));
      }
    });
    return { sent: ms.length, ms: Float64Array.from(ms), paceMs };
  },
});

function afterSnapshot(): Told {
  return { sequence: 1, state: 0 };
}

async function inParallel(all: readonly Agent[], act: (agent: Agent) => Promise<void>): Promise<Done> {
  const firstMs = machineMs();
  await Promise.all(all.map(act));
  return { doneMs: machineMs(), firstMs, windowMs: 0 };
}

/** One after the other: an agent beats regularly. */
function beatingAgent(): Agent {
  const agent = agents[nextBeat % agents.length];
  nextBeat += 1;
  if (agent?.isBusy !== false) throw new Error("an agent's heartbeat is due before its last one was answered");
  agent.isBusy = true;
  return agent;
}

/** Any that has no report under way: an agent has one at a time. */
async function idleAgent(): Promise<Agent> {
  for (let tries = 1; ; tries += 1) {
    const agent = agents[Math.floor(Math.random() * agents.length)];
    if (agent?.isBusy === false) {
      agent.isBusy = true;
      return agent;
    }
    if (tries % agents.length === 0) await timeout(TICK_MS);
  }
}

/** Sends a heartbeat, or a change with this mark, that has to be taken in. */
async function taken(agent: Agent, mark?: number): Promise<number> {
  const startMs = machineMs();
  if (mark === undefined) await heartbeat(agent);
  else await change(agent, mark);
  return machineMs() - startMs;
}

async function heartbeat(agent: Agent): Promise<AnswerStatus> {
  return accepted(agent, await sendDelta(agent));
}

async function change(agent: Agent, mark: number): Promise<AnswerStatus> {
  agent.told.state = agent.told.state === 0 ? 1 : 0;
  return accepted(agent, await sendDelta(agent, mark));
}

function accepted(agent: Agent, answered: Answered): AnswerStatus {
  const status = statusOf(agent, answered);
  if (status.resync)
    throw new Error(`a report of ${agent.name} was not taken in: its totals or its sequence are wrong`);
  return status;
}

async function sendDelta(agent: Agent, mark?: number): Promise<Answered> {
  const { told, states } = agent;
  told.sequence += 1;
  const text = Buffer.from(deltaText(told.sequence, states[told.state], mark));
  const body = text.length <= PLAIN_BYTES_MAX ? text : zstdCompressSync(text);
  const headers = mark === undefined ? "" : `X-Bench-Mark: ${mark}\r\n`;
  try {
    return await post(agent, body, headers);
  } finally {
    agent.isBusy = false;
  }
}

async function sendSnapshot(agent: Agent): Promise<void> {
  Object.assign(agent.told, afterSnapshot());
  const status = await untilAnswered(agent, async () => post(agent, agent.snapshot));
  if (status.resync) throw new Error(`the snapshot of ${agent.name} was not taken in: its totals are wrong`);
}

async function post({ path, user }: Agent, body: Buffer, headers = ""): Promise<Answered> {
  if (lanes === undefined) throw new Error("there are no connections: wanted is connect() first");
  return lanes.post({ path, user, body, headers });
}

/** Asks until a manager leads that expects the cluster. */
async function untilAnswered(agent: Agent, send: () => Promise<Answered>): Promise<AnswerStatus> {
  for (;;) {
    const answered = await send().catch(() => undefined);
    if (answered !== undefined && answered.status !== 503 && answered.status !== 404) return statusOf(agent, answered);
    await timeout(RETRY_MS);
  }
}

function statusOf(agent: Agent, { status, body }: Answered): AnswerStatus {
  if (status !== 201) throw new Error(`a report of ${agent.name} was answered ${status}: ${body.slice(0, 500)}`);
  return (JSON.parse(body) as { status: AnswerStatus }).status;
}
