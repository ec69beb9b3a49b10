// Advanced DaemonSets of a real OpenKruise on three nodes of their own: rolled over, held, and frozen.
import { APP, daemonSet, image } from "../support/kruise-objects.ts";
import { breakPod, mendPod } from "../support/pod-status.ts";
import { limitPods, removePodLimit } from "../support/quota.ts";
import { onOwnNodes } from "../support/own-nodes.ts";
import { situations } from "../support/situation.ts";
import type { Situation } from "../support/situation.ts";
import { HEALTHY, ROLLING, SCALING, STARTING, UNOBSERVED } from "../support/ways.ts";

const NODES = 3;
const situation = situations("daemonset", NODES);

/** A DaemonSet on the suite's nodes. */
function body(s: Situation, spec: object = {}) {
  return daemonSet(s.name, spec, onOwnNodes(s));
}

/** A patch of the rolling update's fields. */
function rolling(rollingUpdate: object): object {
  return { updateStrategy: { rollingUpdate } };
}

situation("A DaemonSet starts: Progressing until each node has its pod", async (s) => {
  await s.create(body(s), {
    to: HEALTHY,
    by: STARTING,
    truth: s.havingPods(NODES, APP.one),
  });
});

situation("A DaemonSet without an eligible node is Healthy", async (s) => {
  await s.create(daemonSet(s.name, {}, { nodeSelector: { nowhere: "true" } }), {
    to: "Healthy/NoEligibleNodes",
    by: ["Progressing/StatusMissing"],
  });
});

situation("A DaemonSet is rolled over node by node", async (s) => {
  await s.create(body(s), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(NODES, APP.two),
  });
});

situation("A DaemonSet gives its pods a new image in place", async (s) => {
  const updateStrategy = { rollingUpdate: { rollingUpdateType: "InPlaceIfPossible" } };
  await s.create(body(s, { updateStrategy }), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(NODES, APP.two),
  });
});

situation("A DaemonSet surges: the new pod comes before the old one goes", async (s) => {
  const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await s.create(body(s, { updateStrategy }), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(NODES, APP.two),
  });
});

situation("A DaemonSet waits at a partition and goes on", async (s) => {
  await s.create(body(s), { to: HEALTHY, by: STARTING });
  await s.change({ ...image(APP.two), ...rolling({ partition: 2 }) }, { to: "Suspended/PartitionHeld", by: ROLLING });
  await s.change(rolling({ partition: 0 }), { to: HEALTHY, by: ROLLING, truth: s.havingPods(NODES, APP.two) });
});

situation("A DaemonSet is paused before its update, and resumed", async (s) => {
  await s.create(body(s), { to: HEALTHY, by: STARTING });
  await s.change({ ...image(APP.two), ...rolling({ paused: true }) }, { to: "Suspended/Paused", by: [UNOBSERVED] });
  await s.change(rolling({ paused: false }), { to: HEALTHY, by: ROLLING, truth: s.havingPods(NODES, APP.two) });
});

situation("A DaemonSet updates a node when somebody deletes its pod", async (s) => {
  await s.create(body(s, { updateStrategy: { type: "OnDelete" } }), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), { to: "Suspended/AwaitingDelete", by: [UNOBSERVED] });
  for (let updated = 1; updated <= NODES; updated++) {
    const old = await s.podThat(({ spec }) => spec.containers[0]?.image === APP.one);
    await s.step({
      act: async () => s.deletePod(old),
      to: updated === NODES ? HEALTHY : "Suspended/AwaitingDelete",
      says: new RegExp(`${updated} of ${NODES}`),
      by: ["Suspended/AwaitingDelete", ...ROLLING],
    });
  }
});

situation("A DaemonSet waits until its pods were ready for minReadySeconds", async (s) => {
  await s.create(body(s, { minReadySeconds: 3 }), {
    to: HEALTHY,
    by: STARTING,
    sees: ["Progressing/WaitingAvailable"],
  });
});

situation("A DaemonSet's update is limited to the nodes that a selector picks", async (s) => {
  await s.create(body(s), { to: HEALTHY, by: STARTING });
  const selector = { matchLabels: { "kubernetes.io/hostname": `${s.suite}-node-1` } };
  await s.change(
    { ...image(APP.two), ...rolling({ selector }) },
    { to: "Suspended/SelectorLimited", by: [...ROLLING, "Suspended/SelectorLimited"], says: /1 of 3/ },
  );
});

situation("One pod of a DaemonSet crashes, then all: the outage is LostAvailability", async (s) => {
  await s.create(body(s), { to: HEALTHY, by: STARTING });
  const [first, ...others] = await s.pods();
  if (first === undefined) throw new Error("No pod");
  await s.step({ act: async () => breakPod(s.kube, first, "CrashLoopBackOff"), to: "Progressing/PodsNotAvailable" });
  await s.step({
    act: async () => {
      for (const pod of others) await breakPod(s.kube, pod, "CrashLoopBackOff");
    },
    to: "Degraded/LostAvailability",
    by: ["Progressing/PodsNotAvailable"],
  });
  await s.step({
    act: async () => {
      for (const pod of [first, ...others]) await mendPod(s.kube, pod);
    },
    to: HEALTHY,
    by: ["Progressing/PodsNotAvailable", "Degraded/LostAvailability"],
  });
});

situation(
  "A DaemonSet's lost pod cannot be created again: the frozen status reads Healthy, the Event tells",
  async (s) => {
    await s.alone();
    await s.create(body(s), { to: HEALTHY, by: STARTING });
    await limitPods(s, 2);
    await s.step({
      act: async () => s.deletePod(),
      to: "Degraded/FailedCreatePod",
      by: [HEALTHY, "Progressing/ScalingUp", "Progressing/PodsNotAvailable"],
      says: /exceeded quota/,
    });
    await removePodLimit(s);
    await s.step({ truth: s.havingPods(NODES, APP.one), to: HEALTHY, by: ["Degraded/FailedCreatePod", ...SCALING] });
  },
);

situation("A DaemonSet cannot create any pod: its status stays empty, the Event tells", async (s) => {
  await s.alone();
  await limitPods(s, 0);
  await s.create(body(s), { to: "Degraded/FailedCreatePod", by: STARTING, says: /exceeded quota/ });
});
