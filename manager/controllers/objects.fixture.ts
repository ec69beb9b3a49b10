// Objects for the tests of the controllers: a hub with one cluster that has the add-on, as OCM leaves it.
import type { AddOnDeploymentConfig, ConfigReference, ManagedCluster, ManagedClusterAddOn } from "../ocm/types.ts";
import { ADDON_GROUP } from "../ocm/types.ts";

const ADDON_API_VERSION = `${ADDON_GROUP}/v1alpha1`;
export const CLUSTER = "cluster1";
export const NOW = "2026-01-02T03:04:05Z";

/** A ManagedClusterAddOn that OCM has adopted and whose configs it has resolved. */
export function addon(
  status: ManagedClusterAddOn["status"] = {},
  { spec = {}, metadata = {} }: Partial<Pick<ManagedClusterAddOn, "spec">> & { metadata?: object } = {},
): ManagedClusterAddOn {
  return {
    apiVersion: ADDON_API_VERSION,
    kind: "ManagedClusterAddOn",
    metadata: {
      name: "kruise-health",
      namespace: CLUSTER,
      uid: "uid-addon",
      resourceVersion: "7",
      ownerReferences: [
        { apiVersion: ADDON_API_VERSION, kind: "ClusterManagementAddOn", name: "kruise-health", uid: "uid-cma" },
      ],
      ...metadata,
    },
    spec,
    status: { conditions: [configured()], ...status },
  };
}

export function configured(): NonNullable<ManagedClusterAddOn["status"]["conditions"]>[number] {
  return {
    type: "Configured",
    status: "True",
    reason: "ConfigurationsConfigured",
    message: "Configurations configured",
    lastTransitionTime: NOW,
  };
}

export function cluster(metadata: object = {}): ManagedCluster {
  return {
    apiVersion: "cluster.open-cluster-management.io/v1",
    kind: "ManagedCluster",
    metadata: { name: CLUSTER, ...metadata },
  };
}

/** A live AddOnDeploymentConfig `ns/name`. */
export function config(
  spec: AddOnDeploymentConfig["spec"] = {},
  specHash = "hash1",
  name = "cfg",
): AddOnDeploymentConfig {
  return {
    apiVersion: ADDON_API_VERSION,
    kind: "AddOnDeploymentConfig",
    metadata: { name, namespace: "ns", generation: 3 },
    spec,
    specHash,
  };
}

/** A reference to `ns/cfg`. */
export function reference(specHash: string, name = "cfg"): ConfigReference {
  return {
    group: ADDON_GROUP,
    resource: "addondeploymentconfigs",
    desiredConfig: { namespace: "ns", name, specHash },
  };
}

/** Finds among these configs. */
export function among(...configs: AddOnDeploymentConfig[]) {
  return (namespace: string, name: string): AddOnDeploymentConfig | undefined =>
    configs.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}
