// A hub with any number of managed clusters that cost little: each is a store of objects with OCM's klusterlet played over
// it, without an API server and without a real agent. What is real are the hub's API server, the connection, and the
// controllers of whoever leads.
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { runAddonTerm } from "../../manager/controllers/addon-term.ts";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { conditionOf } from "./actors/conditions.ts";
import { ADDONS } from "./actors/hub.ts";
import { startPlayedAgent } from "./actors/played-agent.ts";
import { startRegistration } from "./actors/registration.ts";
import { startWorkAgent } from "./actors/work.ts";
import { serviceAccountUser } from "./apiserver/authentication.ts";
import { Registry } from "./apiserver/registry.ts";
import { Hub } from "./hub.ts";

const INSTALL_NAMESPACE = "open-cluster-management-agent-addon";
/** Longer than any test: nobody reports here, and that is not what is looked at. */
const SILENCE_GRACE_MS = 3_600_000;

export interface ManyOptions {
  log: Log;
  /** How often a klusterlet judges the agent's Lease. */
  judgeMs: number;
  /** customizedVariables of the add-on's default config. */
  settings?: Record<string, string>;
}

/** A leader's work for OCM, as it runs in one process. */
export interface Leader {
  /** Rejects when the controllers cannot go on. */
  ended: Promise<void>;
  /** Ends it and waits for the runs under way. */
  stop(): Promise<void>;
}

/** The hub and its clusters. */
export class ManyClusters {
  readonly hub: Hub;
  readonly managed = new Map<string, Registry>();
  readonly #options: ManyOptions;
  readonly #stops: (() => void)[] = [];

  private constructor(hub: Hub, options: ManyOptions) {
    this.hub = hub;
    this.#options = options;
  }

  static async start(options: ManyOptions): Promise<ManyClusters> {
    const { log, settings = {} } = options;
    return new ManyClusters(await Hub.start({ log, settings, environment: {} }), options);
  }

  /** Adds a cluster with its klusterlet. */
  join(cluster: string): void {
    const { log, judgeMs } = this.#options;
    const registry = new Registry();
    this.hub.join(cluster);
    this.managed.set(cluster, registry);
    const deps = { cluster, hub: this.hub.server, managed: { registry }, log, judgeMs, connection: { isUp: true } };
    this.#stops.push(startRegistration(deps), startWorkAgent(deps), startPlayedAgent(registry, log));
  }

  /** Enables the add-on on a cluster, as clusteradm does. */
  enable(cluster: string): void {
    const { registry } = this.hub.server;
    const object = {
      apiVersion: "addon.open-cluster-management.io/v1alpha1",
      kind: "ManagedClusterAddOn",
      metadata: { name: ADDON_NAME, namespace: cluster },
      spec: { installNamespace: INSTALL_NAMESPACE },
    };
    registry.create(object, { manager: "clusteradm" });
  }

  /** Whether OCM calls the add-on of a cluster Available and complete. */
  isComplete(cluster: string): boolean {
    const addon = this.hub.server.registry.storage.get(ADDONS, cluster, ADDON_NAME);
    const isAvailable = conditionOf(addon, "Available")?.["status"] === "True";
    return isAvailable && conditionOf(addon, "Progressing")?.["reason"] === "Completed";
  }

  /** Resolves once the add-on of each of these clusters is complete. */
  async untilComplete(clusters: Iterable<string>): Promise<void> {
    const left = new Set(clusters);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (cluster: string): void => {
      if (left.has(cluster) && this.isComplete(cluster)) left.delete(cluster);
      if (left.size === 0) resolve();
    };
    const stop = this.hub.server.registry.storage.subscribe(ADDONS, ({ object }) =>
      look(object.metadata.namespace ?? ""),
    );
    for (const cluster of left) look(cluster);
    await promise;
    stop();
  }

  /** A connection to the hub with the manager's identity. */
  async connect(): Promise<Kube> {
    const { url: server, ca, authentication } = this.hub.server;
    const token = authentication.issueToken(serviceAccountUser("kruise-health", "kruise-health-manager"));
    const source = staticSource({ server, ca, token });
    return buildKube({ source, log: this.#options.log, userAgent: "kruise-health-manager/local-fleet" });
  }

  /** Starts the controllers of a leader on a connection, which is closed with them. */
  lead(kube: Kube, stop = new AbortController()): Leader {
    const clock = systemClock;
    const fleet = new Fleet({
      clock,
      epochMs: clock.wallMs(),
      staleAfterMs: SILENCE_GRACE_MS,
      heartbeatMs: SILENCE_GRACE_MS,
      loopLagMs: () => 0,
    });
    const agent = { image: "kruise-health-agent:local", imagePullPolicy: "IfNotPresent" };
    const deps = { kube, clock, log: this.#options.log, fleet, agent, silenceGraceMs: SILENCE_GRACE_MS };
    const told = { onExpecting: () => undefined, onControllers: () => undefined };
    const ended = runAddonTerm({ ...deps, ...told, addonApiVersion: "auto" }, stop).finally(() => kube.close());
    return {
      ended,
      stop: async () => {
        stop.abort();
        await ended;
      },
    };
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.hub.close();
  }
}
