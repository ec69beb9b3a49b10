// Stands in for the Deployment controller and the kubelet of one managed cluster, for the add-on's agent alone: where its
// Deployment and its Secret are there, a real agent runs, with connections over https and the credentials of a pod.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgentConfig as Config } from "../../../agent/config.ts";
import { AgentConfig } from "../../../agent/config.ts";
import { hubConnections } from "../../../agent/hub-connections.ts";
import { runAgent } from "../../../agent/run.ts";
import { buildKube } from "../../../shared/kube/connection.ts";
import { staticSource } from "../../../shared/kube/credentials.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { parseConfig } from "../../../shared/runtime/config.ts";
import type { Log } from "../../../shared/runtime/log.ts";
import { serviceAccountUser } from "../apiserver/authentication.ts";
import type { ApiObject } from "../apiserver/json.ts";
import { at, listOf, objectOf, stringOf } from "../apiserver/json.ts";
import type { ApiServer } from "../apiserver/server.ts";
import { writeStatus } from "./conditions.ts";
import { Loop } from "./loop.ts";

const AGENT_DEPLOYMENT = "kruise-health-agent";
const SECRET = "kruise-health-hub-kubeconfig";
const DEPLOYMENTS = "deployments.apps";

export interface PodsDeps {
  cluster: string;
  managed: ApiServer;
  /** Folder for mounted Secrets. */
  directory: string;
  log: Log;
  /** Log of the agents. */
  agentLog: Log;
}

interface Pod {
  /** Identity of the Deployment and its template: another one means another pod. */
  template: string;
  stop: AbortController;
  ended: Promise<void>;
}

/** The agent's pods on one cluster: at most one at a time. */
export class Pods {
  readonly #deps: PodsDeps;
  readonly #loop: Loop;
  #pod: Pod | undefined;
  #count = 0;
  /** No pod can run while the node is away. */
  #isNodeAway = false;

  constructor(deps: PodsDeps) {
    this.#deps = deps;
    this.#loop = new Loop(deps.log, () => this.#reconcile());
    const { registry } = deps.managed;
    this.#loop.watch(registry, DEPLOYMENTS, ({ metadata }) =>
      metadata.name === AGENT_DEPLOYMENT ? "agent" : undefined,
    );
    this.#loop.watch(registry, "secrets", ({ metadata }) => (metadata.name === SECRET ? "agent" : undefined));
  }

  /** Takes the node away: the agent dies and does not come back. */
  async kill(): Promise<void> {
    this.#isNodeAway = true;
    await this.#stopPod();
  }

  /** Gives the node back. */
  revive(): void {
    this.#isNodeAway = false;
    this.#loop.add("agent");
  }

  async stop(): Promise<void> {
    this.#loop.stop();
    await this.#stopPod();
  }

  async #reconcile(): Promise<void> {
    const { registry } = this.#deps.managed;
    const deployment = registry.storage.list(DEPLOYMENTS).find(({ metadata }) => metadata.name === AGENT_DEPLOYMENT);
    const secret = deployment && registry.storage.get("secrets", deployment.metadata.namespace ?? "", SECRET);
    const template = deployment && `${deployment.metadata.uid ?? ""}${JSON.stringify(at(deployment.spec, "template"))}`;
    if (this.#pod && this.#pod.template !== template) await this.#stopPod();
    if (!deployment || !secret || template === undefined || this.#isNodeAway) return;
    const directory = await this.#mount(secret);
    if (!this.#pod) this.#start(deployment, template, directory);
  }

  /** Writes the Secret as the kubelet mounts it; a running agent takes changed files up by itself. */
  async #mount(secret: ApiObject): Promise<string> {
    const directory = join(this.#deps.directory, `${this.#deps.cluster}-hub`);
    await mkdir(directory, { recursive: true });
    const files = Object.entries(objectOf(secret["data"]));
    await Promise.all(
      files.map(([name, data]) => writeFile(join(directory, name), Buffer.from(stringOf(data), "base64"))),
    );
    return directory;
  }

  #start(deployment: ApiObject, template: string, directory: string): void {
    const { cluster, log, managed } = this.#deps;
    this.#count += 1;
    const name = `${AGENT_DEPLOYMENT}-${cluster}-${this.#count}`;
    const config = podConfig(deployment, name);
    const stop = new AbortController();
    const ended = this.#run(config, { directory, deployment, signal: stop.signal }).catch((error: unknown) => {
      log.error({ err: error, cluster }, "agent ended");
    });
    this.#pod = { template, stop, ended };
    const fields = { replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 };
    writeStatus(managed.registry, deployment, "kubelet", { fields });
  }

  async #run(config: Config, given: { directory: string; deployment: ApiObject; signal: AbortSignal }): Promise<void> {
    const { managed, agentLog, cluster } = this.#deps;
    const account = stringOf(at(given.deployment.spec, "template", "spec", "serviceAccountName"));
    const token = managed.authentication.issueToken(serviceAccountUser(config.POD_NAMESPACE, account));
    const log = agentLog.child({ cluster });
    const userAgent = "kruise-health-agent/local-fleet";
    const source = staticSource({ server: managed.url, ca: managed.ca, token });
    const managedKube = await buildKube({ source, log, userAgent, name: "managed cluster" });
    const settings = { ...config, HUB_KUBECONFIG: join(given.directory, "kubeconfig") };
    const connections = hubConnections(settings, { log, userAgent, reloadCheckMs: 1000 });
    const { hub, reports } = connections;
    try {
      await runAgent(config, { log, clock: systemClock, managed: managedKube, hub, reports, signal: given.signal });
    } finally {
      managedKube.close();
      connections.close();
    }
  }

  async #stopPod(): Promise<void> {
    const pod = this.#pod;
    this.#pod = undefined;
    pod?.stop.abort();
    await pod?.ended;
    await rm(join(this.#deps.directory, `${this.#deps.cluster}-hub`), { recursive: true, force: true });
  }
}

/** The configuration that the pod's environment makes; probes listen on any free port of 127.0.0.1. */
function podConfig(deployment: ApiObject, podName: string): Config {
  const [container] = listOf(at(deployment.spec, "template", "spec", "containers"));
  const fields: Record<string, string> = {
    "metadata.name": podName,
    "metadata.namespace": deployment.metadata.namespace ?? "",
    "status.podIP": "127.0.0.1",
  };
  const environment = listOf(at(container, "env")).map((variable): [string, string] => {
    const field = stringOf(at(variable, "valueFrom", "fieldRef", "fieldPath"));
    return [stringOf(at(variable, "name")), field === "" ? stringOf(at(variable, "value")) : (fields[field] ?? "")];
  });
  const given = { KUBERNETES_SERVICE_HOST: "127.0.0.1", ...Object.fromEntries(environment) };
  return { ...parseConfig(AgentConfig, given), HEALTH_PORT: 0 };
}
