// Guide to the reasons of Degraded that the object itself asserts.
import type { Reason } from "../health/verdict.ts";
import {
  CLUSTER_WARNINGS,
  DAEMON_LOG,
  DAEMON_PODS,
  QUOTAS,
  WARNINGS,
  describe,
  fieldOf,
  patchOf,
  yamlOf,
} from "./commands.ts";
import type { ReasonGuide } from "./guide.ts";

const STATEFULSETS = "statefulsets.apps.kruise.io";
const UNITEDDEPLOYMENTS = "uniteddeployments.apps.kruise.io";
const BUDGETS = "podunavailablebudgets.policy.kruise.io";
const ROLLOUTS = "rollouts.rollouts.kruise.io";
const DISTRIBUTIONS = "resourcedistributions.apps.kruise.io";
const REQUESTS = "containerrecreaterequests.apps.kruise.io";
const FAILED_PODS =
  "kubectl get pods -n NAMESPACE -l broadcastjob-name=NAME --field-selector status.phase=Failed -o wide";
const FAILED_LOG = "kubectl logs pods/POD -n NAMESPACE --all-containers";

export const DEGRADED_BY_OBJECT = {
  FailedCreatePod: {
    meaning:
      "OpenKruise could not create a pod and says why in the message. An Advanced StatefulSet says it in a condition, a DaemonSet by a Warning Event: the status of a DaemonSet then stands still, whatever becomes of its other pods.",
    looksAt: ["status.conditions", "status.replicas", "spec.replicas"],
    causes: ["A quota is used up.", "An admission webhook refuses the pod.", "The pod template is invalid."],
    next: [
      { say: "See what refuses the pods", run: WARNINGS },
      { say: "If it is a quota, see what is used", run: QUOTAS },
      { say: "See the condition of a StatefulSet", run: fieldOf(STATEFULSETS, "status.conditions") },
    ],
    alert: "yes",
  },
  FailedUpdatePod: {
    meaning:
      "Advanced StatefulSet: OpenKruise could not repair a pod's identity, labels or claims. The message says why.",
    looksAt: ["status.conditions", "status.updatedReplicas"],
    causes: ["A volume claim cannot be made or changed.", "An admission webhook refuses the change."],
    next: [
      { say: "See what was refused", run: WARNINGS },
      { say: "See the claims", run: "kubectl get persistentvolumeclaims -n NAMESPACE" },
    ],
    alert: "yes",
  },
  SubsetFailure: {
    meaning: "UnitedDeployment: a subset could not be handled.",
    looksAt: ["status.conditions"],
    causes: ["The child workload of the subset is refused."],
    next: [
      { say: "See which subset and why", run: describe(UNITEDDEPLOYMENTS) },
      {
        say: "See its children",
        run: "kubectl get clonesets.apps.kruise.io,statefulsets.apps.kruise.io,deployments -n NAMESPACE",
      },
    ],
    alert: "yes",
  },
  SubsetNotProvisioned: {
    meaning: "UnitedDeployment: a subset could not be created.",
    looksAt: ["status.conditions"],
    causes: ["The template of the child workload is invalid.", "A quota or an admission webhook refuses the child."],
    next: [{ say: "See which subset and why", run: describe(UNITEDDEPLOYMENTS) }],
    alert: "yes",
  },
  SubsetNotUpdated: {
    meaning: "UnitedDeployment: a subset could not be updated.",
    looksAt: ["status.conditions"],
    causes: ["An admission webhook refuses the change of the child workload."],
    next: [{ say: "See which subset and why", run: describe(UNITEDDEPLOYMENTS) }],
    alert: "yes",
  },
  JobFailed: {
    meaning: "The job failed as a whole. It does not start again.",
    looksAt: ["status.phase", "status.conditions", "status.failed", "spec.failurePolicy"],
    causes: ["A pod failed under the policy FailFast.", "The job took longer than its `activeDeadlineSeconds`."],
    next: [
      { say: "See why", run: fieldOf("broadcastjobs.apps.kruise.io", "status.conditions") },
      { say: "Find the pods of a BroadcastJob that failed", run: FAILED_PODS },
      { say: "Read the log of one", run: FAILED_LOG },
      { say: "For an EphemeralJob, see its conditions", run: yamlOf("ephemeraljobs.apps.kruise.io") },
      { say: "Mend the cause, delete the job and create it anew" },
    ],
    alert: "yes",
  },
  CompletedWithFailures: {
    meaning: "BroadcastJob: every node is done, and the pods of some failed.",
    looksAt: ["status.failed", "status.phase", "spec.failurePolicy.type"],
    causes: ["The command fails on some nodes, and the policy Continue let the job go on."],
    next: [
      { say: "Find the nodes where it failed", run: FAILED_PODS },
      { say: "Read the log of one", run: FAILED_LOG },
    ],
    alert: "yes",
  },
  PausedOnFailure: {
    meaning: "BroadcastJob: a pod failed, and the policy Pause has stopped the job.",
    looksAt: ["status.phase", "status.failed", "spec.failurePolicy.type"],
    causes: ["The command failed on a node."],
    next: [
      { say: "Find the pod that failed", run: FAILED_PODS },
      { say: "Read its log", run: FAILED_LOG },
      {
        say: "Delete the job and create it anew, or let it go on",
        run: patchOf("broadcastjobs.apps.kruise.io", { failurePolicy: { type: "Continue" }, paused: false }),
      },
    ],
    alert: "yes",
  },
  PullFailed: {
    meaning: "Images could not be pulled on some nodes.",
    looksAt: ["status.failed", "status.failedNodes", "status.failedImageStatuses", "status.completionTime"],
    causes: [
      "The image name or tag is wrong.",
      "The registry wants a pull secret that the job does not name.",
      "A node cannot reach the registry or has no room on its disk.",
    ],
    next: [
      { say: "See which nodes failed", run: yamlOf("imagepulljobs.apps.kruise.io") },
      { say: "See which images failed", run: yamlOf("imagelistpulljobs.apps.kruise.io") },
      { say: "See what kruise-daemon says of the image", run: DAEMON_LOG },
    ],
    alert: "yes, unless pods can start without it",
  },
  DeadlineExceeded: {
    meaning: "ImagePullJob: it took longer than its own `activeDeadlineSeconds` and was ended.",
    looksAt: ["status.message", "status.completionTime", "spec.completionPolicy.activeDeadlineSeconds"],
    causes: ["The image is large or the registry slow.", "kruise-daemon does not run on some nodes."],
    next: [
      { say: "See how far it came", run: yamlOf("imagepulljobs.apps.kruise.io") },
      { say: "See whether kruise-daemon runs everywhere", run: DAEMON_PODS },
    ],
    alert: "yes, unless pods can start without it",
  },
  RecreateFailed: {
    meaning: "ContainerRecreateRequest: a container could not be restarted.",
    looksAt: ["status.containerRecreateStates", "status.phase"],
    causes: ["A preStop hook failed or took too long.", "The container runtime refused."],
    next: [
      { say: "See which container and why", run: fieldOf(REQUESTS, "status.containerRecreateStates") },
      { say: "See what the daemon says", run: DAEMON_LOG },
    ],
    alert: "yes",
  },
  Aborted: {
    meaning: "ContainerRecreateRequest: it was given up. The message says why.",
    looksAt: ["status.message", "status.phase"],
    causes: ["The pod is gone.", "kruise-daemon did not answer for a minute.", "Its deadline was over."],
    next: [
      { say: "See why", run: fieldOf(REQUESTS, "status.message") },
      { say: "See whether kruise-daemon runs on the node", run: DAEMON_PODS },
    ],
    alert: "yes",
  },
  Incomplete: {
    meaning: "ContainerRecreateRequest: it has ended, and not every container was restarted.",
    looksAt: ["status.containerRecreateStates", "status.phase"],
    causes: ["It ended while a container was still being restarted."],
    next: [{ say: "See the state of each container", run: fieldOf(REQUESTS, "status.containerRecreateStates") }],
    alert: "yes",
  },
  BelowBudget: {
    meaning: "PodUnavailableBudget: fewer pods are available than it asks for.",
    looksAt: ["status.currentAvailable", "status.desiredAvailable"],
    causes: [
      "Pods crash, or a node is gone: the budget stops evictions, not crashes.",
      "A normal eviction touches it for a moment.",
    ],
    next: [
      { say: "See the numbers", run: yamlOf(BUDGETS) },
      { say: "Look at the pods that it selects", run: "kubectl get pods -n NAMESPACE -o wide" },
    ],
    alert: "after two minutes",
  },
  BudgetUnsatisfiable: {
    meaning: "PodUnavailableBudget: it can never be met, or it protects nothing.",
    looksAt: ["status.totalReplicas", "status.desiredAvailable", "status.currentAvailable", "spec.minAvailable"],
    causes: [
      "`minAvailable` is larger than the number of pods.",
      "The pods' controller has no scale (DaemonSet, BroadcastJob, bare pods), so their wanted number is not known.",
    ],
    next: [
      { say: "See what it asks for and what it counts", run: yamlOf(BUDGETS) },
      { say: "Ask for no more pods than there are", run: patchOf(BUDGETS, { minAvailable: "50%" }) },
    ],
    alert: "yes: updates and drains block, or nothing is protected",
  },
  DistributionFailed: {
    meaning:
      "ResourceDistribution: some namespaces do not have the resource. Each condition that is True names a failure.",
    looksAt: ["status.failed", "status.conditions"],
    causes: [
      "A resource of that name exists and belongs to somebody else.",
      "A namespace named in the targets does not exist.",
      "OpenKruise may not write that resource.",
    ],
    next: [
      { say: "See which namespaces failed and why", run: fieldOf(DISTRIBUTIONS, "status.conditions") },
      { say: "Look at the Warning Events", run: CLUSTER_WARNINGS },
    ],
    alert: "yes",
  },
  WorkloadNotFound: {
    meaning: "Rollout: the workload that it should steer does not exist.",
    looksAt: ["status.phase", "status.message", "spec.workloadRef", "spec.objectRef"],
    causes: ["The reference has a wrong name or kind.", "The workload was deleted or is not created yet."],
    next: [{ say: "See what it refers to", run: yamlOf(ROLLOUTS) }],
    alert: "yes, unless the workload is about to be created",
  },
  ContinuousReleaseBlocked: {
    meaning:
      "Rollout: a new release was begun in the middle of a blue-green one, and it is refused. Nothing moves until somebody decides.",
    looksAt: ["status.message", "status.phase"],
    causes: ["The template was changed again before the release of before had ended."],
    next: [
      { say: "See what it says", run: fieldOf(ROLLOUTS, "status.message") },
      { say: "Put the template back to the old revision (which takes the release back) or to the one being released" },
    ],
    alert: "yes",
  },
} as const satisfies Partial<Record<Reason<"Degraded">, ReasonGuide>>;
