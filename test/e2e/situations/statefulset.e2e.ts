// Advanced StatefulSets of a real OpenKruise: in order, in place, at holds, and in trouble.
import { APP, NOWHERE, image, statefulSet } from "../support/kruise-objects.ts";
import { breakPod, mendPod } from "../support/pod-status.ts";
import { limitPods, removePodLimit } from "../support/quota.ts";
import { situations } from "../support/situation.ts";
import { HEALTHY, ROLLING, SCALING, STARTING, UNOBSERVED } from "../support/ways.ts";

const situation = situations("statefulset");
const IN_PLACE = { readinessGates: [{ conditionType: "InPlaceUpdateReady" }] };

/** A patch of the rolling update's fields. */
function rolling(rollingUpdate: object): object {
  return { updateStrategy: { rollingUpdate } };
}

situation("A StatefulSet starts one pod after the other: Progressing until the last", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 3 }), {
    to: HEALTHY,
    by: STARTING,
    sees: ["Progressing/StatusMissing", "Progressing/ScalingUp"],
    truth: s.havingPods(3, APP.one),
  });
});

situation("A StatefulSet starts all pods at once", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 3, podManagementPolicy: "Parallel" }), {
    to: HEALTHY,
    by: STARTING,
    truth: s.havingPods(3, APP.one),
  });
});

situation("A StatefulSet is scaled up, down, to zero and back", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 1 }), { to: HEALTHY, by: STARTING });
  await s.change({ replicas: 3 }, { to: HEALTHY, by: SCALING, sees: [UNOBSERVED], truth: s.havingPods(3, APP.one) });
  await s.change(
    { replicas: 1 },
    { to: HEALTHY, by: [UNOBSERVED, "Progressing/ScalingDown"], truth: s.havingPods(1, APP.one) },
  );
  await s.change(
    { replicas: 0 },
    { to: "Healthy/ScaledToZero", by: [UNOBSERVED, "Progressing/ScalingDown"], truth: s.havingPods(0, APP.one) },
  );
  await s.change({ replicas: 1 }, { to: HEALTHY, by: SCALING, truth: s.havingPods(1, APP.one) });
});

situation("A StatefulSet is rolled over: never Healthy before its last pod", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(3, APP.two),
  });
});

situation("A StatefulSet gives its pods a new image in place", async (s) => {
  const updateStrategy = { rollingUpdate: { podUpdatePolicy: "InPlaceIfPossible" } };
  await s.create(statefulSet(s.name, { replicas: 3, updateStrategy }, IN_PLACE), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(3, APP.two),
  });
});

situation("A StatefulSet waits at a partition and goes on", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
  await s.change({ ...image(APP.two), ...rolling({ partition: 2 }) }, { to: "Suspended/PartitionHeld", by: ROLLING });
  await s.change(rolling({ partition: 0 }), { to: HEALTHY, by: ROLLING, truth: s.havingPods(3, APP.two) });
});

situation("A StatefulSet is paused before its update, and resumed", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.change({ ...image(APP.two), ...rolling({ paused: true }) }, { to: "Suspended/Paused", by: [UNOBSERVED] });
  await s.change(rolling({ paused: false }), { to: HEALTHY, by: ROLLING, truth: s.havingPods(2, APP.two) });
});

situation("A StatefulSet updates a pod when somebody deletes it", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 2, updateStrategy: { type: "OnDelete" } }), {
    to: HEALTHY,
    by: STARTING,
  });
  await s.change(image(APP.two), { to: "Suspended/AwaitingDelete", by: [UNOBSERVED] });
  for (const [to, says] of [
    ["Suspended/AwaitingDelete", /1 of 2/],
    [HEALTHY, /2 of 2/],
  ] as const) {
    const old = await s.podThat(({ spec }) => spec.containers[0]?.image === APP.one);
    await s.step({ act: async () => s.deletePod(old), to, says, by: ["Suspended/AwaitingDelete", ...ROLLING] });
  }
});

