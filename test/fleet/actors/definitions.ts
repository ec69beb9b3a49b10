// CustomResourceDefinitions of Open Cluster Management (addon API v1alpha1) and OpenKruise 1.8, as far as the local fleet
// needs them: names, versions, the status subresource, kubectl's columns, and which lists are merged by key.
import { KRUISE_KINDS } from "../../../shared/kruise/kinds.ts";
import type { KindName } from "../../../shared/kruise/kinds.ts";
import type { ApiObject, Json, JsonObject } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";

interface Definition {
  group: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  versions: string[];
  shortNames?: string[];
  columns?: [name: string, jsonPath: string, type?: string][];
}

const condition = (type: string): string => `.status.conditions[?(@.type=="${type}")].status`;
const AGE: [string, string, string] = ["Age", ".metadata.creationTimestamp", "date"];
const COUNTERS: [string, string, string][] = [
  ["Desired", ".spec.replicas", "integer"],
  ["Updated", ".status.updatedReplicas", "integer"],
  ["Ready", ".status.readyReplicas", "integer"],
  ["Total", ".status.replicas", "integer"],
  AGE,
];
const ADDON = { group: "addon.open-cluster-management.io", versions: ["v1alpha1"] };
const CLUSTER = { group: "cluster.open-cluster-management.io" };

const OCM_HUB: Definition[] = [
  {
    ...CLUSTER,
    versions: ["v1"],
    kind: "ManagedCluster",
    plural: "managedclusters",
    namespaced: false,
    columns: [
      ["Hub Accepted", ".spec.hubAcceptsClient"],
      ["Joined", condition("ManagedClusterJoined")],
      ["Available", condition("ManagedClusterConditionAvailable")],
      AGE,
    ],
  },
  {
    ...ADDON,
    kind: "ClusterManagementAddOn",
    plural: "clustermanagementaddons",
    namespaced: false,
    shortNames: ["cma", "cmas"],
    columns: [["Display Name", ".spec.addOnMeta.displayName"]],
  },
  {
    ...ADDON,
    kind: "ManagedClusterAddOn",
    plural: "managedclusteraddons",
    namespaced: true,
    shortNames: ["mca", "mcas"],
    columns: [
      ["Available", condition("Available")],
      ["Degraded", condition("Degraded")],
      ["Progressing", condition("Progressing")],
    ],
  },
  { ...ADDON, kind: "AddOnDeploymentConfig", plural: "addondeploymentconfigs", namespaced: true },
  {
    group: "work.open-cluster-management.io",
    versions: ["v1"],
    kind: "ManifestWork",
    plural: "manifestworks",
    namespaced: true,
  },
];

const COLUMNS: Partial<Record<KindName, Definition["columns"]>> = {
  CloneSet: COUNTERS,
  StatefulSet: COUNTERS,
  UnitedDeployment: COUNTERS,
  SidecarSet: [["Matched", ".status.matchedPods", "integer"], AGE],
};
// Kruise Rollout and Kruise Game have kinds and charts of their own: these clusters have neither.
const OWN_GROUPS = ["apps.kruise.io", "policy.kruise.io"];

// Kruise 1.8 serves version v1alpha1 of all its kinds, and v1beta1 of one.
const KRUISE: Definition[] = KRUISE_KINDS.filter(({ group }) => OWN_GROUPS.includes(group)).map(
  ({ group, kind, plural, namespaced }) => ({
    group,
    kind,
    plural,
    namespaced,
    versions: kind === "StatefulSet" ? ["v1beta1", "v1alpha1"] : ["v1alpha1"],
    columns: COLUMNS[kind] ?? [AGE],
  }),
);

export function installHubDefinitions(registry: Registry): void {
  install(registry, OCM_HUB);
}

export function installKruiseDefinitions(registry: Registry): void {
  install(registry, KRUISE);
}

function install(registry: Registry, definitions: Definition[]): void {
  for (const definition of definitions) registry.create(render(definition), { manager: "install" });
}

function render({ group, kind, plural, namespaced, versions, shortNames = [], columns = [] }: Definition): ApiObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List`, shortNames },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        schema: { openAPIV3Schema: schema() },
        additionalPrinterColumns: columns.map(([column, jsonPath, type = "string"]) => ({
          name: column,
          jsonPath,
          type,
        })),
      })),
    },
  };
}

function schema(): JsonObject {
  const list = (...keys: string[]): Json => ({
    type: "array",
    items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": keys,
  });
  const properties = { conditions: list("type"), supportedConfigs: list("group", "resource") };
  return { type: "object", properties: { status: { type: "object", properties } } };
}
