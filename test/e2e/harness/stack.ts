// Starts a hub and managed clusters from the real programs: Kubernetes, Open Cluster Management, OpenKruise, kwok.
// Whatever does not depend on one another starts at the same time.
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyAll } from "./context.ts";
import type { StackContext } from "./context.ts";
import { startControlPlane, startEtcd } from "./control-plane.ts";
import type { ControlPlane } from "./control-plane.ts";
import { serveControl } from "./control.ts";
import type { Control } from "./control.ts";
import type { Manifest } from "./files.ts";
import { awaitKruise, renderKruise, startKruise } from "./kruise.ts";
import { fakeNodes, startKwok } from "./nodes.ts";
import { awaitManagedCluster, managedClusterObjects, startOcmAgents } from "./ocm-cluster.ts";
import { startOcmHub } from "./ocm-hub.ts";
import { Ports } from "./ports.ts";
import { Processes, onEndSignals } from "./processes.ts";
import { openAdmin, openStack } from "./stack-data.ts";
import type { PlaneData, Stack } from "./stack-data.ts";
import { ensureTools } from "./tools.ts";

export interface StackOptions {
  /** Names of the managed clusters; default c1 and c2. */
  clusters?: string[];
  /** Which of them run OpenKruise; default all. */
  kruise?: boolean | Record<string, boolean>;
  /** Nodes of kwok in each managed cluster; default 2. The hub has none. */
  kwokNodes?: number;
  /** State and logs; default a new folder below the system's folder for temporary files. */
  dir?: string;
  /** Leaves the folder behind when the stack stops. */
  keep?: boolean;
  /** How often OCM's work agent polls what it has applied; default 2 (OCM's own default is 10). */
  workStatusSyncSeconds?: number;
  log?: (line: string) => void;
}

