// One leader's work as an OCM add-on manager: builds the controllers, says which of them look again at what when
// something changes, and runs them until the term ends.
import { buildController } from "../../shared/kube/controller.ts";
import type { Controller, Reconcile } from "../../shared/kube/controller.ts";
import type { ObjectKey } from "../../shared/kube/store.ts";
import type { Kube } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { sleep } from "../../shared/runtime/sleep.ts";
import { supervise } from "../../shared/runtime/supervise.ts";
import type { Task } from "../../shared/runtime/supervise.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { addonConfigs, configKeys, definitionConfigs } from "./configs.ts";
import { approval } from "./csr.ts";
import type { ApprovalDeps } from "./csr.ts";
import { deploy } from "./deploy.ts";
import type { AgentImage } from "./deploy.ts";
import { buildEventTerm } from "./event-term.ts";
import type { EventTerm } from "./event-term.ts";
import { chooseAddonApi, VersionGuard } from "./addon-version.ts";
import type { VersionDeps } from "./addon-version.ts";
import { HubCaches } from "./hub-caches.ts";
import type { CacheListeners } from "./hub-caches.ts";
import type { DirectWay } from "../manifests/agent.ts";
import { CLUSTER_NAME_LABEL } from "../ocm/types.ts";
import type { ManagedClusterAddOn } from "../ocm/types.ts";
import { applyPresence } from "./presence.ts";
import { registration } from "./registration.ts";
import { reporting } from "./silence.ts";

/** Any key: the ClusterManagementAddOn is one object. */
const DEFINITION_KEY = "definition";
const SWEEP_MS = 1000;
/** How often rows of the roll-up are made, and for how long at a time: the feedback API has the time in between. */
const ROLL_UP_MS = 50;
const ROLL_UP_BUDGET_MS = 10;
/** Keys that one controller works on at a time: enough to keep up with a hub of thousands of clusters at start. */
const CONCURRENCY = 8;
/** How often everything is looked at again from the caches, as OCM's own add-on framework does. */
const RESYNC_MS = 600_000;

export interface AddonTermDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
  fleet: Fleet;
  addonApiVersion: VersionDeps["addonApiVersion"];
  agent: AgentImage;
  /** The way of agents past kube-apiserver, which may change; undefined: there is none. */
  direct?: { now(): DirectWay | undefined; subscribe(listener: () => void): () => void } | undefined;
  /** How long no agent is called silent. */
  silenceGraceMs: number;
  /** Called once the fleet knows which clusters to expect, with a way to the add-ons as the hub has them. */
  onExpecting: (addons: () => ManagedClusterAddOn[]) => void;
  /** Told how the controllers of this term are read, by their names. */
  onControllers: (controllers: Readonly<Record<string, Pick<Controller, "state">>>) => void;
}

interface Controllers {
  registration: Controller;
  deploy: Controller;
  addonConfigs: Controller;
  definitionConfigs: Controller;
  approval: Controller;
  reporting: Controller;
}

/** Runs the add-on's controllers until the signal aborts. */
export async function runAddonTerm(deps: AddonTermDeps, stop: AbortController): Promise<void> {
  const api = await chooseAddonApi(deps, stop.signal);
  const guard = new VersionGuard(deps, api);
  const caches = new HubCaches();
  const events = buildEventTerm(deps, caches);
  const controllers = buildControllers(deps, caches, events);
  deps.onControllers({ ...controllers });
  const unsubscribe = deps.fleet.subscribe((change) => {
    if (change.resource === "clusters") controllers.reporting.enqueue(change.row.cluster);
  });
  const ignoreWay = deps.direct?.subscribe(() => {
    for (const { metadata } of caches.addons.list()) controllers.deploy.enqueue(metadata.namespace);
  });
  const afterListing = (run: Task): Task => {
    return async (signal) => {
      await orAborted(caches.whenListed(), signal);
      return run(signal);
    };
  };
  const loops = Object.entries(controllers).map(([name, controller]: [string, Controller]) => {
    return [name, afterListing((signal) => controller.run(signal))] as const;
  });
  try {
    await supervise(
      {
        ...caches.tasks(
          { ...deps, api, onAddonTrouble: guard.doubt },
          buildListeners(deps.fleet, { caches, controllers, events }),
        ),
        ...Object.fromEntries(loops),
        tellEvents: afterListing(events.run),
        guardVersion: (signal) => guard.run(signal),
        sweep: sweep(deps.fleet),
        rollUp: rollUp(deps.fleet),
        announce: announce(deps, caches),
      },
      stop,
    );
  } finally {
    unsubscribe();
    ignoreWay?.();
  }
}

