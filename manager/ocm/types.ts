// Open Cluster Management's objects, as far as this add-on reads or writes them. Those of the add-on group are one model
// for both of its versions, near to v1alpha1: the registration driver, which belongs to the klusterlet, is a field of its
// own (status.kubeClientDriver), so that nobody drops it who plans registrations. addon-api.ts reads and writes it.
import type { V1Role, V1RoleBinding } from "@kubernetes/client-node";
import type { Condition, KubeObject, ObjectMeta, OwnerReference, Resource } from "../../shared/kube/types.ts";

export const ADDON_GROUP = "addon.open-cluster-management.io";
export const WORK_API_VERSION = "work.open-cluster-management.io/v1";

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
/** Annotation on a ManagedCluster: mirrors of image registries, as JSON, for add-ons whose config names none. */
export const IMAGE_REGISTRIES_ANNOTATION = "open-cluster-management.io/image-registries";
/** Annotation on a manifest: the object stays on the managed cluster when it leaves its work. */
export const ORPHAN_ANNOTATION = "addon.open-cluster-management.io/deletion-orphan";
/** Where the agent lives when nobody says otherwise. */
export const DEFAULT_INSTALL_NAMESPACE = "open-cluster-management-agent-addon";
/** Name that stands in v1beta1 for "supported, but no default": never that of a config. */
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
  /** Of a reference without desiredConfig only, as OCM made them before it hashed configs. */
  name?: string;
  namespace?: string;
  lastObservedGeneration?: number;
  desiredConfig?: DesiredConfig;
  /** What OCM keeps where there is no default: no config. Kept so that a write gives it back. */
  noDefault?: DesiredConfig;
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
    /** Where the user wants the agent to live; absent when it is the default, which the hub fills in. */
    installNamespace?: string;
    configs?: { group: string; resource: string; namespace?: string; name: string }[];
  };
  status: ManagedClusterAddOnStatus;
}

export interface InstallProgression {
  namespace?: string;
  name: string;
  configReferences?: ConfigReference[];
}

export interface ClusterManagementAddOn extends KubeObject {
  status: {
    defaultConfigReferences?: ConfigReference[];
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
  registries?: ImageMirror[];
  proxyConfig?: ProxyConfig;
  resourceRequirements?: ContainerResources[];
  agentInstallNamespace?: string;
}

export interface ImageMirror {
  source?: string | undefined;
  mirror: string;
}

/** `caBundle` is base64 of PEM. */
export interface ProxyConfig {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
  caBundle?: string;
}

/** `containerID` is TYPE:NAME:CONTAINER; each part is a regular expression or `*`. */
export interface ContainerResources {
  containerID: string;
  resources: { requests?: Quantities; limits?: Quantities; claims?: object[] };
}

/** Quantities of Kubernetes by resource name; "1" may be written as a number. */
type Quantities = Record<string, string | number>;

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
  /** The objects that it carries, by `manifestKey()`. */
  holds: string[];
  applied: Condition | undefined;
}

/** Says which object a manifest stands for. No two API groups of the agent's objects share a kind. */
export function manifestKey({ kind, metadata }: { kind?: string; metadata?: Partial<ObjectMeta> }): string {
  return `${kind ?? ""}/${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}

export interface SigningRequest extends KubeObject {
  spec: { request: string; signerName: string; usages: string[]; username: string };
  status: { conditions?: { type: string }[] };
}

/** Says whether the add-on is asked to run its agent beside another cluster than its own, which it cannot. */
export function isHosted({ metadata }: ManagedClusterAddOn): boolean {
  return metadata.annotations?.[HOSTING_CLUSTER_ANNOTATION] !== undefined;
}

/** The owner reference of everything that the add-on makes in a cluster namespace. */
export function ownedBy(addon: ManagedClusterAddOn): OwnerReference {
  return {
    apiVersion: addon.apiVersion,
    kind: "ManagedClusterAddOn",
    name: addon.metadata.name,
    uid: addon.metadata.uid,
    blockOwnerDeletion: true,
  };
}

/** Role and RoleBinding in a cluster namespace, as far as they are compared. */
export type HubRole = KubeObject & Required<Pick<V1Role, "rules">>;
export type HubRoleBinding = KubeObject & Pick<V1RoleBinding, "roleRef"> & Required<Pick<V1RoleBinding, "subjects">>;
