// Open Cluster Management's objects, as far as this add-on reads or writes them, in addon API v1alpha1.
// v1alpha1 because it is the one version that every supported hub (1.1 to 1.3) serves and stores: no conversion webhook
// stands between us and the object, and the registration driver, which belongs to the klusterlet, is a field of its own
// there (status.kubeClientDriver), so that writing registrations cannot drop it.
import type { V1Role, V1RoleBinding } from "@kubernetes/client-node";
import type { Condition, KubeObject, ObjectMeta, OwnerReference, Resource } from "../../shared/kube/types.ts";

export const ADDON_GROUP = "addon.open-cluster-management.io";
export const ADDON_API_VERSION = `${ADDON_GROUP}/v1alpha1`;
export const WORK_API_VERSION = "work.open-cluster-management.io/v1";

export const MANAGED_CLUSTER_ADDONS: Resource = {
  group: ADDON_GROUP,
  version: "v1alpha1",
  plural: "managedclusteraddons",
};
export const CLUSTER_MANAGEMENT_ADDONS: Resource = {
  group: ADDON_GROUP,
  version: "v1alpha1",
  plural: "clustermanagementaddons",
};
export const ADDON_DEPLOYMENT_CONFIGS: Resource = {
  group: ADDON_GROUP,
  version: "v1alpha1",
  plural: "addondeploymentconfigs",
};
export const MANAGED_CLUSTERS: Resource = {
  group: "cluster.open-cluster-management.io",
  version: "v1",
  plural: "managedclusters",
};
export const MANIFEST_WORKS: Resource = {
  group: "work.open-cluster-management.io",
  version: "v1",
  plural: "manifestworks",
};
export const SIGNING_REQUESTS: Resource = {
  group: "certificates.k8s.io",
  version: "v1",
  plural: "certificatesigningrequests",
};

/** Label on ManifestWorks, CSRs and our hub RBAC: the add-on that they belong to. */
export const ADDON_NAME_LABEL = "open-cluster-management.io/addon-name";
/** Label on CSRs: the managed cluster. A hint only: whoever makes a CSR sets it. */
export const CLUSTER_NAME_LABEL = "open-cluster-management.io/cluster-name";
/** Annotation on ManifestWorks: which contents of which configs they were rendered from. */
export const CONFIG_HASH_ANNOTATION = "open-cluster-management.io/config-spec-hash";
/** Annotation on a ManagedClusterAddOn that asks for the agent to run beside another cluster. */
export const HOSTING_CLUSTER_ANNOTATION = "addon.open-cluster-management.io/hosting-cluster-name";
/** Where the agent lives when nobody says otherwise. */
export const DEFAULT_INSTALL_NAMESPACE = "open-cluster-management-agent-addon";
/** Name that v1beta1 writers store for "supported, but no default". */
export const NO_DEFAULT_CONFIG = "__reserved_no_default__";
export const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";

/** Which config object, and what its content has to be. */
export interface DesiredConfig {
  namespace?: string;
  name: string;
  specHash: string;
}

export interface ConfigReference {
  group: string;
  resource: string;
  name?: string;
  namespace?: string;
  lastObservedGeneration?: number;
  desiredConfig?: DesiredConfig;
  lastAppliedConfig?: DesiredConfig;
  lastKnownGoodConfig?: DesiredConfig;
}

export interface Registration {
  signerName: string;
  subject?: { user?: string; groups?: string[]; organizationUnit?: string[] };
}

export interface ManagedClusterAddOnStatus {
  supportedConfigs?: { group: string; resource: string }[];
  configReferences?: ConfigReference[];
  registrations?: Registration[];
  kubeClientDriver?: string;
  namespace?: string;
  healthCheck?: { mode?: string };
  conditions?: Condition[];
}

export interface ManagedClusterAddOn extends KubeObject {
  /** The namespace is the managed cluster's name. */
  metadata: ObjectMeta & { namespace: string; uid: string };
  spec: {
    installNamespace?: string;
    configs?: { group: string; resource: string; namespace?: string; name: string }[];
  };
  status: ManagedClusterAddOnStatus;
}

interface InstallProgression {
  namespace?: string;
  name: string;
  configReferences?: ConfigReference[];
}

export interface ClusterManagementAddOn extends KubeObject {
  status: {
    /** Spelt with a lower-case c in this version. */
    defaultconfigReferences?: ConfigReference[];
    installProgressions?: InstallProgression[];
  };
}

export interface AddOnDeploymentConfigSpec {
  customizedVariables?: { name: string; value: string }[];
  nodePlacement?: {
    nodeSelector?: Record<string, string>;
    tolerations?: {
      key?: string;
      operator?: string;
      value?: string;
      effect?: string;
      tolerationSeconds?: number;
    }[];
  };
  registries?: { source?: string; mirror: string }[];
  agentInstallNamespace?: string;
}

export interface AddOnDeploymentConfig extends KubeObject {
  spec: AddOnDeploymentConfigSpec;
  /** What OCM calls the spec hash: see spec-hash.ts. */
  specHash: string;
}

export type ManagedCluster = KubeObject;

/** A ManifestWork without its manifests: thousands of them are kept. */
export interface ManifestWork extends KubeObject {
  /** Digest over the parts of the spec that the add-on owns. */
  fingerprint: string;
  applied: Condition | undefined;
}

export interface SigningRequest extends KubeObject {
  spec: { request: string; signerName: string; usages: string[]; username: string };
  status: { conditions?: { type: string }[] };
}

/** The owner reference of everything that the add-on makes in a cluster namespace. */
export function ownedBy(addon: ManagedClusterAddOn): OwnerReference {
  return {
    apiVersion: ADDON_API_VERSION,
    kind: "ManagedClusterAddOn",
    name: addon.metadata.name,
    uid: addon.metadata.uid,
    blockOwnerDeletion: true,
  };
}

/** Role and RoleBinding in a cluster namespace, as far as they are compared. */
export type HubRole = KubeObject & Required<Pick<V1Role, "rules">>;
export type HubRoleBinding = KubeObject & Pick<V1RoleBinding, "roleRef"> & Required<Pick<V1RoleBinding, "subjects">>;