situation("A StatefulSet with maxUnavailable takes several pods down at once", async (s) => {
  const updateStrategy = { rollingUpdate: { maxUnavailable: 2 } };
  await s.create(statefulSet(s.name, { replicas: 4, podManagementPolicy: "Parallel", updateStrategy }), {
    to: HEALTHY,
    by: STARTING,
  });
  await s.change(image(APP.two), { to: HEALTHY, by: ROLLING, truth: s.havingPods(4, APP.two) });
});

situation("A StatefulSet waits until its pods were ready for minReadySeconds", async (s) => {
  const updateStrategy = { rollingUpdate: { minReadySeconds: 3 } };
  await s.create(statefulSet(s.name, { replicas: 2, podManagementPolicy: "Parallel", updateStrategy }), {
    to: HEALTHY,
    by: STARTING,
    sees: ["Progressing/WaitingAvailable"],
  });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(2, APP.two),
  });
});

situation("A StatefulSet leaves reserved ordinals out and moves their pods", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 2, reserveOrdinals: [0] }), { to: HEALTHY, by: STARTING });
  await s.change(
    { reserveOrdinals: [0, 1] },
    {
      to: HEALTHY,
      by: [...SCALING, "Progressing/ScalingDown", "Progressing/Updating"],
      truth: async () => s.podThat(({ metadata }) => metadata.name.endsWith("-3")),
    },
  );
});

situation("A StatefulSet cannot create a pod: FailedCreatePod while one is missing, Healthy after", async (s) => {
  await s.alone();
  await limitPods(s, 1);
  await s.create(statefulSet(s.name, { replicas: 2 }), {
    to: "Degraded/FailedCreatePod",
    by: STARTING,
    says: /exceeded quota/,
  });
  await removePodLimit(s);
  await s.change(
    { replicas: 3 },
    { to: HEALTHY, by: [...SCALING, "Degraded/FailedCreatePod"], truth: s.havingPods(3, APP.one) },
  );
});

situation("A StatefulSet's ordinal cannot be scheduled and blocks the others", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.change(image(APP.two, NOWHERE), {
    to: "Degraded/UpdateStalled",
    by: ROLLING,
    sees: ["Progressing/Updating"],
  });
  s.setPatience(undefined);
  await s.change(image(APP.three, { nodeSelector: null }), {
    to: HEALTHY,
    by: [...ROLLING, "Degraded/UpdateStalled"],
    truth: async () => {
      // As of a core StatefulSet, the broken pod has to be deleted by hand.
      await s.deletePod(await s.podThat(({ spec }) => spec.containers[0]?.image === APP.two));
      await s.havingPods(3, APP.three)();
    },
  });
});

situation(
  "Pods of a StatefulSet crash: PodsNotAvailable, or LostAvailability when it is more than may be missing",
  async (s) => {
    await s.create(statefulSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
    const [one, two] = await s.pods();
    if (one === undefined || two === undefined) throw new Error("Too few pods");
    await s.step({ act: async () => breakPod(s.kube, one, "CrashLoopBackOff"), to: "Progressing/PodsNotAvailable" });
    await s.step({ act: async () => breakPod(s.kube, two, "CrashLoopBackOff"), to: "Degraded/LostAvailability" });
    await s.step({
      act: async () => {
        await mendPod(s.kube, one);
        await mendPod(s.kube, two);
      },
      to: HEALTHY,
      by: ["Progressing/PodsNotAvailable", "Degraded/LostAvailability"],
    });
  },
);

situation("A StatefulSet is deleted: Terminating until a finalizer lets it go", async (s) => {
  await s.create(statefulSet(s.name, { replicas: 1 }), { to: HEALTHY, by: STARTING });
  await s.step({ act: async () => s.patch({ metadata: { finalizers: ["e2e/keep"] } }), to: HEALTHY });
  await s.step({ act: async () => s.delete(), to: "Progressing/Terminating" });
  await s.step({ act: async () => void (await s.patch({ metadata: { finalizers: null } })), to: "DELETED" });
});
