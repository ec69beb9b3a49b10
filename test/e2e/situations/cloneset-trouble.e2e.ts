// CloneSets of a real OpenKruise in trouble: each failure is Degraded with its own reason, not before it is one, and
// not any longer than it lasts.
import { APP, NOWHERE, cloneSet, image } from "../support/kruise-objects.ts";
import { breakPod, mendPod } from "../support/pod-status.ts";
import { limitPods, removePodLimit } from "../support/quota.ts";
import { situations } from "../support/situation.ts";
import type { Situation } from "../support/situation.ts";
import { HEALTHY, ROLLING, SCALING, STARTING, UNOBSERVED } from "../support/ways.ts";

const situation = situations("cloneset-trouble");

situation(
  "A CloneSet's update cannot be scheduled: Degraded only when it stands still, Healthy after the next",
  async (s) => {
    await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
    s.setPatience(3);
    await s.change(image(APP.two, NOWHERE), {
      to: "Degraded/UpdateStalled",
      by: ROLLING,
      sees: ["Progressing/Updating"],
    });
    s.setPatience(undefined);
    await s.change(image(APP.three, { nodeSelector: null }), {
      to: HEALTHY,
      by: ROLLING,
      truth: s.havingPods(4, APP.three),
    });
  },
);

situation("A CloneSet's canary cannot be scheduled: its partition does not hide that", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.change(
    { ...image(APP.two, NOWHERE), updateStrategy: { partition: 3 } },
    { to: "Degraded/UpdateStalled", by: ROLLING, sees: ["Progressing/UpdatedPodsNotAvailable"] },
  );
  s.setPatience(undefined);
  await s.change(image(APP.three, { nodeSelector: null }), { to: "Suspended/PartitionHeld", by: ROLLING });
});

situation("A CloneSet's new image cannot be pulled", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 3, updateStrategy: { maxUnavailable: 1, partition: 2 } }), {
    to: HEALTHY,
    by: STARTING,
  });
  await s.change(image(APP.two), { to: "Suspended/PartitionHeld", by: ROLLING });
  const updated = (await s.pods()).find(({ spec }) => spec.containers[0]?.image === APP.two);
  if (updated === undefined) throw new Error("No pod was updated");
  s.setPatience(3);
  await s.step({
    act: async () => breakPod(s.kube, updated, "ImagePullBackOff"),
    to: "Degraded/UpdateStalled",
    by: ["Progressing/UpdatedPodsNotAvailable"],
    sees: ["Progressing/UpdatedPodsNotAvailable"],
  });
  await s.step({ act: async () => mendPod(s.kube, updated), to: "Suspended/PartitionHeld" });
});

situation("One pod of a CloneSet crashes: Progressing, Degraded only when it does not come back", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 5 }), { to: HEALTHY, by: STARTING });
  const [pod] = await s.pods();
  if (pod === undefined) throw new Error("No pod");
  await s.step({ act: async () => breakPod(s.kube, pod, "CrashLoopBackOff"), to: "Progressing/PodsNotAvailable" });
  await s.step({ act: async () => mendPod(s.kube, pod), to: HEALTHY });
  s.setPatience(3);
  await s.step({
    act: async () => breakPod(s.kube, pod, "CrashLoopBackOff"),
    to: "Degraded/Unavailable",
    by: ["Progressing/PodsNotAvailable"],
  });
  await s.step({ act: async () => mendPod(s.kube, pod), to: HEALTHY });
});

situation(
  "More pods of a CloneSet crash than may be unavailable: LostAvailability at once, until one is back",
  async (s) => {
    await s.create(cloneSet(s.name, { replicas: 5 }), { to: HEALTHY, by: STARTING });
    const pods = (await s.pods()).slice(0, 3);
    await s.step({
      act: async () => {
        for (const pod of pods) await breakPod(s.kube, pod, "CrashLoopBackOff");
      },
      to: "Degraded/LostAvailability",
      by: ["Progressing/PodsNotAvailable"],
      says: /of 5 pods left available/,
    });
    await s.step({
      act: async () => {
        for (const pod of pods) await mendPod(s.kube, pod);
      },
      to: HEALTHY,
      by: ["Progressing/PodsNotAvailable", "Degraded/LostAvailability"],
    });
  },
);

situation("A pod of a CloneSet is deleted: Progressing until its successor is available", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
  await s.step({
    act: async () => s.deletePod(),
    truth: s.havingPods(3, APP.one),
    to: HEALTHY,
    by: SCALING.slice(1),
  });
});

situation("A CloneSet's scale-up exceeds the quota: FailedScale at once, Healthy when there is room", async (s) => {
  await s.alone();
  await limitPods(s, 3);
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.change({ replicas: 5 }, { to: "Degraded/FailedScale", by: SCALING, says: /exceeded quota/ });
  await removePodLimit(s);
  // A retry for five pods may come before four are wanted.
  await s.change(
    { replicas: 4 },
    { to: HEALTHY, by: [...SCALING, "Progressing/ScalingDown"], truth: s.havingPods(4, APP.one) },
  );
});

