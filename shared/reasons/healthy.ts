// Guide to the reasons of Healthy that kinds with pods give.
import type { Reason } from "../health/verdict.ts";
import { WARNINGS, fieldOf, yamlOf } from "./commands.ts";
import type { ReasonGuide } from "./guide.ts";

export const HEALTHY_WORKLOADS = {
  AllAvailable: {
    meaning: "All wanted pods exist, run the wanted revision and are available.",
    looksAt: ["spec.replicas", "status.replicas", "status.availableReplicas", "status.updatedReplicas"],
    causes: [],
    next: [],
    alert: "no",
  },
  AllUpdated: {
    meaning:
      "SidecarSet: every matched pod carries the newest sidecar, and no more than `maxUnavailable` of them are not ready.",
    looksAt: ["status.matchedPods", "status.updatedPods", "status.updatedReadyPods"],
    causes: [],
    next: [],
    alert: "no",
  },
  ScaledToZero: {
    meaning: "Zero replicas are wanted and none exist.",
    looksAt: ["spec.replicas", "status.replicas"],
    causes: ["Somebody, an autoscaler or a schedule scaled it down."],
    next: [
      {
        say: "If pods should run, scale it up",
        run: "kubectl scale clonesets.apps.kruise.io NAME -n NAMESPACE --replicas=COUNT",
      },
    ],
    alert: "no",
  },
  NoMatchedPods: {
    meaning:
      "No pod is selected. For a SidecarSet: no pod carries its sidecar; pods that the selector matches but that were created without injection do not count.",
    looksAt: ["spec.selector", "status.matchedPods"],
    causes: [
      "The selector or the namespace selector matches nothing.",
      "The pods were created before the SidecarSet, or while OpenKruise's webhook was off.",
    ],
    next: [
      {
        say: "If you expect pods, compare the selector with their labels",
        run: fieldOf("sidecarsets.apps.kruise.io", "spec.selector"),
      },
      { say: "See which labels the pods have", run: "kubectl get pods -A --show-labels" },
      {
        say: "Delete a pod that lacks the sidecar; its controller makes it anew with it",
        run: "kubectl delete pods POD -n NAMESPACE",
      },
    ],
    alert: "no",
  },
  UpdateDisabled: {
    meaning: "SidecarSet with `updateStrategy.type: NotUpdate`: running pods keep the sidecar they have, on purpose.",
    looksAt: ["spec.updateStrategy.type", "status.updatedPods", "status.matchedPods"],
    causes: ["The strategy was chosen so that only new pods get the new sidecar."],
    next: [
      {
        say: "To update a running pod, delete it and let its controller make it anew",
        run: "kubectl delete pods POD -n NAMESPACE",
      },
    ],
    alert: "no",
  },
  NoEligibleNodes: {
    meaning: "No node is eligible, so no pod is wanted and none runs.",
    looksAt: ["status.desiredNumberScheduled", "status.desired", "spec.template.spec.nodeSelector"],
    causes: [
      "No node has the labels that the template asks for.",
      "Every node has a taint that the template does not tolerate.",
    ],
    next: [
      {
        say: "If pods should run, compare the template's node selector and tolerations with the nodes",
        run: "kubectl get nodes --show-labels",
      },
      { say: "See what the template asks for", run: yamlOf("daemonsets.apps.kruise.io") },
    ],
    alert: "no",
  },
  RolledBack: {
    meaning: "Rollout: it ended, and the workload is back at the revision of before.",
    looksAt: ["status.phase", "status.conditions"],
    causes: ["Somebody put the old template back while the release was under way."],
    next: [{ say: "See when and why it ended", run: yamlOf("rollouts.rollouts.kruise.io") }],
    alert: "when a release was expected to pass",
  },
  Spread: {
    meaning: "WorkloadSpread: pods are counted for its subsets. Whether they run is the verdict of their workload.",
    looksAt: ["status.subsetStatuses"],
    causes: [],
    next: [
      {
        say: "With the note SubsetUnschedulable: see which subset sends its pods elsewhere",
        run: yamlOf("workloadspreads.apps.kruise.io"),
      },
    ],
    alert: "no",
  },
  NoPods: {
    meaning: "There is no pod to spread or to protect.",
    looksAt: ["status.totalReplicas", "status.subsetStatuses", "spec.targetRef", "spec.selector"],
    causes: ["The workload is scaled to zero.", "The target reference or the selector names nothing that exists."],
    next: [
      {
        say: "If pods should be protected, check what the budget selects",
        run: yamlOf("podunavailablebudgets.policy.kruise.io"),
      },
      {
        say: "For a WorkloadSpread, check its target",
        run: fieldOf("workloadspreads.apps.kruise.io", "spec.targetRef"),
      },
    ],
    alert: "no",
  },
  NoPodStates: {
    meaning: "PersistentPodState: no pod has been recorded with its node yet.",
    looksAt: ["status.podStates", "spec.targetRef"],
    causes: ["The target has no ready pod yet.", "The target reference names nothing that exists."],
    next: [
      {
        say: "If pods should be recorded, check the target",
        run: fieldOf("persistentpodstates.apps.kruise.io", "spec.targetRef"),
      },
    ],
    alert: "no",
  },
  Recording: {
    meaning: "PersistentPodState: it records on which node each pod of the target runs.",
    looksAt: ["status.podStates"],
    causes: [],
    next: [],
    alert: "no",
  },
  Matched: {
    meaning: "PodProbeMarker: it matches pods. Whether their probes pass is on the pods.",
    looksAt: ["status.matchedPods"],
    causes: [],
    next: [],
    alert: "no",
  },
  WithinBudget: {
    meaning: "PodUnavailableBudget: enough pods are available, and at least one more may become unavailable.",
    looksAt: ["status.currentAvailable", "status.desiredAvailable", "status.unavailableAllowed"],
    causes: [],
    next: [],
    alert: "no",
  },
  BudgetExhausted: {
    meaning:
      "PodUnavailableBudget: just enough pods are available. No pod may be evicted, deleted or updated now, so node drains and updates wait.",
    looksAt: ["status.unavailableAllowed", "status.currentAvailable", "status.desiredAvailable"],
    causes: [
      "An update or an eviction uses all that the budget allows.",
      "The budget allows none: `maxUnavailable` is 0, or `minAvailable` is the number of pods.",
    ],
    next: [
      { say: "See what the budget asks for", run: yamlOf("podunavailablebudgets.policy.kruise.io") },
      { say: "See what waits for it", run: WARNINGS },
    ],
    alert: "no; expect drains to block",
  },
} as const satisfies Partial<Record<Reason<"Healthy">, ReasonGuide>>;
