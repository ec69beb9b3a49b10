// From the moment a managed cluster's API server tells of a changed CloneSet status to the line of a real `kubectl get -w` on
// the hub, on the real components: alone, beside 199 other watchers, and beside thousands of simulated agents that always
// have a change to tell. The baseline is the bare script of floor.ts, read by a plain watch.
import { setTimeout as timeout } from "node:timers/promises";
import { kubeconfigSource } from "../../shared/kube/credentials.ts";
import { collectionPath, objectPath } from "../../shared/kube/paths.ts";
import type { Condition, KubeObject } from "../../shared/kube/types.ts";
import { ADDON_NAME, API_VERSION } from "../../shared/wire/group.ts";
import { ADDON_MANAGER_NAMESPACE } from "../e2e/harness/addon.ts";
import { lookAt, until } from "../e2e/harness/polling.ts";
import { addonPath } from "../e2e/support/addon.ts";
import { managerPods } from "../e2e/support/manager.ts";
import { CLONE_SETS, NAMESPACE } from "./agent-clonesets.ts";
import type { CloneSet } from "./agent-clonesets.ts";
import { CLUSTER, startAgent, startFloor, withBenchStack } from "./agent-stack.ts";
import type { AgentBench } from "./agent-stack.ts";
import { arrivals, versionNow } from "./arrivals.ts";
import type { AgentCalls } from "./hub-agents.ts";
import { startChild } from "./hub-child.ts";
import { startKubectl } from "./hub-kubectl.ts";
import type { Kubectl } from "./hub-kubectl.ts";
import type { Target } from "./hub-lanes.ts";
import { clusterName } from "./hub-reports.ts";
import type { WatcherCalls } from "./hub-watchers.ts";
import type { Amounts } from "./hub.ts";
import { percentile, printFigure } from "./figure.ts";

/** Each changes once, so that a mark is seen once. */
const CLONE_SET_COUNT = 500;
const CHANGES = 100;
const WARM_UP = 10;
const QUIET_MS = { least: 60, spread: 100 };
/** Beside kubectl. */
const PLAIN_WATCHERS = 199;
const API_PORT = 8443;
const SETTLE_MS = 15_000;
const LIMIT_MS = 120_000;
const WRITERS = 16;
/** A change that has not arrived by then never will. */
const LOST_AFTER_MS = 30_000;
/** The bare script has its watch by then. */
const FLOOR_START_MS = 5_000;
const ADDON_API = "addon.open-cluster-management.io/v1alpha1";
/** Namespace, name, kind, workload, health, reason, and how many of ten pods are ready. */
const LINE = /\b(checkout-\d+)\s.*?\s(\d+)\/10\s/;

interface Addon extends KubeObject {
  status?: { conditions?: Condition[] };
}

export async function measureFresh(amounts: Amounts): Promise<void> {
  await withBenchStack(async (bench) => {
    await bench.cloneSets.grow(CLONE_SET_COUNT);
    const agent = await startAgent(bench);
    const bare = await sampleFloor(bench);
    const kubectl = await watchBy(bench, ["get", "kwl", "-A", "-w"]);
    print("1-watcher", await sample(bench, kubectl), bare);
    const watchers = startChild<WatcherCalls>("hub-watchers.ts");
    const paths = Array.from({ length: PLAIN_WATCHERS }, () => `/apis/${API_VERSION}/kruiseworkloads?watch=true`);
    await watchers.call("open", { target: await kubeApiserver(bench), paths, sampled: 1 });
    print(`${PLAIN_WATCHERS + 1}-watchers`, await sample(bench, kubectl), bare);
    await watchers.stop();
    kubectl.stop();
    if (amounts.simulated > 0) await besideMany(bench, amounts, bare);
    await agent.stop();
  });
}

/** Whoever watches one cluster: a list of all rows would be a million lines. */
async function besideMany(bench: AgentBench, amounts: Amounts, bare: number[]): Promise<void> {
  const { simulated, workloads, connections } = amounts;
  const agents = startChild<AgentCalls>("hub-agents.ts");
  const preparing = agents.call("prepare", { clusters: simulated, workloads });
  await enableMany(bench, simulated);
  await preparing;
  await agents.call("connect", { target: await managerOf(bench), connections });
  await agents.call("flood", {});
  const kubectl = await watchBy(bench, ["get", "kwl", "-n", CLUSTER, "-w"]);
  const seconds = (SETTLE_MS + CHANGES * (QUIET_MS.least + QUIET_MS.spread)) / 1000;
  const pacing = agents.call("paced", { seconds, firstMark: 1 });
  await timeout(SETTLE_MS);
  print(`beside-${simulated}-agents`, await sample(bench, kubectl), bare);
  const { paceMs, sent, ms } = await pacing;
  const answered = percentile([...ms], 0.99).toFixed(0);
  console.log(
    `${simulated} agents with a change at any time sent ${(sent / seconds).toFixed(0)} reports a second; ` +
      `the manager's pace was ${paceMs} ms at last, p99 of the answers ${answered} ms`,
  );
  kubectl.stop();
  await agents.stop();
}

