// The local fleet: a hub and any number of managed clusters in this process. The API servers are embedded, OCM and Kruise
// are played by actors; the manager and the agents are the real ones and talk https to them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import type { Kube } from "../../shared/kube/types.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { startClusterLease } from "./actors/availability.ts";
import { startKruise } from "./actors/kruise.ts";
import { Pods } from "./actors/pods.ts";
import { startRegistration } from "./actors/registration.ts";
import { startWorkAgent } from "./actors/work.ts";
import type { ApiObject } from "./apiserver/json.ts";
import type { ApiServer } from "./apiserver/server.ts";
import { startApiServer } from "./apiserver/server.ts";
import { Hub } from "./hub.ts";

export interface FleetOptions {
  clusters: string[];
  /** Clusters of these that have no Kruise. */
  withoutKruise?: string[];
  /** 1: a step of a rollout takes a second; 10: a tenth of one. */
  speed?: number;
  log: Log;
  /** Settings of all agents: customizedVariables of the add-on's default config. */
  settings?: Record<string, string>;
  /** How often klusterlets renew their cluster's Lease; after five times that a cluster is Unknown. Default: 60. */
  clusterLeaseSeconds?: number;
  /** Settings of the manager; the defaults here are short, so that silence is seen soon. */
  manager?: Record<string, string>;
}

/** One managed cluster. */
interface FleetCluster {
  name: string;
  server: ApiServer;
  pods: Pods;
  /** The klusterlet's way to the hub. */
  connection: { isUp: boolean };
  /** Ends what acts on Kruise's objects; the objects stay. */
  stopKruise: () => void;
}

export interface LocalFleet {
  hub: Hub;
  clusters: ReadonlyMap<string, FleetCluster>;
  /** The hub as its administrator. */
  kube: Kube;
  /** Files for kubectl and curl. */
  files: { directory: string; kubeconfig: string; ca: string; token: string };
  cluster(name: string): FleetCluster;
  /** Enables the add-on on a cluster, as clusteradm does. */
  enable(cluster: string): void;
  disable(cluster: string): void;
  /** Takes the agent's node away. */
  silence(cluster: string): Promise<void>;
  revive(cluster: string): void;
  /** Cuts a cluster off: neither its klusterlet nor its agent reaches the hub. */
  disconnect(cluster: string): Promise<void>;
  connect(cluster: string): void;
  /** Creates a workload, or replaces its spec. */
  apply(cluster: string, object: ApiObject): void;
  restartManager(): Promise<void>;
  stop(): Promise<void>;
}

const SHORT_TIMES = { HEARTBEAT_SECONDS: "1", STALE_AFTER_SECONDS: "3", SILENCE_GRACE_SECONDS: "8" };
const CLUSTER_LEASE_SECONDS = 60;
const ADDONS = { apiVersion: "addon.open-cluster-management.io/v1alpha1", kind: "ManagedClusterAddOn" };

/** Starts a fleet. Everything is on 127.0.0.1 and in one folder that goes with it. */
export async function startFleet(options: FleetOptions): Promise<LocalFleet> {
  const directory = await mkdtemp(join(tmpdir(), "kruise-health-fleet-"));
  try {
    return await startIn(directory, options);
  } catch (cause) {
    await rm(directory, { recursive: true, force: true });
    throw cause;
  }
}

