// Guide to the reasons of Progressing that jobs, distributions and Rollouts give.
import type { Reason } from "../health/verdict.ts";
import { CLUSTER_WARNINGS, DAEMON_LOG, DAEMON_PODS, fieldOf, yamlOf } from "./commands.ts";
import type { ReasonGuide } from "./guide.ts";

const ROLLOUTS = "rollouts.rollouts.kruise.io";
const BROADCASTJOB_PODS = "kubectl get pods -n NAMESPACE -l broadcastjob-name=NAME -o wide";

export const PROGRESSING_JOBS = {
  Running: {
    meaning: "The job runs and nothing has failed. Jobs are not judged by time: they carry their own deadlines.",
    looksAt: ["status.phase", "status.desired", "status.succeeded", "status.failed"],
    causes: [],
    next: [{ say: "Watch the pods of a BroadcastJob", run: BROADCASTJOB_PODS }],
    alert: "no",
  },
  RunningWithFailures: {
    meaning: "The job runs, and some of its pods have failed.",
    looksAt: ["status.failed", "status.phase", "spec.failurePolicy"],
    causes: ["The failure policy lets the job go on after a failed pod.", "The command fails on some nodes only."],
    next: [
      { say: "See where a BroadcastJob fails", run: BROADCASTJOB_PODS },
      { say: "Read the log of a failed pod", run: "kubectl logs pods/POD -n NAMESPACE --all-containers" },
      { say: "See the state of an EphemeralJob", run: yamlOf("ephemeraljobs.apps.kruise.io") },
    ],
    alert: "no; it ends as CompletedWithFailures",
  },
  Pulling: {
    meaning: "Images are being pulled and none has failed.",
    looksAt: ["status.desired", "status.active", "status.succeeded", "status.failed", "status.completionTime"],
    causes: [],
    next: [{ say: "If it lasts, see whether kruise-daemon runs on the nodes", run: DAEMON_PODS }],
    alert: "no",
  },
  PullingWithFailures: {
    meaning: "Images are being pulled, and some nodes or images have failed.",
    looksAt: ["status.failed", "status.failedNodes", "status.failedImageStatuses"],
    causes: [
      "The image name is wrong, or the registry refuses it.",
      "A node cannot reach the registry or has no room.",
    ],
    next: [
      { say: "See which nodes failed", run: fieldOf("imagepulljobs.apps.kruise.io", "status.failedNodes") },
      {
        say: "See which images failed",
        run: fieldOf("imagelistpulljobs.apps.kruise.io", "status.failedImageStatuses"),
      },
    ],
    alert: "no; it ends as PullFailed",
  },
  Pending: {
    meaning: "It has been asked for and has not begun.",
    looksAt: ["status.phase"],
    causes: [
      "ContainerRecreateRequest: kruise-daemon on the pod's node has not answered yet.",
      "EphemeralJob: its ephemeral containers are not started yet.",
    ],
    next: [{ say: "If it lasts, see whether kruise-daemon runs on the node", run: DAEMON_PODS }],
    alert: "no; without kruise-daemon a ContainerRecreateRequest is aborted after about a minute",
  },
  Recreating: {
    meaning: "ContainerRecreateRequest: the containers are being restarted.",
    looksAt: ["status.phase", "status.containerRecreateStates"],
    causes: [],
    next: [
      { say: "If it lasts, see what the daemon says", run: DAEMON_LOG },
      { say: "See the state of each container", run: yamlOf("containerrecreaterequests.apps.kruise.io") },
    ],
    alert: "no",
  },
  Distributing: {
    meaning: "ResourceDistribution: not every target namespace has the resource yet.",
    looksAt: ["status.desired", "status.succeeded"],
    causes: ["It is new, or namespaces were added."],
    next: [{ say: "If it lasts, look at the Warning Events", run: CLUSTER_WARNINGS }],
    alert: "no",
  },
  NoEligibleNodes: {
    meaning: "BroadcastJob: no node is eligible, so nothing starts and the job never completes.",
    looksAt: [
      "status.desired",
      "spec.template.spec.nodeSelector",
      "spec.template.spec.tolerations",
      "spec.completionPolicy.type",
    ],
    causes: [
      "No node has the labels that the template asks for.",
      "The template does not tolerate the nodes' taints.",
      "The pod needs more than any node has.",
    ],
    next: [
      { say: "See what the template asks for", run: yamlOf("broadcastjobs.apps.kruise.io") },
      { say: "See what the nodes have", run: "kubectl get nodes --show-labels" },
    ],
    alert: "when the job should have run: it waits for ever",
  },
  NoMatchedPods: {
    meaning: "EphemeralJob: no pod is selected, so it waits.",
    looksAt: ["status.match", "spec.selector"],
    causes: ["The selector matches no running pod."],
    next: [
      { say: "See what it selects", run: fieldOf("ephemeraljobs.apps.kruise.io", "spec.selector") },
      { say: "See which labels the pods have", run: "kubectl get pods -n NAMESPACE --show-labels" },
    ],
    alert: "no",
  },
  Initializing: {
    meaning: "Rollout: it looks for its workload and has not begun.",
    looksAt: ["status.phase", "status.conditions"],
    causes: ["It is new."],
    next: [{ say: "If it lasts, see its status", run: yamlOf(ROLLOUTS) }],
    alert: "no",
  },
  RollingStep: {
    meaning: "Rollout: a step is under way.",
    looksAt: ["status.phase", "status.canaryStatus.currentStepState", "status.blueGreenStatus.currentStepState"],
    causes: ["Pods are updated, or traffic is moved."],
    next: [{ say: "If it does not move, look at the health of the workload that it steers", run: yamlOf(ROLLOUTS) }],
    alert: "no; the workload's own verdict says when it is stuck",
  },
  TimedPause: {
    meaning: "Rollout: a step is done, and the next one begins by itself when its pause is over.",
    looksAt: ["status.canaryStatus.currentStepState", "status.blueGreenStatus.currentStepState", "spec.strategy"],
    causes: ["The step was written with a duration."],
    next: [],
    alert: "no",
  },
  Cancelling: {
    meaning: "Rollout: the release was taken back, and the workload returns to the revision of before.",
    looksAt: ["status.conditions"],
    causes: ["Somebody put the old template back."],
    next: [{ say: "If it does not move, look at the health of the workload that it steers", run: yamlOf(ROLLOUTS) }],
    alert: "no",
  },
  Disabling: {
    meaning: "Rollout: it is being disabled and lets go of its workload.",
    looksAt: ["status.phase", "spec.disabled"],
    causes: ["Somebody set `disabled: true`."],
    next: [],
    alert: "no",
  },
} as const satisfies Partial<Record<Reason<"Progressing">, ReasonGuide>>;
