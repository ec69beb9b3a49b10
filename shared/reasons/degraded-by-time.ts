// Guide to the reasons of Degraded that need time or history: stage two gives them.
import type { Reason } from "../health/verdict.ts";
import {
  BUDGETS,
  MANAGER_LOG,
  MANAGER_PODS,
  NODES,
  POD_LOG,
  QUOTAS,
  WARNINGS,
  describe,
  fieldOf,
  podsOf,
  podSteps,
} from "./commands.ts";
import type { ReasonGuide } from "./guide.ts";

const CLONESETS = "clonesets.apps.kruise.io";
const UNDO = "kubectl get controllerrevisions -n NAMESPACE --sort-by=.metadata.creationTimestamp";

export const DEGRADED_BY_TIME = {
  ProgressDeadlineExceeded: {
    meaning:
      "CloneSet: no progress for its own `progressDeadlineSeconds`, by this agent's clock. OpenKruise's condition of that name is not enough: it is set at once for what begins late.",
    looksAt: ["spec.progressDeadlineSeconds", "status.conditions", "status.updatedAvailableReplicas"],
    causes: [
      "The new image cannot be pulled, crashes, or fails its readiness probe.",
      "The new pods cannot be scheduled.",
    ],
    next: [...podSteps("the newest pods", CLONESETS)],
    alert: "yes",
  },
  FailedScale: {
    meaning:
      "CloneSet: pods could not be created; the condition of OpenKruise is new and pods are missing. The message says why.",
    looksAt: ["status.conditions", "status.replicas", "spec.replicas"],
    causes: ["A quota is used up.", "An admission webhook refuses the pods.", "The pod template is invalid."],
    next: [
      { say: "See what refuses the pods", run: WARNINGS },
      { say: "If it is a quota, see what is used", run: QUOTAS },
    ],
    alert: "yes",
  },
  FailedUpdate: {
    meaning:
      "CloneSet: pods could not be updated; the condition of OpenKruise is new and the update is not done. The message says why.",
    looksAt: ["status.conditions", "status.updatedReplicas", "spec.updateStrategy.type"],
    causes: ["`InPlaceOnly` with a change that cannot be made in place.", "An admission webhook refuses the change."],
    next: [
      { say: "See what was refused", run: WARNINGS },
      { say: "See the strategy", run: fieldOf(CLONESETS, "spec.updateStrategy") },
      {
        say: "Let pods be made anew where they cannot be updated in place",
        run: `kubectl patch ${CLONESETS} NAME -n NAMESPACE --type merge -p '{"spec":{"updateStrategy":{"type":"InPlaceIfPossible"}}}'`,
      },
    ],
    alert: "yes",
  },
  UpdateStalled: {
    meaning:
      "No pod was updated or became available for the time allowed: ten minutes by default (`UPDATE_STALLED_AFTER_SECONDS`), or `progressDeadlineSeconds`.",
    looksAt: [
      "status.updatedReplicas",
      "status.updatedAvailableReplicas",
      "status.availableReplicas",
      "spec.updateStrategy",
    ],
    causes: [
      "The newest pods do not become available: image, scheduling, probes.",
      "A PodUnavailableBudget denies the next pod.",
      "`maxUnavailable` is used up by pods that are down for another reason.",
      "A StatefulSet in order waits behind a broken ordinal.",
      "SidecarSet: a change other than the image cannot be made in running pods.",
    ],
    next: [
      { say: "Look at the newest pods", run: podsOf(CLONESETS) },
      { say: "Look at the Warning Events", run: WARNINGS },
      { say: "See whether a budget denies it", run: BUDGETS },
      {
        say: "SidecarSet: find pods whose condition SidecarSetUpgradable is False",
        run: `kubectl get pods -n NAMESPACE -o custom-columns='POD:.metadata.name,UPGRADABLE:.status.conditions[?(@.type=="SidecarSetUpgradable")].status'`,
      },
      { say: "To go back, find the old revision and apply its template", run: UNDO },
    ],
    alert: "yes",
  },
  ScaleStalled: {
    meaning:
      "The number of pods did not come nearer to the wanted one for the time allowed: ten minutes by default (`SCALE_STALLED_AFTER_SECONDS`).",
    looksAt: ["status.replicas", "spec.replicas"],
    causes: [
      "A quota or an admission webhook refuses new pods.",
      "`scaleStrategy.maxUnavailable` waits for pods that never become available.",
      "Pods that should go hang: a finalizer, a preDelete hook, or a node that is gone.",
    ],
    next: [
      { say: "Look at the Warning Events", run: WARNINGS },
      { say: "Look for pods that hang", run: podsOf(CLONESETS) },
      { say: "See the quotas", run: QUOTAS },
    ],
    alert: "yes",
  },
  Unavailable: {
    meaning:
      "Pods are not available, and none became so for the time allowed: five minutes by default (`UNAVAILABLE_AFTER_SECONDS`).",
    looksAt: ["status.availableReplicas", "status.readyReplicas", "spec.replicas"],
    causes: [
      "Pods crash or fail their readiness probe.",
      "A node is gone or under pressure.",
      "A lifecycle hook holds pods that are ready.",
      "The last batch of a bad rollout: OpenKruise counts it as done once every pod has the new revision.",
    ],
    next: [...podSteps("the pods", CLONESETS)],
    alert: "yes",
  },
  LostAvailability: {
    meaning:
      "It was healthy at this very spec, and now more pods are gone than `maxUnavailable` allows: an outage, not a rollout.",
    looksAt: ["status.availableReplicas", "spec.replicas", "metadata.generation"],
    causes: ["Nodes are gone.", "The application fails, or something that it needs."],
    next: [
      { say: "Look at the nodes", run: NODES },
      { say: "Look at the pods", run: podsOf(CLONESETS) },
      { say: "If they crash, read the last log of one", run: POD_LOG },
    ],
    alert: "yes, at once",
  },
  ControllerNotReconciling: {
    meaning:
      "OpenKruise has not observed the spec for the time allowed, five minutes by default (`NOT_RECONCILED_AFTER_SECONDS`), although the installation is healthy.",
    looksAt: ["metadata.generation", "status.observedGeneration"],
    causes: [
      "The controller cannot handle the spec: an invalid selector, or subset replicas that do not add up.",
      "The controller waits for pods that it has asked for and never saw.",
    ],
    next: [
      { say: "See what the controller says", run: MANAGER_LOG },
      { say: "Look at the Warning Events", run: WARNINGS },
      { say: "See whether the controller runs", run: MANAGER_PODS },
    ],
    alert: "yes",
  },
  DeletionStalled: {
    meaning: "The deletion waits for longer than an hour (`DELETION_STALLED_AFTER_SECONDS`).",
    looksAt: ["metadata.deletionTimestamp", "metadata.finalizers"],
    causes: ["A finalizer whose controller is gone.", "Pods that do not end: a hook, or a node that is gone."],
    next: [
      { say: "See who has to finish", run: fieldOf(CLONESETS, "metadata.finalizers") },
      { say: "Look for pods that do not end", run: podsOf(CLONESETS) },
    ],
    alert: "yes",
  },
  MissedSchedule: {
    meaning: "AdvancedCronJob: two periods of its schedule have passed and no job was started.",
    looksAt: ["status.lastScheduleTime", "spec.schedule", "spec.timeZone", "spec.startingDeadlineSeconds"],
    causes: [
      "OpenKruise missed more than a hundred starts and has parked the schedule.",
      "The job before still runs, and `concurrencyPolicy: Forbid` holds the next one back.",
      "Jobs are refused by a quota or an admission webhook.",
    ],
    next: [
      { say: "See what happened", run: describe("advancedcronjobs.apps.kruise.io") },
      { say: "See what the controller says", run: MANAGER_LOG },
      { say: "See which jobs still run", run: "kubectl get jobs,broadcastjobs.apps.kruise.io -n NAMESPACE" },
    ],
    alert: "yes",
  },
} as const satisfies Partial<Record<Reason<"Degraded">, ReasonGuide>>;
