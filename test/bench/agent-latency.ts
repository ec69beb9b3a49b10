// How long after a change of a CloneSet, at ten changes a second, the hub has acknowledged the report that carries it and
// shows it to a watcher; and the CPU time that it takes. Beside the bare script of floor.ts in a stretch of its own.
import { setTimeout as timeout } from "node:timers/promises";
import { collectionPath } from "../../shared/kube/paths.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { addonPath, workloadsPath } from "../e2e/support/addon.ts";
import { CLONE_SETS, NAMESPACE, steadily } from "./agent-clonesets.ts";
import type { Change, CloneSet } from "./agent-clonesets.ts";
import type { TraceLine } from "./agent-hook.ts";
import { CLUSTER, startAgent, startFloor } from "./agent-stack.ts";
import type { AgentBench } from "./agent-stack.ts";
import { arrivals, versionNow } from "./arrivals.ts";
import { percentile, printFigure } from "./figure.ts";
import { cpuSeconds } from "./process-figures.ts";

export const PER_SECOND = 10;
/** Changes for the compiler, before those that count. */
const WARM_UP_SECONDS = 5;
/** A change that has not arrived by then never will. */
const LOST_AFTER_MS = 10_000;

interface Row extends KubeObject {
  metadata: KubeObject["metadata"] & { name: string };
  status: { counts?: { available?: number } };
}
interface Addon extends KubeObject {
  status?: { conditions?: Condition[] };
}

/** Where a change can be seen: the path to watch and how an object reads as a mark. */
interface Shown<T> {
  kube: Kube;
  path: string;
  read: (object: T) => string | undefined;
}

interface Sample {
  /** When the cluster's own watch told of the change, and when the hub's did. */
  fromMs: number;
  toMs: number;
}

/** Measures both. */
export async function measureLatency(bench: AgentBench, seconds: number): Promise<void> {
  const { count } = bench.cloneSets;
  const agent = await startAgent(bench, { hook: true });
  const rows: Shown<Row> = { kube: bench.hub, path: workloadsPath(CLUSTER), read: readRow };
  const ours = await sample(bench, { pid: agent.pid, seconds }, rows);
  const acknowledged = acknowledgements(ours.samples, await agent.trace());
  await agent.stop();
  const floor = startFloor(bench);
  const addons: Shown<Addon> = { kube: bench.hub, path: addonPath(CLUSTER).replace(/\/[^/]+$/, ""), read: readAddon };
  const bare = await sample(bench, { pid: floor.pid, seconds }, addons);
  await floor.stop();
  for (const share of [0.5, 0.99]) {
    const name = `p${share * 100}-${count}-at-${PER_SECOND}-a-second`;
    const baseline = percentile(delays(bare.samples), share);
    printFigure(`agent-acknowledged-${name}`, percentile(acknowledged, share), "ms", baseline);
    printFigure(`agent-readable-${name}`, percentile(delays(ours.samples), share), "ms", baseline);
  }
  printFigure(`agent-cpu-per-1000-events-${count}-at-${PER_SECOND}-a-second`, ours.cpuMs, "ms", bare.cpuMs);
  if (ours.lost + bare.lost > 0) console.log(`Never arrived: ${ours.lost} of ours, ${bare.lost} of the bare script's`);
}

function delays(samples: readonly Sample[]): number[] {
  return samples.map(({ fromMs, toMs }) => toMs - fromMs);
}

/** Makes changes and measures each on its way. */
async function sample<T>(
  { c1, cloneSets }: AgentBench,
  { pid, seconds }: { pid: number; seconds: number },
  shown: Shown<T>,
): Promise<{ samples: Sample[]; lost: number; cpuMs: number }> {
  const path = collectionPath(CLONE_SETS, NAMESPACE);
  await timeout(WARM_UP_SECONDS * 1000);
  await steadily(PER_SECOND, WARM_UP_SECONDS, async () => cloneSets.changeNext());
  const fromNow = async (kube: Kube, collection: string) => ({ resourceVersion: await versionNow(kube, collection) });
  const onCluster = arrivals(c1, { path, query: await fromNow(c1, path), read: readCloneSet });
  const onHub = arrivals(shown.kube, { ...shown, query: await fromNow(shown.kube, shown.path) });
  const samples: Sample[] = [];
  let lost = 0;
  const cpuBefore = await cpuSeconds(pid);
  await steadily(PER_SECOND, seconds, async () => {
    const mark = markOf(await cloneSets.changeNext());
    const both = Promise.all([onCluster.of(mark), onHub.of(mark)]);
    const arrived = await Promise.race([both, timeout(LOST_AFTER_MS, undefined, { ref: false })]);
    if (arrived === undefined) lost += 1;
    else samples.push({ fromMs: arrived[0], toMs: arrived[1] });
  });
  const cpuMs = ((await cpuSeconds(pid)) - cpuBefore) * 1000;
  onCluster.stop();
  onHub.stop();
  return { samples, lost, cpuMs: cpuMs / ((PER_SECOND * seconds) / 1000) };
}

/** The report that brought a change is the last one begun before the hub told of the change: one is under way at a time. */
function acknowledgements(samples: readonly Sample[], trace: readonly TraceLine[]): number[] {
  const reports = trace.filter((line) => line.type === "request" && line.path.endsWith("/kruisehealthreports"));
  return samples.flatMap(({ fromMs, toMs }) => {
    const report = reports.findLast((line) => line.type === "request" && line.startMs <= toMs);
    return report?.type === "request" ? [report.endMs - fromMs] : [];
  });
}

function markOf({ name, available }: Change): string {
  return `${name} ${available}`;
}

function readCloneSet({ metadata, status }: CloneSet): string {
  return markOf({ name: metadata.name, available: status?.availableReplicas ?? 0 });
}

function readRow({ metadata, status }: Row): string {
  return markOf({ name: metadata.name.split(".").at(-1) ?? "", available: status.counts?.available ?? 0 });
}

function readAddon({ status }: Addon): string | undefined {
  return status?.conditions?.find(({ type }) => type === "BenchFloor")?.message;
}
