// Memory of the agent beside client-node's informer, which keeps the same CloneSets whole and does nothing with them: on an
// empty cluster, with few and many objects after a start, and under a stream of changes.
import { setTimeout as timeout } from "node:timers/promises";
import type { AgentBench, BenchProcess } from "./agent-stack.ts";
import { startAgent, startInformer } from "./agent-stack.ts";
import { steadily } from "./agent-clonesets.ts";
import { printFigure } from "./figure.ts";
import { cpuSeconds, peakMegabytes, restingMegabytes } from "./process-figures.ts";

/** Rest before the first look, and looks, one a second. */
const SETTLE_MS = 15_000;
const LOOKS = 10;
const STREAM_PER_SECOND = 100;

/** Resident memory of both on a cluster without a single CloneSet. */
export interface Empty {
  agent: number;
  informer: number;
}

/** What an empty cluster takes. */
export async function measureEmpty(bench: AgentBench): Promise<Empty> {
  return withBoth(bench, async (agent, informer) => {
    const [ours = Number.NaN, theirs = Number.NaN] = await rest(agent, informer);
    printFigure("agent-rss-empty", ours, "MB", theirs);
    return { agent: ours, informer: theirs };
  });
}

/** What the objects that are there take after a start. */
export async function measureRest(bench: AgentBench, empty: Empty): Promise<void> {
  await withBoth(bench, async (agent, informer) => printMemory(String(bench.cloneSets.count), empty, agent, informer));
}

/** What a stream of changes takes: memory, and CPU time. */
export async function measureStream(bench: AgentBench, empty: Empty, seconds: number): Promise<void> {
  await withBoth(bench, async (agent, informer) => {
    const cpu = async (): Promise<number[]> => Promise.all([cpuSeconds(agent.pid), cpuSeconds(informer.pid)]);
    const before = await cpu();
    await steadily(STREAM_PER_SECOND, seconds, async (turn) => bench.cloneSets.change(turn));
    const after = await cpu();
    const thousands = (STREAM_PER_SECOND * seconds) / 1000;
    const [ours = Number.NaN, theirs = Number.NaN] = after.map((value, i) => (value - (before[i] ?? 0)) / thousands);
    printFigure(`agent-cpu-per-1000-events-at-${STREAM_PER_SECOND}-a-second`, ours * 1000, "ms", theirs * 1000);
    const name = `${bench.cloneSets.count}-after-${STREAM_PER_SECOND}-a-second-for-${seconds}s`;
    await printMemory(name, empty, agent, informer);
  });
}

async function printMemory(name: string, empty: Empty, agent: BenchProcess, informer: BenchProcess): Promise<void> {
  const [ours = Number.NaN, theirs = Number.NaN] = await rest(agent, informer);
  printFigure(`agent-rss-at-rest-${name}`, ours, "MB", theirs);
  printFigure(`agent-rss-peak-${name}`, await peakMegabytes(agent.pid), "MB", await peakMegabytes(informer.pid));
  printFigure(`agent-rss-growth-${name}`, ours - empty.agent, "MB", theirs - empty.informer);
}

async function rest(agent: BenchProcess, informer: BenchProcess): Promise<number[]> {
  await timeout(SETTLE_MS);
  return restingMegabytes([agent.pid, informer.pid], LOOKS);
}

async function withBoth<T>(
  bench: AgentBench,
  work: (agent: BenchProcess, informer: BenchProcess) => Promise<T>,
): Promise<T> {
  const agent = await startAgent(bench);
  const informer = await startInformer(bench);
  const result = await work(agent, informer);
  await Promise.all([agent.stop(), informer.stop()]);
  return result;
}