function buildControllers(deps: AddonTermDeps, caches: HubCaches, events: EventTerm): Controllers {
  const { kube, clock, log } = deps;
  const clusters = () => caches.addons.list().map(({ metadata }) => metadata.namespace);
  const requests = () => caches.requests.list().map(({ metadata }) => metadata.name);
  const build = (name: string, reconcile: Reconcile, keys: () => string[] = clusters) =>
    buildController({ name, reconcile, log, clock, concurrency: CONCURRENCY, resync: { everyMs: RESYNC_MS, keys } });
  const { findAddon, findCluster, findConfig, findWorks, findRole, findBinding, findRequest, definition } = caches;
  const listening = {
    sinceMonotonicMs: clock.monotonicMs(),
    sinceWallMs: clock.wallMs(),
    graceMs: deps.silenceGraceMs,
  };
  const hub = { kube, clock, log, findAddon, findCluster, findConfig };
  const onRefused: ApprovalDeps["onRefused"] = (refused) => events.addons.requestRefused(refused);
  return {
    registration: build("registration", registration({ ...hub, findRole, findBinding })),
    deploy: build("deploy", deploy({ ...hub, agent: deps.agent, findWorks, findDirectWay: () => deps.direct?.now() })),
    addonConfigs: build("addon-configs", addonConfigs({ ...hub, definition })),
    definitionConfigs: build("definition-configs", definitionConfigs({ ...hub, definition }), () => [DEFINITION_KEY]),
    approval: build("csr-approval", approval({ ...hub, findRequest, onRefused }), requests),
    reporting: build("reporting", reporting({ ...hub, listening, findRow: (cluster) => deps.fleet.cluster(cluster) })),
  };
}

function buildListeners(
  fleet: Fleet,
  { caches, controllers, events }: { caches: HubCaches; controllers: Controllers; events: EventTerm },
): CacheListeners {
  const lookAtCluster = (cluster: string) => {
    controllers.registration.enqueue(cluster);
    controllers.deploy.enqueue(cluster);
    controllers.reporting.enqueue(cluster);
    // A request may have come before the add-on that makes it right.
    for (const { metadata } of caches.requests.list()) {
      if (metadata.labels?.[CLUSTER_NAME_LABEL] === cluster) controllers.approval.enqueue(metadata.name);
    }
  };
  return {
    addons: (cluster) => {
      applyPresence({ fleet, findAddon: caches.findAddon }, cluster);
      events.addons.addonChanged(cluster);
      controllers.addonConfigs.enqueue(cluster);
      lookAtCluster(cluster);
    },
    clusters: lookAtCluster,
    works: (cluster) => controllers.deploy.enqueue(cluster),
    permissions: (cluster) => controllers.registration.enqueue(cluster),
    definition: () => {
      events.definition.changed();
      controllers.definitionConfigs.enqueue(DEFINITION_KEY);
    },
    configs: (key) => {
      events.definition.changed();
      controllers.definitionConfigs.enqueue(DEFINITION_KEY);
      for (const cluster of clustersWith(key, caches)) {
        controllers.addonConfigs.enqueue(cluster);
        controllers.registration.enqueue(cluster);
        controllers.deploy.enqueue(cluster);
      }
    },
    requests: (name) => {
      events.addons.requestChanged(name);
      controllers.approval.enqueue(name);
    },
  };
}

/** The clusters whose add-on is to be rendered from this config. */
function clustersWith({ namespace, name }: ObjectKey, caches: HubCaches): string[] {
  return caches.addons
    .list()
    .filter(({ status }) => configKeys(status.configReferences ?? []).includes(`${namespace}/${name}`))
    .map(({ metadata }) => metadata.namespace);
}

function announce({ onExpecting }: AddonTermDeps, caches: HubCaches): Task {
  return async (signal) => {
    await orAborted(caches.addons.whenSynced(), signal);
    onExpecting(() => caches.addons.list());
    await orAborted(new Promise<never>(() => undefined), signal);
  };
}

function sweep(fleet: Fleet): Task {
  return async (signal) => {
    for (;;) {
      await sleep(SWEEP_MS, signal);
      fleet.sweep();
    }
  };
}

function rollUp(fleet: Fleet): Task {
  return async (signal) => {
    for (;;) {
      await sleep(ROLL_UP_MS, signal);
      fleet.rollUp.run(ROLL_UP_BUDGET_MS);
    }
  };
}

/** Waits for a promise, or rejects with the signal's reason as soon as it aborts. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
