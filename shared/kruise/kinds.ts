// The OpenKruise kinds that are reported one by one, and how a cluster serves them.

export interface KruiseKind {
  group: string;
  kind: string;
  /** Plural resource name, as in URLs and CRD names. */
  plural: string;
  namespaced: boolean;
  /** Versions this code can read, the one to prefer first when a cluster leaves the choice. */
  versions: readonly string[];
}

export const KRUISE_KINDS: readonly KruiseKind[] = [
  {
    group: "apps.kruise.io",
    kind: "CloneSet",
    plural: "clonesets",
    namespaced: true,
    versions: ["v1beta1", "v1alpha1"],
  },
  // The v1alpha1 view of a StatefulSet loses the updated-available counters, so v1beta1 comes first.
  {
    group: "apps.kruise.io",
    kind: "StatefulSet",
    plural: "statefulsets",
    namespaced: true,
    versions: ["v1beta1", "v1alpha1"],
  },
  {
    group: "apps.kruise.io",
    kind: "SidecarSet",
    plural: "sidecarsets",
    namespaced: false,
    versions: ["v1beta1", "v1alpha1"],
  },
  {
    group: "apps.kruise.io",
    kind: "UnitedDeployment",
    plural: "uniteddeployments",
    namespaced: true,
    versions: ["v1beta1", "v1alpha1"],
  },
];

/** The name of a workload's row on the hub, and its key in reports: unique within a cluster. */
export function recordKey(kind: string, namespace: string, name: string): string {
  return (namespace === "" ? `${kind}.${name}` : `${kind}.${namespace}.${name}`).toLowerCase();
}
