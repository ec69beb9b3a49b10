// The commands of the guides, in one spelling. NAMESPACE, NAME and other words in capitals are for the reader to put in.

/** A resource of OpenKruise with its group, so that no command meets a plain StatefulSet or DaemonSet. */
export type Resource =
  | `${"clonesets" | "statefulsets" | "uniteddeployments" | "daemonsets" | "sidecarsets"}.apps.kruise.io`
  | `${"broadcastjobs" | "advancedcronjobs" | "imagepulljobs" | "imagelistpulljobs" | "ephemeraljobs"}.apps.kruise.io`
  | `${"containerrecreaterequests" | "workloadspreads" | "persistentpodstates" | "podprobemarkers"}.apps.kruise.io`
  | "resourcedistributions.apps.kruise.io"
  | "podunavailablebudgets.policy.kruise.io"
  | "rollouts.rollouts.kruise.io"
  | "gameserversets.game.kruise.io";

const CLUSTER_SCOPED: readonly Resource[] = ["sidecarsets.apps.kruise.io", "resourcedistributions.apps.kruise.io"];

function target(resource: Resource): string {
  return CLUSTER_SCOPED.includes(resource) ? `${resource} NAME` : `${resource} NAME -n NAMESPACE`;
}

/** Shows the whole object. */
export function yamlOf(resource: Resource): string {
  return `kubectl get ${target(resource)} -o yaml`;
}

/** Shows the object with its Events. */
export function describe(resource: Resource): string {
  return `kubectl describe ${target(resource)}`;
}

/** Shows one field. */
export function fieldOf(resource: Resource, path: string): string {
  return `kubectl get ${target(resource)} -o jsonpath='{.${path}}'`;
}

/** Changes the spec. */
export function patchOf(resource: Resource, spec: Record<string, unknown>): string {
  return `kubectl patch ${target(resource)} --type merge -p '${JSON.stringify({ spec })}'`;
}

/** Lists the pods of a kind whose status tells its selector, the newest last. */
export function podsOf(resource: Resource): string {
  return `kubectl get pods -n NAMESPACE -l "$(${fieldOf(resource, "status.labelSelector")})" --sort-by=.metadata.creationTimestamp -o wide`;
}

export const WARNINGS = "kubectl get events --field-selector involvedObject.name=NAME,type=Warning -n NAMESPACE";
/** Events of a cluster-scoped object are in the namespace default. */
export const CLUSTER_WARNINGS = "kubectl get events --field-selector involvedObject.name=NAME,type=Warning -n default";
export const POD_DETAILS = "kubectl describe pods POD -n NAMESPACE";
export const POD_LOG = "kubectl logs pods/POD -n NAMESPACE --all-containers --previous";
export const QUOTAS = "kubectl describe resourcequotas -n NAMESPACE";
export const BUDGETS = "kubectl get podunavailablebudgets.policy.kruise.io -n NAMESPACE";
export const NODES = "kubectl get nodes";
export const MANAGER_LOG =
  "kubectl logs -n kruise-system -l control-plane=controller-manager --since=1h --tail=-1 | grep NAME";
export const MANAGER_PODS = "kubectl get pods -n kruise-system -o wide";
export const DAEMON_LOG = "kubectl logs -n kruise-system -l control-plane=daemon --since=1h --tail=-1 | grep NAME";
export const DAEMON_PODS = "kubectl get pods -n kruise-system -l control-plane=daemon -o wide";
/** The feature gates that the manager was started with; a gate that is not named has its default. */
export const GATES =
  "kubectl get deployments kruise-controller-manager -n kruise-system -o jsonpath='{.spec.template.spec.containers[*].args}'";

/** How to find out why pods are not available. */
export function podSteps(pods: "the newest pods" | "the pods", resource: Resource): { say: string; run: string }[] {
  return [
    { say: `Look at ${pods}`, run: podsOf(resource) },
    { say: "See why one is not available", run: POD_DETAILS },
    { say: "If it crashes, read its last log", run: POD_LOG },
  ];
}