/** A stack owned by this process. */
export interface RunningStack extends Stack {
  /** For further processes that live and die with the stack. */
  readonly processes: Processes;
  readonly ports: Ports;
  /** Called before the components are stopped, last registered first. */
  onStop(end: () => Promise<void>): void;
  /** Ends everything. `keep` leaves the folder with the logs behind. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

/**
 * Starts everything and returns when the clusters have joined, their nodes are there and Kruise leads.
 * @throws after having stopped what was started, an Error that names the component and its last words.
 */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const { log = console.log } = options;
  let keep = options.keep ?? false;
  const binaries = await ensureTools({ say: log });
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), "kruise-health-")));
  const logsDir = join(dir, "logs");
  const bin = join(dir, "bin");
  const home = join(dir, "home");
  const temporary = join(dir, "tmp");
  for (const folder of [logsDir, bin, home, temporary]) await mkdir(folder, { recursive: true });
  for (const [name, path] of Object.entries(binaries)) await symlink(path, join(bin, name));
  const env = { HOME: home, TMPDIR: temporary, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  const processes = new Processes({ logsDir, env, onDeath: (error) => log(error.message) });
  const ends: (() => Promise<void>)[] = [];
  const stop = async (last: { keep?: boolean } = {}): Promise<void> => {
    keep = last.keep ?? keep;
    // Whoever interrupted us may end this process before the rest is done.
    process.once("exit", remove);
    try {
      for (const end of ends.splice(0).toReversed()) await end();
    } finally {
      await processes.stopAll();
    }
    process.off("exit", remove);
    if (!keep) await rm(dir, { recursive: true, force: true });
    ignoreSignals();
  };
  const remove = (): void => {
    if (!keep) rmSync(dir, { recursive: true, force: true });
  };
  const ignoreSignals = onEndSignals(stop);
  const startedMs = performance.now();
  const say = (line: string): void =>
    log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}`);
  try {
    const { workStatusSyncSeconds = 2 } = options;
    const context = { binaries, processes, ports: new Ports(), dir, env, log: say, workStatusSyncSeconds };
    const { control, etcdUrl, hub, clusters } = await startAll(context, options);
    ends.push(async () => control.close());
    const data = { dir, logsDir, binaries, env, hub: facts(hub), clusters, etcdUrl, controlUrl: control.url };
    say("stack is ready");
    const { ports } = context;
    return { ...openStack(data), processes, ports, onStop: (end) => ends.push(end), stop };
  } catch (cause) {
    ignoreSignals();
    await processes.stopAll();
    throw new Error(`The stack did not come up; logs are in ${logsDir}`, { cause });
  }
}

async function startAll(
  context: StackContext,
  options: StackOptions,
): Promise<{ control: Control; etcdUrl: string; hub: ControlPlane; clusters: Record<string, PlaneData> }> {
  const { clusters: names = ["c1", "c2"], kwokNodes = 2 } = options;
  const [rendered, etcd] = await Promise.all([renderKruise(context), startEtcd(context)]);
  context.log("etcd answers");
  const joining = startHub(context, etcd);
  const planes = await Promise.all([
    joining,
    ...names.map(async (name) => {
      const kruise = typeof options.kruise === "object" ? options.kruise[name] === true : options.kruise !== false;
      return startCluster(context, { name, etcd, kwokNodes, joining, rendered: kruise ? rendered : undefined });
    }),
  ]);
  const [{ hub }, ...managed] = planes;
  const clusters = Object.fromEntries(managed.map((plane) => [plane.name, facts(plane)]));
  return { control: await serveControl(context.processes), etcdUrl: etcd, hub, clusters };
}

interface StartedHub {
  hub: ControlPlane;
  bootstrapKubeconfig: string;
}

async function startHub(context: StackContext, etcd: string): Promise<StartedHub> {
  const hub = await startControlPlane(context, "hub", etcd);
  context.log("hub: kube-apiserver is ready");
  const { bootstrapKubeconfig } = await startOcmHub(context, hub);
  context.log("hub: OCM's controllers are started");
  return { hub, bootstrapKubeconfig };
}

interface ClusterStart {
  name: string;
  etcd: string;
  kwokNodes: number;
  joining: Promise<StartedHub>;
  /** Kruise's manifests; undefined for a cluster without Kruise. */
  rendered: Manifest[] | undefined;
}

async function startCluster(context: StackContext, start: ClusterStart): Promise<ControlPlane> {
  const { name, etcd, kwokNodes, joining, rendered } = start;
  const plane = await startControlPlane(context, name, etcd);
  context.log(`${name}: kube-apiserver is ready`);
  const [objects] = await Promise.all([managedClusterObjects(), startKwok(context, plane)]);
  await applyAll(context, {
    kubeconfig: plane.kubeconfig,
    name: `${name}-base`,
    objects: [...objects, ...fakeNodes(name, kwokNodes)],
  });
  await Promise.all([rendered ? installKruise(context, plane, rendered) : undefined, joinHub(context, plane, joining)]);
  return plane;
}

async function installKruise(context: StackContext, plane: ControlPlane, rendered: Manifest[]): Promise<void> {
  const { healthUrl } = await startKruise(context, plane, rendered);
  context.log(`${plane.name}: Kruise's manifests are applied`);
  const kube = await openAdmin(plane);
  await awaitKruise(context, { name: plane.name, kube, healthUrl });
  kube.close();
  context.log(`${plane.name}: Kruise is ready`);
}

async function joinHub(context: StackContext, plane: ControlPlane, joining: Promise<StartedHub>): Promise<void> {
  const { hub, bootstrapKubeconfig } = await joining;
  await startOcmAgents(context, plane, bootstrapKubeconfig);
  context.log(`${plane.name}: accepted by the hub`);
  const kube = await openAdmin(hub);
  await awaitManagedCluster(context, kube, plane.name);
  kube.close();
  context.log(`${plane.name}: ManagedCluster is Available`);
}

/** The part of a control plane that is plain JSON. */
function facts({ name, url, port, dir, kubeconfig, ca, frontProxyCa, frontProxy }: ControlPlane): PlaneData {
  return { name, url, port, dir, kubeconfig, ca, frontProxyCa, frontProxy };
}
