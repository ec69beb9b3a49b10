// CloneSets of a real OpenKruise that do what they are meant to: start, scale, roll over and wait at holds.
import { situations } from "../support/situation.ts";
import { APP, cloneSet, image } from "../support/kruise-objects.ts";
import { HEALTHY, ROLLING, SCALING, STARTING, UNOBSERVED } from "../support/ways.ts";

const situation = situations("cloneset");

situation("A CloneSet starts: Progressing until its last pod is available", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), {
    to: HEALTHY,
    by: STARTING,
    sees: ["Progressing/StatusMissing"],
    truth: s.havingPods(4, APP.one),
  });
});

situation("A CloneSet without replicas runs one pod", async (s) => {
  await s.create(cloneSet(s.name, {}), { to: HEALTHY, by: STARTING, truth: s.havingPods(1, APP.one) });
});

situation("A CloneSet is created with no pod at all", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 0 }), {
    to: "Healthy/ScaledToZero",
    by: ["Progressing/StatusMissing", UNOBSERVED],
  });
});

situation("A CloneSet is scaled up, down, to zero and back", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.change({ replicas: 5 }, { to: HEALTHY, by: SCALING, sees: [UNOBSERVED], truth: s.havingPods(5, APP.one) });
  await s.change(
    { replicas: 1 },
    { to: HEALTHY, by: [UNOBSERVED, "Progressing/ScalingDown"], truth: s.havingPods(1, APP.one) },
  );
  await s.change(
    { replicas: 0 },
    { to: "Healthy/ScaledToZero", by: [UNOBSERVED, "Progressing/ScalingDown"], truth: s.havingPods(0, APP.one) },
  );
  await s.change({ replicas: 2 }, { to: HEALTHY, by: SCALING, truth: s.havingPods(2, APP.one) });
});

situation("A CloneSet is scaled by its scale subresource", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.step({
    act: async () => s.patch({ spec: { replicas: 4 } }, "/scale"),
    truth: s.havingPods(4, APP.one),
    to: HEALTHY,
    by: SCALING,
    sees: [UNOBSERVED],
  });
});

situation("A CloneSet is rolled over by new pods: never Healthy before the last one is available", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(4, APP.two),
  });
});

situation("A CloneSet is rolled over a second time before the first rollout is done", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 5 }), { to: HEALTHY, by: STARTING });
  await s.change(image(APP.two), { to: "Progressing/Updating", by: ROLLING });
  await s.change(image(APP.three), { to: HEALTHY, by: ROLLING, truth: s.havingPods(5, APP.three) });
});

situation("A CloneSet is rolled over and scaled in one change", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.change({ replicas: 6, ...image(APP.two) }, { to: HEALTHY, by: ROLLING, truth: s.havingPods(6, APP.two) });
});

situation("A CloneSet gives its pods a new image in place", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4, updateStrategy: { type: "InPlaceIfPossible" } }), {
    to: HEALTHY,
    by: STARTING,
  });
  const before = new Set((await s.pods()).map(({ metadata }) => metadata.uid));
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: ROLLING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(4, APP.two),
  });
  const isSame = (await s.pods()).every(({ metadata }) => before.has(metadata.uid));
  if (!isSame) throw new Error("The pods were not updated in place");
});

situation("A CloneSet surges: more pods than wanted are no scaling down while it rolls", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 3, updateStrategy: { maxSurge: 1, maxUnavailable: 0 } }), {
    to: HEALTHY,
    by: STARTING,
  });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: [...ROLLING, "Progressing/ScalingDown"],
    sees: ["Progressing/Updating"],
    truth: s.havingPods(3, APP.two),
  });
});

situation("A CloneSet waits at a partition, goes on as it is lowered, and ends Healthy", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change(
    { ...image(APP.two), updateStrategy: { partition: 3 } },
    { to: "Suspended/PartitionHeld", by: ROLLING, sees: [UNOBSERVED, "Progressing/Updating"] },
  );
  await s.change({ updateStrategy: { partition: 1 } }, { to: "Suspended/PartitionHeld", by: ROLLING });
  await s.change({ updateStrategy: { partition: 0 } }, { to: HEALTHY, by: ROLLING, truth: s.havingPods(4, APP.two) });
});

situation("A CloneSet waits at a partition in percent", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 5 }), { to: HEALTHY, by: STARTING });
  await s.change(
    { ...image(APP.two), updateStrategy: { partition: "40%" } },
    { to: "Suspended/PartitionHeld", by: ROLLING, says: /3 of 5/ },
  );
});

situation("A CloneSet with partition 100% updates nothing and is held", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 3 }), { to: HEALTHY, by: STARTING });
  await s.change(
    { ...image(APP.two), updateStrategy: { partition: "100%" } },
    { to: "Suspended/PartitionHeld", by: [UNOBSERVED] },
  );
});

situation("A CloneSet is rolled back below its partition", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change(
    { ...image(APP.two), updateStrategy: { partition: 2 } },
    { to: "Suspended/PartitionHeld", by: ROLLING },
  );
  // The two new pods are the old ones now, and the partition keeps just as many.
  await s.change(image(APP.one), { to: "Suspended/PartitionHeld", by: [UNOBSERVED] });
  await s.change({ updateStrategy: { partition: 0 } }, { to: HEALTHY, by: ROLLING, truth: s.havingPods(4, APP.one) });
});

situation("A CloneSet is scaled up while a partition holds it", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change(
    { ...image(APP.two), updateStrategy: { partition: 2 } },
    { to: "Suspended/PartitionHeld", by: ROLLING },
  );
  await s.change({ replicas: 6 }, { to: "Suspended/PartitionHeld", by: [...SCALING, ...ROLLING] });
});

situation("A CloneSet is paused half way, scaled while paused, and resumed", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 4 }), { to: HEALTHY, by: STARTING });
  await s.change({ ...image(APP.two), updateStrategy: { paused: true } }, { to: "Suspended/Paused", by: [UNOBSERVED] });
  await s.change({ replicas: 6 }, { to: "Suspended/Paused", by: ROLLING, says: /2 of 6/ });
  await s.change({ updateStrategy: { paused: false } }, { to: HEALTHY, by: ROLLING, truth: s.havingPods(6, APP.two) });
});

situation("A CloneSet that is paused with nothing to update is Healthy", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.change({ updateStrategy: { paused: true } }, { to: HEALTHY, by: [UNOBSERVED] });
});

situation("A CloneSet waits until its pods were ready for minReadySeconds", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2, minReadySeconds: 4 }), {
    to: HEALTHY,
    by: [...STARTING, "Progressing/WaitingAvailable"],
    sees: ["Progressing/WaitingAvailable"],
  });
  await s.change(image(APP.two), {
    to: HEALTHY,
    by: [...ROLLING, "Progressing/WaitingAvailable"],
    sees: ["Progressing/Updating"],
    truth: s.havingPods(2, APP.two),
  });
});

situation("A change that is no change of the spec leaves a CloneSet Healthy", async (s) => {
  await s.create(cloneSet(s.name, { replicas: 2 }), { to: HEALTHY, by: STARTING });
  await s.step({ act: async () => s.patch({ metadata: { annotations: { note: "a person was here" } } }), to: HEALTHY });
});
