// A running stack as its users see it: where things are, and the commands to type. `StackData` is plain JSON, so that
// the process that started the stack can hand it to the processes that run the tests.
import { pino } from "pino";
import { buildKube } from "../../../shared/kube/connection.ts";
import { kubeconfigSource } from "../../../shared/kube/credentials.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import type { KeyPair } from "../../support/certificates.ts";
import { run } from "./commands.ts";
import type { CommandResult } from "./commands.ts";
import { binary, kubectl } from "./context.ts";
import type { Binaries } from "./tools.ts";

export interface PlaneData {
  name: string;
  /** https://127.0.0.1:PORT */
  url: string;
  port: number;
  /** Folder for files that belong to this cluster. */
  dir: string;
  /** Kubeconfig of a member of system:masters. */
  kubeconfig: string;
  ca: string;
  frontProxyCa: string;
  /** What kube-apiserver shows to aggregated API servers; a test may play the aggregator with it. */
  frontProxy: KeyPair;
}

export interface StackData {
  dir: string;
  logsDir: string;
  binaries: Binaries;
  env: Record<string, string>;
  hub: PlaneData;
  clusters: Record<string, PlaneData>;
  /** The one etcd below all of them. */
  etcdUrl: string;
  /** Where the process that owns the components listens for orders: see control.ts. */
  controlUrl: string;
}

interface Plane extends PlaneData {
  /** A new connection of a member of system:masters; the caller closes it. */
  admin(): Promise<Kube>;
}

export interface Stack {
  readonly data: StackData;
  readonly dir: string;
  readonly logsDir: string;
  readonly binaries: Binaries;
  readonly hub: Plane;
  readonly clusters: Record<string, Plane>;
  cluster(name: string): Plane;
  kubectl(target: string, ...args: string[]): Promise<CommandResult>;
  /** kubectl with text on standard input: `-f -`. */
  kubectlWithInput(target: string, input: string, ...args: string[]): Promise<CommandResult>;
  /** Both are run against the hub. */
  helm(...args: string[]): Promise<CommandResult>;
  clusteradm(...args: string[]): Promise<CommandResult>;
  /** Ends, starts, or signals one component, "c1/registration-agent" for example. */
  component(name: string): RemoteComponent;
}

interface RemoteComponent {
  /** Asks it to end and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** With further arguments behind its own, until it is started without them. */
  start(...further: string[]): Promise<void>;
  signal(signal: NodeJS.Signals): Promise<void>;
}

/** Gives the facts about a running stack their verbs. */
export function openStack(data: StackData): Stack {
  const hub = plane(data.hub);
  const clusters = Object.fromEntries(Object.entries(data.clusters).map(([name, facts]) => [name, plane(facts)]));
  const target = (name: string): Plane => {
    const found = name === "hub" ? hub : clusters[name];
    if (!found)
      throw new Error(`No cluster ${name} in this stack. There are: hub, ${Object.keys(clusters).join(", ")}`);
    return found;
  };
  const onHub = async (program: string, args: string[]): Promise<CommandResult> =>
    run(binary(data.binaries, program), args, { env: { ...data.env, KUBECONFIG: hub.kubeconfig } });
  return {
    data,
    dir: data.dir,
    logsDir: data.logsDir,
    binaries: data.binaries,
    hub,
    clusters,
    cluster: target,
    kubectl: async (name, ...args) => kubectl(data, target(name).kubeconfig, args),
    kubectlWithInput: async (name, input, ...args) => kubectl(data, target(name).kubeconfig, args, input),
    helm: async (...args) => onHub("helm", args),
    clusteradm: async (...args) => onHub("clusteradm", args),
    component: (name) => ({
      stop: async () => order(data.controlUrl, name, "stop"),
      kill: async () => order(data.controlUrl, name, "kill"),
      start: async (...further) => order(data.controlUrl, name, "start", further),
      signal: async (signal) => order(data.controlUrl, name, signal),
    }),
  };
}

function plane(facts: PlaneData): Plane {
  return { ...facts, admin: async () => openAdmin(facts) };
}

export async function openAdmin({ kubeconfig }: Pick<PlaneData, "kubeconfig">): Promise<Kube> {
  const log = pino({ level: "silent" });
  return buildKube({ source: kubeconfigSource(kubeconfig), log, userAgent: "kruise-health-e2e" });
}

async function order(url: string, component: string, verb: string, further: string[] = []): Promise<void> {
  const query = new URLSearchParams({ component, verb });
  for (const argument of further) query.append("argument", argument);
  const response = await fetch(`${url}/?${query.toString()}`, { method: "POST" });
  if (!response.ok) throw new Error(`Cannot ${verb} ${component}: ${await response.text()}`);
}
