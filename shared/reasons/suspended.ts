// Guide to the reasons of Suspended: holds that somebody chose.
import { GATES, patchOf, yamlOf } from "./commands.ts";
import type { HealthGuide } from "./guide.ts";

export const SUSPENDED: HealthGuide<"Suspended"> = {
  Paused: {
    meaning:
      "It waits because it is paused. For a workload: the update waits and all pods are available; scaling goes on.",
    looksAt: [
      "spec.updateStrategy.paused",
      "spec.updateStrategy.rollingUpdate.paused",
      "spec.paused",
      "spec.strategy.paused",
    ],
    causes: ["Somebody paused it to look, and it was not resumed."],
    next: [
      { say: "Resume a CloneSet", run: patchOf("clonesets.apps.kruise.io", { updateStrategy: { paused: false } }) },
      {
        say: "Resume an Advanced StatefulSet or DaemonSet",
        run: patchOf("statefulsets.apps.kruise.io", { updateStrategy: { rollingUpdate: { paused: false } } }),
      },
      {
        say: "Resume an AdvancedCronJob, BroadcastJob or EphemeralJob",
        run: patchOf("advancedcronjobs.apps.kruise.io", { paused: false }),
      },
      { say: "Resume a Rollout", run: patchOf("rollouts.rollouts.kruise.io", { strategy: { paused: false } }) },
    ],
    alert: "no; when it is held for longer than you mean",
  },
  PartitionHeld: {
    meaning:
      "The partition keeps some pods on the old revision, and all others are updated and available: a canary that is fine.",
    looksAt: [
      "spec.updateStrategy.partition",
      "spec.updateStrategy.rollingUpdate.partition",
      "spec.updateStrategy.manualUpdate.partitions",
      "status.updatedReplicas",
      "status.availableReplicas",
    ],
    causes: [
      "A release in steps waits for its next step.",
      "With the note RolloutControlled: a Rollout steers the partition.",
    ],
    next: [
      {
        say: "Let a CloneSet or SidecarSet go on",
        run: patchOf("clonesets.apps.kruise.io", { updateStrategy: { partition: 0 } }),
      },
      {
        say: "Let an Advanced StatefulSet, DaemonSet or GameServerSet go on",
        run: patchOf("statefulsets.apps.kruise.io", { updateStrategy: { rollingUpdate: { partition: 0 } } }),
      },
      {
        say: "Let a UnitedDeployment go on",
        run: patchOf("uniteddeployments.apps.kruise.io", { updateStrategy: { manualUpdate: { partitions: null } } }),
      },
    ],
    alert: "no; when it is held for longer than you mean",
  },
  AwaitingDelete: {
    meaning: "`updateStrategy.type: OnDelete`: a pod is updated when somebody deletes it, and old ones remain.",
    looksAt: ["spec.updateStrategy.type", "status.updatedReplicas", "status.updatedNumberScheduled"],
    causes: ["The strategy was chosen so that a person decides when each pod goes."],
    next: [{ say: "Delete an old pod", run: "kubectl delete pods POD -n NAMESPACE" }],
    alert: "no",
  },
  SelectorLimited: {
    meaning: "The update strategy has a selector: what is outside of it keeps the old revision.",
    looksAt: ["spec.updateStrategy.selector", "spec.updateStrategy.rollingUpdate.selector", "status.updatedPods"],
    causes: ["A canary of a SidecarSet by pod labels, or of a DaemonSet by node labels."],
    next: [
      {
        say: "Let a SidecarSet go on with all pods",
        run: patchOf("sidecarsets.apps.kruise.io", { updateStrategy: { selector: null } }),
      },
      {
        say: "Let a DaemonSet go on with all nodes",
        run: patchOf("daemonsets.apps.kruise.io", { updateStrategy: { rollingUpdate: { selector: null } } }),
      },
    ],
    alert: "no",
  },
  InjectionPaused: {
    meaning: "SidecarSet with `injectionStrategy.paused`: new pods start without the sidecar.",
    looksAt: ["spec.injectionStrategy.paused"],
    causes: ["Injection was stopped because the sidecar made pods fail."],
    next: [
      { say: "Inject again", run: patchOf("sidecarsets.apps.kruise.io", { injectionStrategy: { paused: false } }) },
    ],
    alert: "no; when the sidecar is needed for security",
  },
  ParallelismZero: {
    meaning: "A job whose `parallelism` is 0: it starts nothing.",
    looksAt: ["spec.parallelism"],
    causes: ["Somebody stopped the job this way."],
    next: [{ say: "Let it run", run: patchOf("broadcastjobs.apps.kruise.io", { parallelism: 1 }) }],
    alert: "no",
  },
  AwaitingApproval: {
    meaning: "Rollout: a step is done, and its pause has no duration. A person must approve the next step.",
    looksAt: ["status.canaryStatus.currentStepState", "status.blueGreenStatus.currentStepState", "spec.strategy"],
    causes: ["The step was written to wait for a decision."],
    next: [
      { say: "Look at the workload first", run: yamlOf("rollouts.rollouts.kruise.io") },
      {
        say: "Approve a canary step (blue-green: `blueGreenStatus`)",
        run: `kubectl patch rollouts.rollouts.kruise.io NAME -n NAMESPACE --subresource=status --type merge -p '{"status":{"canaryStatus":{"currentStepState":"StepReady"}}}'`,
      },
    ],
    alert: "no; it is a question to whoever releases",
  },
  Disabled: {
    meaning: "Rollout with `disabled: true`: it does not steer its workload.",
    looksAt: ["spec.disabled", "status.phase"],
    causes: ["Somebody took the workload out of stepwise releases."],
    next: [{ say: "Enable it", run: patchOf("rollouts.rollouts.kruise.io", { disabled: false }) }],
    alert: "no",
  },
  FeatureGateOff: {
    meaning:
      "OpenKruise was started without the feature gate of this kind, so nothing acts on the object and its status stays empty.",
    looksAt: ["status.observedGeneration"],
    causes: [
      "The gate is off by default, as ResourceDistributionGate is, and ImagePullJobGate before the chart of 1.9.",
      "The gate was switched off on purpose.",
    ],
    next: [
      { say: "See the gates of the installation", run: GATES },
      { say: "Switch the gate on in the values of OpenKruise's chart, or delete the object" },
    ],
    alert: "no",
  },
};
