// What the agent's benches stand on: a real hub and one real managed cluster with the add-on, on which OpenKruise's manager
// stands still; and the agent as a process of our own: the bundle, environment and flags of its image with the identity
// that OCM gave it, so that it can be started, ended and looked into. The add-on's own pod is held back.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { collectionPath, objectPath } from "../../shared/kube/paths.ts";
import { mergePatch } from "../../shared/kube/apply.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { bundleOptions } from "../build.ts";
import { installAddon } from "../e2e/harness/addon.ts";
import { lookAt, until } from "../e2e/harness/polling.ts";
import { startStack } from "../e2e/harness/stack.ts";
import type { RunningStack } from "../e2e/harness/stack.ts";
import { readImageConfig } from "../e2e/kubelet/image.ts";
import { HOLD_ANNOTATION } from "../e2e/kubelet/kubelet.ts";
import { ADDON, INSTALL_NAMESPACE, addonPath, enableAddon } from "../e2e/support/addon.ts";
import { placementValues } from "../e2e/support/values.ts";
import { createNamespace } from "../e2e/support/workloads.ts";
import { CloneSets, NAMESPACE, exemptFromWebhooks } from "./agent-clonesets.ts";
import type { TraceLine } from "./agent-hook.ts";
import { machineMs } from "./process-figures.ts";

export const CLUSTER = "c1";
const ROOT = join(import.meta.dirname, "../..");
/** The chart's own times, where the e2e suites have shorter ones. */
const TIMES = { heartbeatSeconds: 30, staleAfterSeconds: 90, silenceGraceSeconds: 120 };
/** OCM's default, in seconds. */
const WORK_STATUS_SYNC_SECONDS = 10;
const LEASE_EVERY_MS = 5_000;
const COMPLETE_MS = 180_000;
/** Short against every duration that is measured by looking. */
const LOOK_MS = 20;

export interface AgentBench {
  stack: RunningStack;
  hub: Kube;
  c1: Kube;
  /** Folder with the bundles of the agent and of the programs that it is held against. */
  bundles: string;
  cloneSets: CloneSets;
}

/** A process of ours, and when it began on the machine's monotonic clock. */
export interface BenchProcess {
  pid: number;
  startedMs: number;
  stop(): Promise<void>;
}

export interface AgentProcess extends BenchProcess {
  /** When the hub first had the numbers of all objects; machine's monotonic clock. */
  completeMs: number;
  /** What the hook has written so far; empty without it. */
  trace(): Promise<TraceLine[]>;
}

/** Runs the benches on a stack of their own. */
export async function withBenchStack(work: (bench: AgentBench) => Promise<void>): Promise<void> {
  const stack = await startStack({ clusters: [CLUSTER], workStatusSyncSeconds: WORK_STATUS_SYNC_SECONDS });
  try {
    await installAddon(stack, { ...TIMES, values: { ...placementValues(), logLevel: "info" } });
    const hub = await stack.hub.admin();
    const c1 = await stack.cluster(CLUSTER).admin();
    await enableAddon(stack, hub, [CLUSTER]);
    await createNamespace(c1, NAMESPACE);
    await holdAgentPod(c1);
    await stillKruise(stack, c1);
    // Not before: OpenKruise's manager puts its webhooks right again.
    await exemptFromWebhooks(c1);
    const bundles = join(stack.dir, "bench");
    await bundlePrograms(bundles);
    await work({ stack, hub, c1, bundles, cloneSets: new CloneSets(c1) });
    hub.close();
    c1.close();
  } finally {
    await stack.stop();
  }
}

async function bundlePrograms(outdir: string): Promise<void> {
  const programs = ["informer", "floor", "agent-hook"].map((name): [string, string] => [name, `test/bench/${name}.ts`]);
  const entryPoints = { agent: bundleOptions.entryPoints.agent, ...Object.fromEntries(programs) };
  await build({ ...bundleOptions, entryPoints, outdir, outExtension: { ".js": ".mjs" } });
}

/** Stops OpenKruise's manager and renews its Lease for it, so that the installation reads healthy all the same. */
async function stillKruise(stack: RunningStack, c1: Kube): Promise<void> {
  await stack.component(`${CLUSTER}/kruise-manager`).signal("SIGSTOP");
  const leases = { group: "coordination.k8s.io", version: "v1", plural: "leases" };
  const renew = async (): Promise<void> => {
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    await mergePatch(c1, leases, { namespace: "kruise-system", name: "kruise-manager" }, { spec: { renewTime } });
  };
  await renew();
  const timer = setInterval(() => {
    renew().catch((cause: unknown) => console.error(`The Lease of OpenKruise is not renewed: ${String(cause)}`));
  }, LEASE_EVERY_MS);
  stack.onStop(async () => clearInterval(timer));
}

