// What the controllers know of the hub: one cache a resource, each as narrow as its selector allows, and who is to look
// again when something in it changes.
import { runStore, Store } from "../../shared/kube/store.ts";
import type { ObjectKey, StoreOptions } from "../../shared/kube/store.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Task } from "../../shared/runtime/supervise.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { HUB_ROLE_NAME } from "../manifests/hub-rbac.ts";
import { WORK_NAMES } from "../manifests/work.ts";
import * as decode from "../ocm/decode.ts";
import type { AddonApi } from "../ocm/addon-api.ts";
import { ADDON_NAME_LABEL, MANAGED_CLUSTERS, MANIFEST_WORKS, SIGNING_REQUESTS } from "../ocm/types.ts";
import type {
  HubRole,
  HubRoleBinding,
  AddOnDeploymentConfig,
  ClusterManagementAddOn,
  ManagedCluster,
  ManagedClusterAddOn,
  ManifestWork,
  SigningRequest,
} from "../ocm/types.ts";
import { ROLES, ROLE_BINDINGS } from "./registration.ts";

/** Called with the key of what changed in each cache. */
export interface CacheListeners {
  addons: (cluster: string) => void;
  clusters: (cluster: string) => void;
  works: (cluster: string) => void;
  permissions: (cluster: string) => void;
  definition: () => void;
  configs: (key: ObjectKey) => void;
  requests: (name: string) => void;
}

export interface CacheDeps {
  kube: Kube;
  log: Log;
  clock: Clock;
  /** The version of the add-on group that is spoken. */
  api: AddonApi;
  /** Called when the add-ons cannot be watched for the moment. */
  onAddonTrouble: (error: Error) => void;
}

/** Caches of the hub's objects, and the questions that the controllers ask of them. */
export class HubCaches {
  readonly addons = new Store<ManagedClusterAddOn>();
  readonly clusters = new Store<ManagedCluster>();
  readonly works = new Store<ManifestWork>();
  readonly requests = new Store<SigningRequest>();
  readonly definitions = new Store<ClusterManagementAddOn>();
  readonly configs = new Store<AddOnDeploymentConfig>();
  readonly roles = new Store<HubRole>();
  readonly bindings = new Store<HubRoleBinding>();

  readonly findAddon = (cluster: string) => this.addons.get(cluster, ADDON_NAME);
  readonly findCluster = (cluster: string) => this.clusters.get("", cluster);
  readonly findWorks = (cluster: string) => WORK_NAMES.flatMap((name) => this.works.get(cluster, name) ?? []);
  readonly findRequest = (name: string) => this.requests.get("", name);
  readonly findConfig = (namespace: string, name: string) => this.configs.get(namespace, name);
  readonly findRole = (cluster: string) => this.roles.get(cluster, HUB_ROLE_NAME);
  readonly findBinding = (cluster: string) => this.bindings.get(cluster, HUB_ROLE_NAME);
  readonly definition = () => this.definitions.get("", ADDON_NAME);

  /** Resolves when each cache has been listed once: before that, what is absent may only be not known. */
  async whenListed(): Promise<void> {
    const { addons, clusters, works, requests, definitions, configs, roles, bindings } = this;
    const stores = [addons, clusters, works, requests, definitions, configs, roles, bindings];
    await Promise.all(stores.map((store) => store.whenSynced()));
  }

  /** The tasks that keep the caches, for supervise(). */
  tasks({ api, onAddonTrouble, ...deps }: CacheDeps, on: CacheListeners): Record<string, Task> {
    const byName = { ...deps, fieldSelector: `metadata.name=${ADDON_NAME}` };
    const byLabel = { ...deps, labelSelector: `${ADDON_NAME_LABEL}=${ADDON_NAME}` };
    // By name, as the manager may list these only.
    const byRole = { ...deps, fieldSelector: `metadata.name=${HUB_ROLE_NAME}` };
    const permissions = ({ namespace }: ObjectKey) => on.permissions(namespace);
    return {
      watchAddons: follow({
        ...byName,
        resource: api.addons,
        store: this.addons,
        decode: api.decodeAddon,
        onTrouble: onAddonTrouble,
        onChange: ({ namespace }) => on.addons(namespace),
      }),
      watchDefinition: follow({
        ...byName,
        resource: api.definitions,
        store: this.definitions,
        decode: api.decodeDefinition,
        onChange: () => on.definition(),
      }),
      watchClusters: follow({
        ...deps,
        resource: MANAGED_CLUSTERS,
        store: this.clusters,
        decode: decode.decodeCluster,
        onChange: ({ name }) => on.clusters(name),
      }),
      watchConfigs: follow({
        ...deps,
        resource: api.deploymentConfigs,
        store: this.configs,
        decode: decode.decodeDeploymentConfig,
        onChange: on.configs,
      }),
      watchWorks: follow({
        ...byLabel,
        resource: MANIFEST_WORKS,
        store: this.works,
        decode: decode.decodeWork,
        onChange: ({ namespace }) => on.works(namespace),
      }),
      watchRequests: follow({
        ...byLabel,
        resource: SIGNING_REQUESTS,
        store: this.requests,
        decode: decode.decodeSigningRequest,
        onChange: ({ name }) => on.requests(name),
      }),
      watchRoles: follow({
        ...byRole,
        resource: ROLES,
        store: this.roles,
        decode: decode.decodeRole,
        onChange: permissions,
      }),
      watchBindings: follow({
        ...byRole,
        resource: ROLE_BINDINGS,
        store: this.bindings,
        decode: decode.decodeRoleBinding,
        onChange: permissions,
      }),
    };
  }
}

function follow<T extends KubeObject>(options: Omit<StoreOptions<T>, "signal">): Task {
  return async (signal) => runStore({ ...options, signal });
}
