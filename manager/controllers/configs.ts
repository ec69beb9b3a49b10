// Tells OCM what is in the configs that the add-on is given: the hash of each one's content, on the
// ClusterManagementAddOn (defaults and placements) and on each ManagedClusterAddOn (its own configs).
// OCM compares these hashes to roll a change out, but never computes one.
import { isDeepStrictEqual } from "node:util";
import { mergePatch } from "../../shared/kube/apply.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { patchStatus, planStatus } from "./addon-status.ts";
import { apiOf } from "../ocm/addon-api.ts";
import { ADDON_GROUP } from "../ocm/types.ts";
import type {
  AddOnDeploymentConfig,
  ClusterManagementAddOn,
  ConfigReference,
  DesiredConfig,
  ManagedClusterAddOn,
} from "../ocm/types.ts";

/** The one config type that this add-on understands. */
export const SUPPORTED_CONFIG = { group: ADDON_GROUP, resource: "addondeploymentconfigs" } as const;

/** Finds a live AddOnDeploymentConfig. */
export type FindConfig = (namespace: string, name: string) => AddOnDeploymentConfig | undefined;

export interface ConfigDeps {
  kube: Kube;
  findConfig: FindConfig;
  /** The add-on's ClusterManagementAddOn. */
  definition: () => ClusterManagementAddOn | undefined;
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
}

/** Says whether a reference names a config of the type that this add-on understands. */
export function isSupported(reference: { group: string; resource: string }): boolean {
  return reference.group === SUPPORTED_CONFIG.group && reference.resource === SUPPORTED_CONFIG.resource;
}

/** The namespaced names of the supported configs among these references: `namespace/name`. */
export function configKeys(references: readonly ConfigReference[]): string[] {
  return references.flatMap((reference) => {
    const desired = hashedConfig(reference);
    return desired ? [`${desired.namespace ?? ""}/${desired.name}`] : [];
  });
}

/** The ClusterManagementAddOn's status with every hash filled in; undefined when nothing differs. */
export function planDefinition(
  { status }: ClusterManagementAddOn,
  findConfig: FindConfig,
): ClusterManagementAddOn["status"] | undefined {
  const defaults = status.defaultConfigReferences?.map((reference) => withLiveHash(reference, findConfig));
  const progressions = status.installProgressions?.map(({ configReferences, ...rest }) => ({
    ...rest,
    ...(configReferences && {
      configReferences: configReferences.map((reference) => withLiveHash(reference, findConfig)),
    }),
  }));
  const planned = {
    ...(isDeepStrictEqual(defaults, status.defaultConfigReferences) ? {} : { defaultConfigReferences: defaults ?? [] }),
    ...(isDeepStrictEqual(progressions, status.installProgressions) ? {} : { installProgressions: progressions ?? [] }),
  };
  return Object.keys(planned).length === 0 ? undefined : planned;
}

/**
 * A ManagedClusterAddOn's config references with our part filled in: the generation seen of every live config, and the
 * hash of those that the object names itself. OCM copies the other hashes, at the pace of the rollout: never write them.
 */
export function planReferences(addon: ManagedClusterAddOn, findConfig: FindConfig): ConfigReference[] {
  return (addon.status.configReferences ?? []).map((reference) => {
    const desired = hashedConfig(reference);
    if (!desired) return reference;
    const live = findConfig(desired.namespace ?? "", desired.name);
    const own = addon.spec.configs?.some(
      (config) =>
        isSupported(config) && config.name === desired.name && (config.namespace ?? "") === (desired.namespace ?? ""),
    );
    const generation = live?.metadata.generation;
    return {
      ...reference,
      ...(own ? { desiredConfig: { ...desired, specHash: live?.specHash ?? "" } } : {}),
      ...(generation === undefined ? {} : { lastObservedGeneration: generation }),
    };
  });
}

/** Keeps the hashes on the ClusterManagementAddOn. */
export function definitionConfigs({ kube, definition, findConfig }: ConfigDeps): Reconcile {
  return async (_key, signal) => {
    const live = definition();
    if (!live || live.metadata.deletionTimestamp !== undefined) return;
    const status = planDefinition(live, findConfig);
    if (!status) return;
    const { uid, resourceVersion } = live.metadata;
    const api = apiOf(live);
    await mergePatch(
      kube,
      api.definitions,
      { name: ADDON_NAME, subresource: "status", signal },
      { metadata: { uid, resourceVersion }, status: api.encodeDefinitionStatus(status) },
    );
  };
}

/** Keeps the hashes on one cluster's ManagedClusterAddOn. */
export function addonConfigs({ kube, findAddon, findConfig }: ConfigDeps): Reconcile {
  return async (cluster, signal) => {
    const addon = findAddon(cluster);
    if (!addon || addon.metadata.deletionTimestamp !== undefined || !addon.status.configReferences) return;
    const status = planStatus(addon.status, { configReferences: planReferences(addon, findConfig) });
    if (status) await patchStatus(kube, addon, status, signal);
  };
}

function withLiveHash(reference: ConfigReference, findConfig: FindConfig): ConfigReference {
  const desired = hashedConfig(reference);
  if (!desired) return reference;
  const specHash = findConfig(desired.namespace ?? "", desired.name)?.specHash ?? "";
  return { ...reference, desiredConfig: { ...desired, specHash } };
}

function hashedConfig(reference: ConfigReference): DesiredConfig | undefined {
  return isSupported(reference) ? reference.desiredConfig : undefined;
}
