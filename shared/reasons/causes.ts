// What a reader is told of each cause that a look at a few pods and events can show.
import type { CauseReason } from "../health/causes.ts";
import type { Step } from "./guide.ts";
import { BUDGETS, NODES, POD_DETAILS, POD_LOG, QUOTAS, WARNINGS } from "./commands.ts";

export interface CauseGuide {
  /** What it means. */
  meaning: string;
  /** Where it is seen. */
  seen: string;
  /** What to do, in this order. */
  next: readonly Step[];
}

/** A guide to every cause: one that is missing is a type error. */
export const CAUSE_GUIDE: Record<CauseReason, CauseGuide> = {
  CannotSchedule: {
    meaning: "No node takes the pod; the message is the scheduler's.",
    seen: "the pod's condition `PodScheduled`",
    next: [
      { say: "See what the pod asks for and which nodes there are", run: POD_DETAILS },
      { say: "See whether nodes are missing or not Ready", run: NODES },
      { say: "Lower the requests, widen the selector or the tolerations, or add nodes" },
    ],
  },
  ImageNotPulled: {
    meaning: "The node cannot get the image that the message names.",
    seen: "the container's state, waiting",
    next: [
      { say: "See what the registry answers", run: POD_DETAILS },
      { say: "Correct the name or the tag, or give the pod a pull secret for that registry" },
    ],
  },
  ContainerCrashes: {
    meaning:
      "A container ends again and again. The message names it, its last exit code, and its restarts in steps: 1, 5, 20, 100.",
    seen: "the container's state and last state",
    next: [
      { say: "Read what it wrote before it ended", run: POD_LOG },
      { say: "With `out of memory`: raise its memory limit, or make it use less" },
    ],
  },
  ContainerNotCreated: {
    meaning:
      "The node cannot make the container: a Secret or ConfigMap that it names is missing, or its command or network is wrong.",
    seen: "the container's state, waiting, or the pod's Events",
    next: [{ say: "See what is missing", run: POD_DETAILS }],
  },
  PodFailed: {
    meaning:
      "The pod is over and was not replaced: evicted, or refused by its node. The word in brackets is the node's.",
    seen: "the pod's phase and reason",
    next: [{ say: "See why", run: POD_DETAILS }],
  },
  NotReady: {
    meaning:
      "The pod runs and does not serve: a probe has not passed for more than 30 s, or somebody keeps a readiness gate closed.",
    seen: "the containers' states and the pod's condition `Ready`",
    next: [
      { say: "See what the probe answers, or which gate is closed", run: POD_DETAILS },
      { say: "`InPlaceUpdateReady` and `KruisePodReady` are gates of OpenKruise: its manager opens them" },
    ],
  },
  HookHolds: {
    meaning:
      "A lifecycle hook of the workload holds the pod, for more than 30 s. Whoever answers the hook has not done so.",
    seen: "the pod's label `lifecycle.apps.kruise.io/state`",
    next: [
      { say: "See which labels or finalizers the hook waits for: `spec.lifecycle` of the workload" },
      { say: "See whether the controller that takes them away works", run: POD_DETAILS },
    ],
  },
  VolumeMissing: {
    meaning: "A volume cannot be bound, attached or mounted.",
    seen: "Events of the pod or the workload, or the scheduler's message",
    next: [
      { say: "See which volume", run: POD_DETAILS },
      { say: "See the claims", run: "kubectl get persistentvolumeclaims -n NAMESPACE" },
    ],
  },
  QuotaExceeded: {
    meaning: "A ResourceQuota of the namespace lets no further pod in.",
    seen: "Warning Events of the workload",
    next: [
      { say: "See what is used and by how much it is short", run: QUOTAS },
      { say: "Raise the quota, or scale something down" },
    ],
  },
  AdmissionRefused: {
    meaning:
      "The API server, its pod security or an admission webhook refuses a pod that OpenKruise wants to make, change or delete. What a webhook says stays in the cluster.",
    seen: "Warning Events of the workload",
    next: [{ say: "Read the whole answer", run: WARNINGS }],
  },
  BudgetBlocks: {
    meaning: "A budget lets no further pod be unavailable, so old pods stay.",
    seen: "Warning Events of the workload; or its pods are all ready, their PodUnavailableBudget allows none and protects against updates",
    next: [
      { say: "See the budgets", run: BUDGETS },
      { say: "Bring back the pods that are missing, or loosen the budget" },
    ],
  },
  StuckTerminating: {
    meaning: "A pod should be gone for more than 30 s and is still there.",
    seen: "the pod's deletion time and finalizers",
    next: [
      { say: "See its finalizers and its node", run: POD_DETAILS },
      { say: "See whether that node is there", run: NODES },
    ],
  },
};
