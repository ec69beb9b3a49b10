// Guide to the reasons of Progressing that kinds with pods give, and to those of every kind.
import type { Reason } from "../health/verdict.ts";
import {
  GATES,
  MANAGER_LOG,
  MANAGER_PODS,
  POD_DETAILS,
  QUOTAS,
  WARNINGS,
  describe,
  fieldOf,
  podsOf,
  yamlOf,
  podSteps,
} from "./commands.ts";
import type { ReasonGuide } from "./guide.ts";

const CLONESETS = "clonesets.apps.kruise.io";

export const PROGRESSING_WORKLOADS = {
  StatusMissing: {
    meaning: "OpenKruise has not written a status yet.",
    looksAt: ["status.observedGeneration", "metadata.generation"],
    causes: [
      "The object is new.",
      "OpenKruise's controller is down or has no leader.",
      "The feature gate of the kind is off: pull jobs, ResourceDistribution, WorkloadSpread and PodProbeMarker have one.",
    ],
    next: [
      { say: "If it lasts, see whether the controller runs", run: MANAGER_PODS },
      { say: "See the feature gates", run: GATES },
      { say: "See what the controller says", run: MANAGER_LOG },
    ],
    alert: "after five minutes it is Degraded/ControllerNotReconciling",
  },
  GenerationNotObserved: {
    meaning: "The spec was changed and OpenKruise has not looked at it yet. The old numbers are not read.",
    looksAt: ["metadata.generation", "status.observedGeneration"],
    causes: [
      "The change is new.",
      "OpenKruise's controller is down.",
      "The controller cannot handle the spec: an invalid selector, or subset replicas that do not add up.",
      "The controller waits for pods that it has asked for.",
    ],
    next: [
      { say: "If it lasts, see whether the controller runs", run: MANAGER_PODS },
      { say: "See what the controller says", run: MANAGER_LOG },
    ],
    alert: "after five minutes it is Degraded/ControllerNotReconciling",
  },
  Terminating: {
    meaning: "The object is being deleted.",
    looksAt: ["metadata.deletionTimestamp", "metadata.finalizers"],
    causes: ["A finalizer waits for its controller.", "A foreground deletion waits for pods to end."],
    next: [{ say: "If it lasts, see who has to finish", run: fieldOf(CLONESETS, "metadata.finalizers") }],
    alert: "after an hour it is Degraded/DeletionStalled",
  },
  Updating: {
    meaning:
      "Fewer pods than the target run the new revision. The target is what is wanted, less what the partition keeps.",
    looksAt: [
      "status.updatedReplicas",
      "status.replicas",
      "spec.replicas",
      "spec.updateStrategy",
      "status.updatedPods",
    ],
    causes: [
      "A rollout is under way.",
      "It waits for its newest pods to become available, or for a budget to allow the next ones.",
    ],
    next: [
      { say: "Watch it", run: `kubectl get ${CLONESETS} NAME -n NAMESPACE -w` },
      { say: "If it does not move, look at the newest pods", run: podsOf(CLONESETS) },
      { say: "and at the Warning Events", run: WARNINGS },
    ],
    alert: "after ten minutes without progress it is Degraded/UpdateStalled",
  },
  ScalingUp: {
    meaning: "Fewer pods exist than are wanted.",
    looksAt: ["status.replicas", "spec.replicas", "status.currentNumberScheduled", "status.desiredNumberScheduled"],
    causes: [
      "It was just scaled up.",
      "`scaleStrategy.maxUnavailable` lets only a few start at a time.",
      "Pods are refused by a quota or an admission webhook.",
    ],
    next: [
      { say: "If it does not move, look at the Warning Events", run: WARNINGS },
      { say: "and at the quotas", run: QUOTAS },
    ],
    alert: "after ten minutes without progress it is Degraded/ScaleStalled",
  },
  ScalingDown: {
    meaning: "More pods exist than are wanted.",
    looksAt: ["status.replicas", "spec.replicas"],
    causes: ["It was just scaled down.", "Pods take their grace period, or a preDelete hook holds them."],
    next: [{ say: "If it does not move, look for pods that do not end", run: podsOf(CLONESETS) }],
    alert: "after ten minutes without progress it is Degraded/ScaleStalled",
  },
  UpdatedPodsNotAvailable: {
    meaning:
      "Updated pods exist and are not all available: during a canary this is what a bad image looks like, before time makes it Degraded.",
    looksAt: ["status.updatedAvailableReplicas", "status.updatedReplicas", "status.availableReplicas"],
    causes: [
      "The new pods are still starting, or inside `minReadySeconds`.",
      "The new image cannot be pulled, crashes, or fails its readiness probe.",
      "The new pods cannot be scheduled.",
    ],
    next: [...podSteps("the newest pods", CLONESETS)],
    alert: "after ten minutes without progress it is Degraded/UpdateStalled",
  },
  UpdatedPodsNotReady: {
    meaning:
      "SidecarSet: updated pods are not ready, more of them than the strategy tolerates. Under a hold every updated pod must be ready.",
    looksAt: [
      "status.updatedPods",
      "status.updatedReadyPods",
      "status.readyPods",
      "spec.updateStrategy.maxUnavailable",
    ],
    causes: [
      "The new sidecar crashes or is not ready.",
      "The application in those pods is not ready for its own reasons.",
    ],
    next: [
      { say: "See the sidecar's image and numbers", run: yamlOf("sidecarsets.apps.kruise.io") },
      { say: "Look at one of its pods", run: POD_DETAILS },
    ],
    alert: "after ten minutes without progress it is Degraded/UpdateStalled",
  },
  PodsNotAvailable: {
    meaning: "Pods that should serve do not, and no rollout explains it.",
    looksAt: ["status.availableReplicas", "spec.replicas", "status.numberAvailable", "status.desiredNumberScheduled"],
    causes: [
      "Pods crash or fail their readiness probe.",
      "A node is gone or under pressure.",
      "New pods of a scale-up are still starting.",
    ],
    next: [...podSteps("the pods", CLONESETS)],
    alert:
      "after five minutes without progress it is Degraded/Unavailable; at once if it was healthy and more are gone than `maxUnavailable`",
  },
  WaitingAvailable: {
    meaning: "All pods are ready, and something keeps them from being available.",
    looksAt: ["status.readyReplicas", "status.availableReplicas", "spec.minReadySeconds", "spec.lifecycle"],
    causes: [
      "`minReadySeconds` is not over.",
      "A lifecycle hook holds the pods: preNormal, inPlaceUpdate or preDelete.",
    ],
    next: [
      { say: "See which pods a hook holds", run: "kubectl get pods -n NAMESPACE -L lifecycle.apps.kruise.io/state" },
    ],
    alert: "after five minutes and twice `minReadySeconds` it is Degraded/Unavailable",
  },
  RemovingMisscheduled: {
    meaning: "DaemonSet: no node is eligible any more, and pods that should not run there are still there.",
    looksAt: ["status.desiredNumberScheduled", "status.currentNumberScheduled", "status.numberMisscheduled"],
    causes: ["Node labels or taints were changed.", "The template's node selector was changed."],
    next: [{ say: "If it lasts, see what does not end", run: describe("daemonsets.apps.kruise.io") }],
    alert: "no",
  },
} as const satisfies Partial<Record<Reason<"Progressing">, ReasonGuide>>;
