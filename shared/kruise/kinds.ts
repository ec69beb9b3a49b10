// The OpenKruise kinds that are reported one by one, and how a cluster serves them.

interface Served {
  group: string;
  /** Plural resource name, as in URLs and CRD names. */
  plural: string;
  namespaced: boolean;
  /** Versions this code can read, the one to prefer first when a cluster leaves the choice. */
  versions: readonly string[];
  /** An older view loses fields, so the first version that is served is read, stored or not. */
  fullestView: boolean;
  /** The feature gate of OpenKruise without which nothing writes this kind's status. */
  gate?: string;
}

export const APPS_GROUP = "apps.kruise.io";
const BOTH = ["v1beta1", "v1alpha1"];

const KINDS = [
  kind("CloneSet", "clonesets"),
  // The v1alpha1 view of a StatefulSet loses the updated-available counters.
  kind("StatefulSet", "statefulsets", { fullestView: true }),
  kind("SidecarSet", "sidecarsets", { namespaced: false }),
  kind("UnitedDeployment", "uniteddeployments"),
  kind("DaemonSet", "daemonsets"),
  kind("BroadcastJob", "broadcastjobs"),
  // The v1alpha1 view of an AdvancedCronJob loses the template of an ImageListPullJob.
  kind("AdvancedCronJob", "advancedcronjobs", { fullestView: true }),
  kind("ImagePullJob", "imagepulljobs", { gate: "ImagePullJobGate" }),
  kind("ImageListPullJob", "imagelistpulljobs", { gate: "ImagePullJobGate" }),
  kind("ContainerRecreateRequest", "containerrecreaterequests"),
  kind("EphemeralJob", "ephemeraljobs"),
  kind("WorkloadSpread", "workloadspreads", { gate: "WorkloadSpread" }),
  kind("PersistentPodState", "persistentpodstates"),
  kind("PodProbeMarker", "podprobemarkers", { gate: "PodProbeMarkerGate" }),
  kind("ResourceDistribution", "resourcedistributions", { namespaced: false, gate: "ResourceDistributionGate" }),
  kind("PodUnavailableBudget", "podunavailablebudgets", { group: "policy.kruise.io" }),
  kind("Rollout", "rollouts", { group: "rollouts.kruise.io" }),
  kind("GameServerSet", "gameserversets", { group: "game.kruise.io", versions: ["v1alpha1"] }),
];

export type KindName = (typeof KINDS)[number]["kind"];

export interface KruiseKind extends Served {
  kind: KindName;
}

export const KRUISE_KINDS: readonly KruiseKind[] = KINDS;

function kind<Name extends string>(
  name: Name,
  plural: string,
  differing: Partial<Served> = {},
): Served & { kind: Name } {
  const usual = { group: APPS_GROUP, namespaced: true, versions: BOTH, fullestView: false };
  return { kind: name, plural, ...usual, ...differing };
}

/** The name of a workload's row on the hub, and its key in reports: unique within a cluster. */
export function recordKey(kindName: string, namespace: string, name: string): string {
  return (namespace === "" ? `${kindName}.${name}` : `${kindName}.${namespace}.${name}`).toLowerCase();
}