async function holdAgentPod(c1: Kube): Promise<void> {
  const pods = { group: "", version: "v1", plural: "pods" };
  const path = collectionPath(pods, INSTALL_NAMESPACE);
  const { items } = await c1.request<{ items: KubeObject[] }>({ method: "GET", path });
  const pod = items.find(({ metadata }) => metadata.name.startsWith(ADDON));
  if (pod === undefined) throw new Error(`Cannot find the agent's pod in ${INSTALL_NAMESPACE}`);
  const target = { namespace: INSTALL_NAMESPACE, name: pod.metadata.name };
  await mergePatch(c1, pods, target, { metadata: { annotations: { [HOLD_ANNOTATION]: "true" } } });
}

/** Starts the agent and returns when the hub has the numbers of all objects. */
export async function startAgent(bench: AgentBench, { hook = false } = {}): Promise<AgentProcess> {
  const { stack, bundles, cloneSets } = bench;
  const instance = `bench-agent-${Date.now()}`;
  const folder = join(bundles, instance);
  const traceFile = join(folder, "trace");
  const image = readImageConfig(await readFile(join(ROOT, "Dockerfile.agent"), "utf8"));
  const hooks = hook ? ["--import", join(bundles, "agent-hook.mjs")] : [];
  const env = {
    ...image.env,
    CLUSTER_NAME: CLUSTER,
    POD_NAME: instance,
    POD_NAMESPACE: INSTALL_NAMESPACE,
    POD_IP: "127.0.0.1",
    HEALTH_PORT: String(await stack.ports.take()),
    HUB_KUBECONFIG: await writeHubIdentity(bench, folder),
    KUBECONFIG: kubeconfigOf(bench),
    BENCH_TRACE: hook ? traceFile : "",
  };
  const flags = image.entrypoint.slice(1, -1);
  const agent = start(bench, "agent", [...flags, ...hooks, join(bundles, "agent.mjs")], env);
  await untilComplete(bench.hub, instance, cloneSets.count);
  return {
    ...agent,
    completeMs: machineMs(),
    trace: async () => {
      const lines = (await readFile(traceFile, "utf8")).trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line) as TraceLine);
    },
  };
}

/** Writes the files of the Secret that OCM made for the agent. */
async function writeHubIdentity({ c1 }: AgentBench, folder: string): Promise<string> {
  const target = { namespace: INSTALL_NAMESPACE, name: `${ADDON}-hub-kubeconfig` };
  const path = objectPath({ group: "", version: "v1", plural: "secrets" }, target);
  const { data } = await c1.request<{ data: Record<string, string> }>({ method: "GET", path });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(data)) {
    await writeFile(join(folder, name), Buffer.from(text, "base64"), { mode: 0o600 });
  }
  return join(folder, "kubeconfig");
}

interface KruiseCluster {
  status: { agent?: { instance?: string }; workloads: Record<string, number>; truncated: number };
}

async function untilComplete(hub: Kube, instance: string, count: number): Promise<void> {
  const path = `/apis/${API_VERSION}/namespaces/${CLUSTER}/kruiseclusters/${CLUSTER}`;
  await until(
    `${count} workloads on the hub`,
    async () => {
      const { agent, workloads } = (await hub.request<KruiseCluster>({ method: "GET", path })).status;
      const total = Object.values(workloads).reduce((sum, some) => sum + some, 0);
      return lookAt(agent?.instance === instance && total === count, `${agent?.instance}: ${total}`);
    },
    { limitMs: COMPLETE_MS, everyMs: LOOK_MS },
  );
}

/** Starts client-node's informer over the same CloneSets and returns when it holds them all. */
export async function startInformer(bench: AgentBench): Promise<BenchProcess> {
  const { stack, cloneSets } = bench;
  const informer = start(bench, "informer", [join(bench.bundles, "informer.mjs"), kubeconfigOf(bench), NAMESPACE]);
  await until(
    "the informer to be synced",
    async () => {
      const said = await readFile(informer.logFile, "utf8");
      return lookAt(said.includes(`synced ${cloneSets.count}\n`), said);
    },
    { limitMs: COMPLETE_MS, signal: stack.processes.failure },
  );
  return informer;
}

/** Starts the bare script. */
export function startFloor(bench: AgentBench): BenchProcess {
  const { stack, bundles } = bench;
  const args = [kubeconfigOf(bench), stack.hub.kubeconfig, NAMESPACE, addonPath(CLUSTER)];
  return start(bench, "floor", [join(bundles, "floor.mjs"), ...args]);
}

function kubeconfigOf({ stack }: AgentBench): string {
  return stack.cluster(CLUSTER).kubeconfig;
}

let started = 0;

/** Starts a process of this Node with nothing of our own environment. */
function start(
  { stack }: AgentBench,
  name: string,
  args: string[],
  env: Record<string, string> = {},
): BenchProcess & { logFile: string } {
  started += 1;
  const startedMs = machineMs();
  const component = stack.processes.start({ name: `bench-${name}-${started}`, command: process.execPath, args, env });
  const { pid, logFile } = component;
  if (pid === undefined) throw new Error(`Cannot start ${component.name}`);
  return { pid, logFile, startedMs, stop: async () => component.stop() };
}