situation("A CloneSet cannot start at all: no quota", async (s) => {
  await s.alone();
  await limitPods(s, 0);
  await s.create(cloneSet(s.name, { replicas: 2 }), {
    to: "Degraded/FailedScale",
    by: STARTING,
    says: /exceeded quota/,
  });
});

situation(
  "A CloneSet may update in place only, and the change is none: FailedUpdate, until new pods are allowed",
  async (s) => {
    await s.create(cloneSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
    await s.change(
      {
        ...image(APP.one, { priority: null, terminationGracePeriodSeconds: 7 }),
        updateStrategy: { partition: "100%" },
      },
      { to: "Suspended/PartitionHeld", by: [UNOBSERVED] },
    );
    await s.change(
      { updateStrategy: { type: "InPlaceOnly", partition: 0 } },
      { to: "Degraded/FailedUpdate", by: [UNOBSERVED, "Progressing/Updating"] },
    );
    await s.change(
      { updateStrategy: { type: "ReCreate" } },
      { to: HEALTHY, by: ROLLING, truth: s.havingPods(3, APP.one) },
    );
  },
);

situation("A CloneSet is deleted and a finalizer keeps it: Terminating, Degraded when it stays", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.step({ act: async () => s.patch({ metadata: { finalizers: ["e2e/keep"] } }), to: HEALTHY });
  await s.step({ act: async () => s.delete(), to: "Progressing/Terminating" });
  s.setPatience(2);
  await s.step({
    act: async () => s.patch({ metadata: { annotations: { still: "here" } } }),
    to: "Degraded/DeletionStalled",
    by: ["Progressing/Terminating"],
  });
  await s.step({ act: async () => void (await s.patch({ metadata: { finalizers: null } })), to: "DELETED" });
});

const HOOK = "shop/hook";
const STATE = "lifecycle.apps.kruise.io/state";

/** Lets the next pod go that its hook keeps from its update, and takes it back when it is updated. */
async function releaseNext(s: Situation): Promise<void> {
  const pod = await s.podThat(({ metadata }) => metadata.labels?.[STATE] === "PreparingUpdate");
  await s.label(pod, { [HOOK]: "false" });
  await s.podThat(({ metadata }) => metadata.uid === pod.metadata.uid && metadata.labels?.[STATE] === "Updated");
  await s.label(pod, { [HOOK]: "true" });
}

situation("A hook holds the pods of a CloneSet that start: they are ready, not available", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2, lifecycle: { preNormal: { labelsHandler: { [HOOK]: "done" } } } }), {
    to: "Progressing/WaitingAvailable",
    by: STARTING,
  });
  for (const pod of await s.pods()) await s.label(pod, { [HOOK]: "done" });
  await s.step({ to: HEALTHY, by: ["Progressing/WaitingAvailable", "Progressing/PodsNotAvailable"] });
});

situation("A hook holds a CloneSet's in-place update, and lets it go", async (s) => {
  const lifecycle = { inPlaceUpdate: { labelsHandler: { [HOOK]: "true" }, markPodNotReady: false } };
  const body = cloneSet(s.name, { replicas: 2, lifecycle, updateStrategy: { type: "InPlaceIfPossible" } });
  Object.assign((body.spec as { template: { metadata: { labels: object } } }).template.metadata.labels, {
    [HOOK]: "true",
  });
  await s.create(body, { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.change(image(APP.two), { to: "Degraded/UpdateStalled", by: ROLLING, sees: ["Progressing/Updating"] });
  s.setPatience(undefined);
  await s.step({
    act: async () => {
      // One pod after the other is asked to be let go, and has its label again before it may count as available.
      for (let left = 2; left > 0; left--) await releaseNext(s);
    },
    truth: s.havingPods(2, APP.two),
    to: HEALTHY,
    by: [...ROLLING, "Degraded/UpdateStalled"],
  });
});

situation("A hook holds a pod that a CloneSet wants to delete", async (s) => {
  const lifecycle = { preDelete: { labelsHandler: { [HOOK]: "true" }, markPodNotReady: false } };
  const body = cloneSet(s.name, { replicas: 2, lifecycle }, { terminationGracePeriodSeconds: 1 });
  Object.assign((body.spec as { template: { metadata: { labels: object } } }).template.metadata.labels, {
    [HOOK]: "true",
  });
  await s.create(body, { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.change({ replicas: 1 }, { to: "Degraded/ScaleStalled", by: [UNOBSERVED, "Progressing/ScalingDown"] });
  s.setPatience(undefined);
  await s.label(await s.podThat(({ metadata }) => metadata.labels?.[STATE] === "PreparingDelete"), { [HOOK]: null });
  await s.step({
    truth: s.havingPods(1, APP.one),
    to: HEALTHY,
    by: ["Progressing/ScalingDown", "Degraded/ScaleStalled"],
  });
});