async function startIn(directory: string, options: FleetOptions): Promise<LocalFleet> {
  const { log, settings = {}, speed = 1 } = options;
  const hub = await Hub.start({ log, settings, environment: { ...SHORT_TIMES, ...options.manager } });
  const agentLog = log.child({ component: "agent" });
  const built = await Promise.all(
    options.clusters.map((name) => {
      const hasKruise = !options.withoutKruise?.includes(name);
      const stepMs = hasKruise ? 1000 / speed : undefined;
      const leaseSeconds = options.clusterLeaseSeconds ?? CLUSTER_LEASE_SECONDS;
      return startCluster(name, { hub, directory, log, agentLog, stepMs, leaseSeconds });
    }),
  );
  const clusters = new Map(built.map(({ cluster }) => [cluster.name, cluster]));
  await hub.startManager();
  const { registry } = hub.server;
  const { kube, files } = await admin(hub.server, directory, log);
  const cluster = (name: string): FleetCluster => {
    const found = clusters.get(name);
    if (!found) throw new Error(`No managed cluster "${name}"; there are ${[...clusters.keys()].join(", ")}`);
    return found;
  };
  return {
    hub,
    clusters,
    kube,
    files,
    cluster,
    enable: (name) => {
      const spec = { installNamespace: "open-cluster-management-agent-addon" };
      registry.create({ ...ADDONS, metadata: { name: ADDON_NAME, namespace: name }, spec }, { manager: "clusteradm" });
    },
    disable: (name) => {
      registry.delete(registry.typeOf(ADDONS), { namespace: name, name: ADDON_NAME });
    },
    silence: (name) => cluster(name).pods.kill(),
    revive: (name) => cluster(name).pods.revive(),
    disconnect: async (name) => {
      cluster(name).connection.isUp = false;
      await cluster(name).pods.kill();
    },
    connect: (name) => {
      cluster(name).connection.isUp = true;
      cluster(name).pods.revive();
    },
    apply: (name, object) => apply(cluster(name).server, object),
    restartManager: async () => {
      await hub.stopManager();
      await hub.startManager();
    },
    stop: async () => {
      await Promise.all(built.map(({ stop }) => stop()));
      kube.close();
      await hub.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface ClusterDeps {
  hub: Hub;
  directory: string;
  log: Log;
  agentLog: Log;
  /** Undefined: no Kruise. */
  stepMs: number | undefined;
  leaseSeconds: number;
}

async function startCluster(
  name: string,
  deps: ClusterDeps,
): Promise<{ cluster: FleetCluster; stop: () => Promise<void> }> {
  const { hub, directory, log, agentLog, stepMs, leaseSeconds } = deps;
  const server = await startApiServer({ name });
  const { registry } = server;
  hub.join(name);
  const connection = { isUp: true };
  const klusterlet = { cluster: name, hub: hub.server, managed: server, log, judgeMs: 500, connection };
  const pods = new Pods({ cluster: name, managed: server, directory, log, agentLog });
  const stopKruise = stepMs === undefined ? () => {} : startKruise({ registry, log, stepMs });
  const stops = [
    startRegistration(klusterlet),
    startWorkAgent(klusterlet),
    startClusterLease({ ...klusterlet, leaseSeconds }),
    stopKruise,
  ];
  const stop = async (): Promise<void> => {
    for (const end of stops) end();
    await pods.stop();
    await server.close();
  };
  return { cluster: { name, server, pods, connection, stopKruise }, stop };
}

function apply({ registry }: ApiServer, object: ApiObject): void {
  const type = registry.typeOf(object);
  const { namespace = "", name } = object.metadata;
  const options = { manager: "user" };
  if (registry.find(type, { namespace, name })) {
    registry.update(type, { namespace, name }, (current) => ({ ...current, spec: object.spec ?? {} }), options);
  } else {
    registry.create(object, options);
  }
}

async function admin(server: ApiServer, directory: string, log: Log): Promise<Pick<LocalFleet, "kube" | "files">> {
  const token = server.authentication.issueToken({ name: "admin", groups: ["system:masters", "system:authenticated"] });
  const source = staticSource({ server: server.url, ca: server.ca, token });
  const kube = await buildKube({ source, log, userAgent: "local-fleet" });
  const [kubeconfig, ca] = [join(directory, "hub.kubeconfig"), join(directory, "hub-ca.crt")];
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "hub", cluster: { server: server.url, "certificate-authority": ca } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "hub", context: { cluster: "hub", user: "admin" } }],
    "current-context": "hub",
  };
  await writeFile(ca, server.ca);
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return { kube, files: { directory, kubeconfig, ca, token } };
}
