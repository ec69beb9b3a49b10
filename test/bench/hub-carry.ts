// What one manager carries: memory and time of a start, the price of idle agents, how soon changes are told, and lists. Each
// figure stands beside the same done by an empty fastify, or the bytes that one would keep without any thought.
import type { AgentCalls } from "./hub-agents.ts";
import { startChild } from "./hub-child.ts";
import type { Child } from "./hub-child.ts";
import type { EmptyCalls } from "./hub-empty.ts";
import type { Target } from "./hub-lanes.ts";
import { measureLists } from "./hub-lists.ts";
import { HubStage } from "./hub-stage.ts";
import type { ManagerProcess } from "./hub-stage.ts";
import { measureWatches } from "./hub-watches.ts";
import type { Amounts } from "./hub.ts";
import { percentile, printFigure } from "./figure.ts";
import { cpuSeconds, peakMegabytes, restingMegabytes } from "./process-figures.ts";

const MEGABYTE = 1024 * 1024;
const HEARTBEAT_MS = 30_000;
const LOOKS = 10;
const WARM_UP_SECONDS = 20;
const WARM_UP_EVERY_MS = 3;
/** About what a change of one row takes on a watch. */
const LINE_BYTES = 1_500;

/** A manager that has the whole fleet, an empty server beside it, and who talks to both. */
export interface Carrier {
  /** clusters x workloads. */
  name: string;
  rows: number;
  amounts: Amounts;
  manager: ManagerProcess;
  agents: Child<AgentCalls>;
  empty: { pid: number; target: Target };
  /** Bytes of all records as JSON. */
  recordBytes: number;
  /** Resolves when the manager has nothing more to write on the hub. */
  untilQuiet: () => Promise<void>;
  /** Has the agents talk to one of both. */
  talkTo: (target: Target) => Promise<void>;
}

/** Measures the parts that are wanted of a fleet of this size. */
export async function measureCarry(amounts: Amounts, parts: readonly string[]): Promise<void> {
  await withCarrier(amounts, async (carrier) => {
    await measureStart(carrier);
    if (parts.includes("idle")) await measureIdle(carrier);
    if (parts.includes("watches")) await measureWatches(carrier);
    if (parts.includes("lists")) await measureLists(carrier);
    await measureRest(carrier, "after-all");
  });
}

/** Starts everything; the manager leads, and knows nothing. */
export async function withCarrier(amounts: Amounts, work: (carrier: Carrier) => Promise<void>): Promise<void> {
  const { clusters, workloads, connections, memory } = amounts;
  const agents = startChild<AgentCalls>("hub-agents.ts");
  const server = startChild<EmptyCalls>("hub-empty.ts");
  const preparing = agents.call("prepare", { clusters, workloads });
  const stage = await HubStage.start({ clusters, memory, flags: amounts.flags });
  const { recordBytes } = await preparing;
  const manager = await stage.startManager();
  try {
    const port = await server.call("listen", { ...stage.serving, clientCa: stage.frontProxyCa, lineBytes: LINE_BYTES });
    const talkTo = async (target: Target): Promise<void> => agents.call("connect", { target, connections });
    await talkTo(manager.target);
    const empty = { pid: server.pid, target: { ...manager.target, port } };
    const name = `${clusters}x${workloads}`;
    const untilQuiet = async (): Promise<void> => stage.untilQuiet();
    const rows = clusters * workloads;
    await work({ name, rows, amounts, manager, agents, empty, recordBytes, untilQuiet, talkTo });
  } finally {
    await manager.stop();
    await Promise.all([agents.stop(), server.stop()]);
    await stage.close();
  }
}

/** A start: all agents find out that the manager knows nothing, and tell it all within the window that it gives them. */
async function measureStart({ name, manager, agents, recordBytes }: Carrier): Promise<void> {
  const { doneMs, windowMs } = await agents.call("resync", { heartbeatMs: HEARTBEAT_MS });
  // Whoever is slowest to notice, and then has the last moment of the window.
  const leastSeconds = (HEARTBEAT_MS + windowMs) / 1000;
  printFigure(`hub-start-to-complete-${name}`, (doneMs - manager.startedMs) / 1000, "s", leastSeconds);
  printFigure(`hub-rss-peak-of-start-${name}`, await peakMegabytes(manager.pid), "MB", recordBytes / MEGABYTE);
}

/** Heartbeats at the pace that the manager asks for. */
async function measureIdle(carrier: Carrier): Promise<void> {
  const { name, manager, empty } = carrier;
  await measureRest(carrier, "at-rest");
  const ours = await beat(carrier, manager);
  const theirs = await beat(carrier, empty);
  printFigure(`hub-idle-heartbeats-cpu-${name}`, ours.core, "percent-of-a-core", theirs.core);
  for (const share of [0.5, 0.99]) {
    const [value = Number.NaN, baseline = Number.NaN] = [ours, theirs].map(({ ms }) => percentile([...ms], share));
    printFigure(`hub-heartbeat-answered-p${share * 100}-${name}`, value, "ms", baseline);
  }
}

/** What a server spends on the heartbeats of all agents, in percent of a core, and how soon it answers. */
export async function beat(
  { agents, amounts, talkTo, manager }: Carrier,
  server: { pid: number; target: Target },
): Promise<{ core: number; ms: Float64Array }> {
  await talkTo(server.target);
  // As many for every size of fleet, for the compiler: an idle manager runs for weeks.
  await agents.call("heartbeats", { everyMs: amounts.clusters * WARM_UP_EVERY_MS, seconds: WARM_UP_SECONDS });
  const before = await cpuSeconds(server.pid);
  const { ms } = await agents.call("heartbeats", { everyMs: HEARTBEAT_MS, seconds: amounts.seconds });
  const core = (((await cpuSeconds(server.pid)) - before) / amounts.seconds) * 100;
  await talkTo(manager.target);
  return { core, ms };
}

/** Resident memory beside the bytes of the records as JSON. */
async function measureRest({ name, manager, recordBytes, untilQuiet }: Carrier, when: string): Promise<void> {
  await untilQuiet();
  const [resting = Number.NaN] = await restingMegabytes([manager.pid], LOOKS);
  printFigure(`hub-rss-${when}-${name}`, resting, "MB", recordBytes / MEGABYTE);
}
