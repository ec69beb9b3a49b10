// The hub of a local fleet: an API server with OCM's kinds and actors, and a real manager behind its aggregation layer.
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import { rfc3339Seconds, systemClock } from "../../shared/runtime/clock.ts";
import { parseConfig } from "../../shared/runtime/config.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { ManagerConfig } from "../../manager/config.ts";
import { runManager } from "../../manager/run.ts";
import { installHubDefinitions } from "./actors/definitions.ts";
import { startAvailability } from "./actors/availability.ts";
import { startHubActors } from "./actors/hub.ts";
import { serviceAccountUser } from "./apiserver/authentication.ts";
import type { ApiObject, Json } from "./apiserver/json.ts";
import type { ApiServer } from "./apiserver/server.ts";
import { startApiServer } from "./apiserver/server.ts";

const NAMESPACE = "kruise-health";
const INSTALL = { manager: "install" };
const ADDON_API = "addon.open-cluster-management.io/v1alpha1";

export interface HubOptions {
  log: Log;
  /** Environment of the manager, over short times that suit tests. */
  environment: Record<string, string>;
  /** customizedVariables of the add-on's default AddOnDeploymentConfig. */
  settings: Record<string, string>;
}

export class Hub {
  readonly server: ApiServer;
  readonly #options: HubOptions;
  readonly #stopActors: () => void;
  readonly #port: { api: number };
  #manager: { stop: AbortController; ended: Promise<void> } | undefined;
  #managers = 0;

  private constructor(server: ApiServer, options: HubOptions, port: { api: number }) {
    this.server = server;
    this.#options = options;
    this.#port = port;
    install(server, options.settings);
    const stops = [startHubActors(server.registry, options.log), startAvailability(server.registry, options.log)];
    this.#stopActors = () => stops.forEach((stop) => stop());
  }

  static async start(options: HubOptions): Promise<Hub> {
    const port = { api: 0 };
    const server = await startApiServer({
      name: "hub",
      resolveService: ({ namespace, name }) =>
        namespace === NAMESPACE && name === "kruise-health" && port.api !== 0
          ? { host: "127.0.0.1", port: port.api }
          : undefined,
    });
    return new Hub(server, options, port);
  }

  /** Port of the manager's feedback API; 0 while there is none. */
  get apiPort(): number {
    return this.#port.api;
  }

  /** Starts the manager; further settings hold for this one alone. */
  async startManager(further: Record<string, string> = {}): Promise<void> {
    const { log, environment } = this.#options;
    this.#managers += 1;
    const podName = `kruise-health-manager-${this.#managers}`;
    const required = {
      POD_NAME: podName,
      POD_NAMESPACE: NAMESPACE,
      POD_IP: "127.0.0.1",
      AGENT_IMAGE: "kruise-health-agent:local",
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
    };
    const config = {
      ...parseConfig(ManagerConfig, { ...required, ...environment, ...further }),
      API_PORT: 0,
      HEALTH_PORT: 0,
    };
    const token = this.server.authentication.issueToken(serviceAccountUser(NAMESPACE, "kruise-health-manager"));
    const source = staticSource({ server: this.server.url, ca: this.server.ca, token });
    const kube = await buildKube({ source, log, userAgent: "kruise-health-manager/local-fleet" });
    const stop = new AbortController();
    const onApiListening = (port: number): void => {
      this.#port.api = port;
    };
    const ended = runManager(config, { log, clock: systemClock, kube, signal: stop.signal, onApiListening })
      .catch((error: unknown) => log.error({ err: error }, "manager ended"))
      .finally(() => kube.close());
    this.#manager = { stop, ended };
  }

  async stopManager(): Promise<void> {
    const manager = this.#manager;
    this.#manager = undefined;
    manager?.stop.abort();
    await manager?.ended;
    this.#port.api = 0;
  }

  /** Adds an accepted, joined and available managed cluster with its namespace. */
  join(cluster: string): void {
    const { registry } = this.server;
    registry.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: cluster } }, INSTALL);
    const object: ApiObject = {
      apiVersion: "cluster.open-cluster-management.io/v1",
      kind: "ManagedCluster",
      metadata: { name: cluster },
      spec: { hubAcceptsClient: true, leaseDurationSeconds: 60 },
    };
    const { metadata } = registry.create(object, INSTALL);
    const lastTransitionTime = rfc3339Seconds(Date.now());
    const types = ["HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable"];
    const conditions = types.map((type): Json => ({
      type,
      status: "True",
      reason: type,
      message: "",
      lastTransitionTime,
    }));
    const status = { conditions, version: { kubernetes: "v1.35.4" } };
    const key = { namespace: "", name: metadata.name };
    registry.update(registry.typeOf(object), key, (current) => ({ ...current, status }), {
      ...INSTALL,
      subresource: "status",
    });
  }

  async close(): Promise<void> {
    await this.stopManager();
    this.#stopActors();
    await this.server.close();
  }
}

/** What the chart installs on a hub, as far as it matters here. */
function install({ registry }: ApiServer, settings: Record<string, string>): void {
  installHubDefinitions(registry);
  const hasConfig = Object.keys(settings).length > 0;
  const variables = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const supported = { group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" };
  const config: ApiObject = {
    apiVersion: ADDON_API,
    kind: "AddOnDeploymentConfig",
    metadata: { name: ADDON_NAME, namespace: NAMESPACE },
    spec: { customizedVariables: variables },
  };
  const objects: ApiObject[] = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "kruise-health-manager" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: "kruise-health-manager", namespace: NAMESPACE }],
    },
    ...(hasConfig ? [config] : []),
    {
      apiVersion: ADDON_API,
      kind: "ClusterManagementAddOn",
      metadata: { name: ADDON_NAME },
      spec: {
        addOnMeta: { displayName: "OpenKruise health" },
        supportedConfigs: [
          { ...supported, ...(hasConfig ? { defaultConfig: { name: ADDON_NAME, namespace: NAMESPACE } } : {}) },
        ],
        installStrategy: { type: "Manual" },
      },
    },
  ];
  for (const object of objects) registry.create(object, INSTALL);
}