function print(name: string, ours: number[], bare: number[]): void {
  for (const share of [0.5, 0.99]) {
    printFigure(`hub-kubectl-p${share * 100}-${name}`, percentile(ours, share), "ms", percentile(bare, share));
  }
}

async function watchBy({ stack, cloneSets }: AgentBench, args: string[]): Promise<Kubectl> {
  const kubectl = startKubectl(stack, args, (line) => {
    const [, name, available] = LINE.exec(line) ?? [];
    return name === undefined ? undefined : `${name} ${available}`;
  });
  await until("kubectl to have listed", () => lookAt(kubectl.lines() > cloneSets.count, kubectl.lines()), {
    limitMs: LIMIT_MS,
  });
  return kubectl;
}

/** Changes one object after the other and tells how much later than on its cluster each is seen. */
async function sample(bench: AgentBench, shown: { of(mark: string): Promise<number> }): Promise<number[]> {
  const { c1, cloneSets } = bench;
  const path = collectionPath(CLONE_SETS, NAMESPACE);
  const query = { resourceVersion: await versionNow(c1, path) };
  const onCluster = arrivals(c1, { path, query, read: markOf });
  const delays: number[] = [];
  for (let turn = 0; turn < WARM_UP + CHANGES; turn += 1) {
    await timeout(QUIET_MS.least + Math.random() * QUIET_MS.spread);
    const { name, available } = await cloneSets.changeNext();
    const mark = `${name} ${available}`;
    const both = Promise.all([onCluster.of(mark), shown.of(mark)]);
    const arrived = await Promise.race([both, timeout(LOST_AFTER_MS, undefined, { ref: false })]);
    if (arrived === undefined) throw new Error(`The change ${mark} did not arrive within ${LOST_AFTER_MS / 1000} s`);
    if (turn >= WARM_UP) delays.push(arrived[1] - arrived[0]);
  }
  onCluster.stop();
  return delays;
}

/** The bare script, read by a plain watch of what it writes. */
async function sampleFloor(bench: AgentBench): Promise<number[]> {
  const floor = startFloor(bench);
  const path = addonPath(CLUSTER).replace(/\/[^/]+$/, "");
  const read = ({ status }: Addon): string | undefined =>
    status?.conditions?.find(({ type }) => type === "BenchFloor")?.message;
  await timeout(FLOOR_START_MS);
  const onHub = arrivals(bench.hub, { path, query: { resourceVersion: await versionNow(bench.hub, path) }, read });
  const delays = await sample(bench, onHub);
  onHub.stop();
  await floor.stop();
  return delays;
}

function markOf({ metadata, status }: CloneSet): string {
  return `${metadata.name} ${status?.availableReplicas ?? 0}`;
}

/** The hub's kube-apiserver as its administrator reaches it. */
async function kubeApiserver({ stack }: AgentBench): Promise<Target> {
  const { ca = "", cert = "", key = "" } = await kubeconfigSource(stack.hub.kubeconfig).load();
  return { port: stack.hub.port, servername: "localhost", ca, cert, key };
}

/** The manager's own port as the hub's aggregator reaches it: the simulated agents are not to load kube-apiserver. */
async function managerOf({ stack, hub }: AgentBench): Promise<Target> {
  const [pod] = await managerPods(hub);
  const host = pod?.status.podIP;
  if (host === undefined) throw new Error("Cannot find the manager's pod");
  const secrets = { group: "", version: "v1", plural: "secrets" };
  const target = { namespace: ADDON_MANAGER_NAMESPACE, name: `${ADDON_NAME}-serving` };
  const { data } = await hub.request<{ data: Record<string, string> }>({
    method: "GET",
    path: objectPath(secrets, target),
  });
  const ca = Buffer.from(data["ca.crt"] ?? "", "base64").toString();
  return {
    host,
    port: API_PORT,
    servername: `${ADDON_NAME}.${ADDON_MANAGER_NAMESPACE}.svc`,
    ca,
    ...stack.hub.frontProxy,
  };
}

/** ManagedClusterAddOns without a ManagedCluster: the manager takes reports of them, and has nothing to deploy. */
async function enableMany({ hub }: AgentBench, count: number): Promise<void> {
  const left = Array.from({ length: count }, (_, index) => clusterName(index)).values();
  const work = async (): Promise<void> => {
    // One iterator for all: each takes the next.
    for (const name of left) {
      await hub.request({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name } } });
      const path = addonPath(name).replace(/\/[^/]+$/, "");
      const metadata = { name: ADDON_NAME, namespace: name };
      const body = { apiVersion: ADDON_API, kind: "ManagedClusterAddOn", metadata, spec: {} };
      await hub.request({ method: "POST", path, body });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, work));
}
