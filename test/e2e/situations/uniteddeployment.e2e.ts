// UnitedDeployments of a real OpenKruise: their subsets together, held one by one, and what the object alone hides.
import { APP, NOWHERE, image, unitedDeployment } from "../support/kruise-objects.ts";
import { limitPods, removePodLimit } from "../support/quota.ts";
import { situations } from "../support/situation.ts";
import { HEALTHY, ROLLING, SCALING, STARTING, UNOBSERVED } from "../support/ways.ts";

const situation = situations("uniteddeployment");

/** A patch of the child template's spec. */
function child(spec: object): object {
  return { template: { cloneSetTemplate: { spec } } };
}

function partitions(of: Record<string, number | null>): object {
  return { updateStrategy: { type: "Manual", manualUpdate: { partitions: of } } };
}

situation("A UnitedDeployment starts: Progressing until the pods of all subsets are ready", async (s) => {
  await s.create(unitedDeployment(s.name, { replicas: 4 }), {
    to: HEALTHY,
    by: STARTING,
    truth: s.havingPods(4, APP.one),
  });
});

situation("A UnitedDeployment without replicas runs what its subsets ask for", async (s) => {
  const topology = {
    subsets: [
      { name: "a", replicas: 2 },
      { name: "b", replicas: 1 },
    ],
  };
  await s.create(unitedDeployment(s.name, { topology }), {
    to: HEALTHY,
    by: STARTING,
    truth: s.havingPods(3, APP.one),
  });
});

situation("A UnitedDeployment is scaled up, down, to zero and back", async (s) => {
  await s.create(unitedDeployment(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  const down = [UNOBSERVED, "Progressing/ScalingDown"];
  await s.change({ replicas: 4 }, { to: HEALTHY, by: SCALING, sees: [UNOBSERVED], truth: s.havingPods(4, APP.one) });
  await s.change({ replicas: 2 }, { to: HEALTHY, by: down, truth: s.havingPods(2, APP.one) });
  await s.change({ replicas: 0 }, { to: "Healthy/ScaledToZero", by: down, truth: s.havingPods(0, APP.one) });
  await s.change({ replicas: 2 }, { to: HEALTHY, by: SCALING, truth: s.havingPods(2, APP.one) });
});

situation("A UnitedDeployment is rolled over: never Healthy before the last subset is", async (s) => {
  await s.create(unitedDeployment(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change(child(image(APP.two)), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(4, APP.two),
  });
});

situation("A UnitedDeployment waits at the partition of one subset, and goes on", async (s) => {
  await s.create(unitedDeployment(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change({ ...child(image(APP.two)), ...partitions({ a: 2 }) }, { to: "Suspended/PartitionHeld", by: ROLLING });
  // The numbers of the subsets are added up while the last pod is still being replaced: seen to be complete for a moment.
  await s.change(partitions({ a: 0 }), { to: HEALTHY, by: [...ROLLING, HEALTHY], truth: s.havingPods(4, APP.two) });
});

situation("A UnitedDeployment's child template is paused, and resumed", async (s) => {
  await s.create(unitedDeployment(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change(child({ ...image(APP.two), updateStrategy: { paused: true } }), {
    to: "Suspended/Paused",
    by: [UNOBSERVED],
  });
  await s.change(child({ updateStrategy: { paused: false } }), {
    to: HEALTHY,
    by: ROLLING,
    truth: s.havingPods(4, APP.two),
  });
});

situation("A UnitedDeployment is scaled so that its split does not add up: it is not reconciled", async (s) => {
  const topology = {
    subsets: [
      { name: "a", replicas: 2 },
      { name: "b", replicas: 2 },
    ],
  };
  await s.create(unitedDeployment(s.name, { replicas: 4, topology }), { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.step({
    act: async () => s.patch({ spec: { replicas: 6 } }, "/scale"),
    to: "Degraded/ControllerNotReconciling",
    by: [UNOBSERVED],
  });
  s.setPatience(undefined);
  await s.step({
    act: async () => s.patch({ spec: { replicas: 4 } }, "/scale"),
    to: HEALTHY,
    by: [UNOBSERVED, "Degraded/ControllerNotReconciling"],
  });
});

situation("A UnitedDeployment's pods cannot be scheduled", async (s) => {
  await s.create(unitedDeployment(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.change(child(image(APP.two, NOWHERE)), {
    to: "Degraded/UpdateStalled",
    by: ROLLING,
    sees: ["Progressing/Updating"],
    // On a busy machine OpenKruise may take longer than that to begin, and then does what it does.
    goesOn: ROLLING,
  });
  s.setPatience(undefined);
  await s.change(child(image(APP.three, { nodeSelector: null })), {
    to: HEALTHY,
    by: ROLLING,
    truth: s.havingPods(4, APP.three),
  });
});

situation("A UnitedDeployment's adaptive subset has no node: its pods move to the next", async (s) => {
  const nowhere = { key: "kubernetes.io/hostname", operator: "In", values: ["no-such-node"] };
  const topology = {
    subsets: [{ name: "a", maxReplicas: 2, nodeSelectorTerm: { matchExpressions: [nowhere] } }, { name: "b" }],
    scheduleStrategy: { type: "Adaptive", adaptive: { rescheduleCriticalSeconds: 2, unschedulableLastSeconds: 60 } },
  };
  await s.create(unitedDeployment(s.name, { replicas: 4, topology }), {
    to: HEALTHY,
    by: [...STARTING, "Progressing/ScalingDown", "Progressing/Updating"],
    truth: s.havingPods(4, APP.one),
  });
});

situation("A UnitedDeployment's child cannot create its pods: stuck, and the object does not say why", async (s) => {
  await s.alone();
  await limitPods(s, 2);
  await s.create(unitedDeployment(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  s.setPatience(3);
  await s.change({ replicas: 4 }, { to: "Degraded/ScaleStalled", by: SCALING });
  s.setPatience(undefined);
  await removePodLimit(s);
  await s.change(
    { replicas: 6 },
    { to: HEALTHY, by: [...SCALING, "Degraded/ScaleStalled"], truth: s.havingPods(6, APP.one) },
  );
});

situation(
  "A UnitedDeployment's child is refused by OpenKruise's own webhook: stuck with the refusal as cause",
  async (s) => {
    await s.create(unitedDeployment(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
    await s.change(child({ ...image(APP.two), updateStrategy: { type: "InPlaceOnly" } }), {
      to: HEALTHY,
      by: ROLLING,
    });
    s.setPatience(3);
    await s.change(child(image(APP.two, { terminationGracePeriodSeconds: 5 })), {
      to: "Degraded/ControllerNotReconciling",
      by: [UNOBSERVED],
      says: /denied the request/,
    });
  },
);
