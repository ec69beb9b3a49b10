// The kinds of a real OpenKruise that guard, spread, copy or mark what others run, and those that wait for a daemon.
import { breakPod, mendPod } from "../support/pod-status.ts";
import { APP, cloneSet, other, statefulSet } from "../support/kruise-objects.ts";
import type { Body } from "../support/kruise-objects.ts";
import { situations } from "../support/situation.ts";
import type { Situation } from "../support/situation.ts";
import { UNOBSERVED } from "../support/ways.ts";

const situation = situations("others");
const FIRST = ["Progressing/StatusMissing", UNOBSERVED];
const POLICY = "policy.kruise.io";

/** Creates what the followed object is about, with the same name. */
async function beside(s: Situation, { apiVersion, kind, spec }: Body<"CloneSet" | "StatefulSet">): Promise<void> {
  const path = `/apis/${apiVersion}/namespaces/${s.namespace}/${kind.toLowerCase()}s`;
  await s.kube.request({ method: "POST", path, body: { apiVersion, kind, metadata: { name: s.name }, spec } });
}

async function besidePods(s: Situation, replicas: number): Promise<void> {
  await beside(s, cloneSet(s.name, { replicas }));
  await s.havingPods(replicas, APP.one)();
}

function selected(s: Situation): { selector: object } {
  return { selector: { matchLabels: { app: s.name } } };
}

situation("A budget is within, exhausted, broken, and within again", async (s) => {
  await besidePods(s, 4);
  await s.create(other("PodUnavailableBudget", { ...selected(s), minAvailable: 3 }, POLICY), {
    to: "Healthy/WithinBudget",
    by: FIRST,
  });
  const [one, two] = await s.pods();
  if (one === undefined || two === undefined) throw new Error("Too few pods");
  await s.step({ act: async () => breakPod(s.kube, one, "CrashLoopBackOff"), to: "Healthy/BudgetExhausted" });
  await s.step({ act: async () => breakPod(s.kube, two, "CrashLoopBackOff"), to: "Degraded/BelowBudget" });
  await s.step({
    act: async () => {
      await mendPod(s.kube, one);
      await mendPod(s.kube, two);
    },
    to: "Healthy/WithinBudget",
    by: ["Healthy/BudgetExhausted", "Degraded/BelowBudget"],
  });
});

situation("A budget asks for more pods than there are", async (s) => {
  await besidePods(s, 2);
  await s.create(other("PodUnavailableBudget", { ...selected(s), minAvailable: 3 }, POLICY), {
    to: "Degraded/BudgetUnsatisfiable",
    by: FIRST,
  });
  await s.change({ minAvailable: 1 }, { to: "Healthy/WithinBudget", by: [UNOBSERVED] });
});

situation("A budget has no pods to protect, and gets some", async (s) => {
  await s.create(other("PodUnavailableBudget", { ...selected(s), maxUnavailable: 1 }, POLICY), {
    to: "Healthy/NoPods",
    by: FIRST,
  });
  await s.step({
    act: async () => besidePods(s, 3),
    to: "Healthy/WithinBudget",
    by: ["Healthy/NoPods", "Healthy/BudgetExhausted", "Degraded/BelowBudget"],
  });
});

function spread(s: Situation, spec: object): Body<"WorkloadSpread"> {
  const targetRef = { apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet", name: s.name };
  return other("WorkloadSpread", { targetRef, ...spec });
}

situation("A WorkloadSpread places pods in its subsets", async (s) => {
  const term = (zone: string) => ({
    requiredNodeSelectorTerm: {
      matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }],
    },
  });
  await s.create(
    spread(s, {
      subsets: [
        { name: "a", maxReplicas: 2, ...term("zone-1") },
        { name: "b", ...term("zone-2") },
      ],
    }),
    {
      to: "Healthy/NoPods",
      by: FIRST,
    },
  );
  await s.step({ act: async () => besidePods(s, 4), to: "Healthy/Spread", by: ["Healthy/NoPods"] });
});

situation("A WorkloadSpread gives a subset up in which pods find no node", async (s) => {
  const nowhere = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["no-such-node"] }] };
  const scheduleStrategy = { type: "Adaptive", adaptive: { rescheduleCriticalSeconds: 2 } };
  await s.create(
    spread(s, {
      subsets: [{ name: "a", maxReplicas: 1, requiredNodeSelectorTerm: nowhere }, { name: "b" }],
      scheduleStrategy,
    }),
    { to: "Healthy/NoPods", by: FIRST },
  );
  await s.step({
    act: async () => beside(s, cloneSet(s.name, { replicas: 3 })),
    truth: s.havingPods(3, APP.one),
    to: "Healthy/Spread",
    by: ["Healthy/NoPods"],
    notes: ["SubsetUnschedulable"],
  });
});

function distribution(name: string, namespaces: string[]): Body<"ResourceDistribution"> {
  return other("ResourceDistribution", {
    resource: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } },
    targets: { includedNamespaces: { list: namespaces.map((each) => ({ name: each })) } },
  });
}

situation("A ResourceDistribution copies to its namespaces", async (s) => {
  await s.create(distribution(s.name, [s.namespace]), { to: "Healthy/Distributed", by: FIRST });
});

situation(
  "A ResourceDistribution meets an object that is not its own, and one namespace that is not there",
  async (s) => {
    const path = `/api/v1/namespaces/${s.namespace}/configmaps`;
    await s.kube.request({
      method: "POST",
      path,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: s.name } },
    });
    await s.create(distribution(s.name, [s.namespace]), { to: "Degraded/DistributionFailed", by: FIRST });
    await s.kube.request({ method: "DELETE", path: `${path}/${s.name}` });
    await s.change(
      { resource: { data: { a: "2" } } },
      { to: "Healthy/Distributed", by: [UNOBSERVED, "Degraded/DistributionFailed", "Progressing/Distributing"] },
    );
    await s.change(
      { targets: distribution(s.name, [s.namespace, "no-such-namespace"]).spec },
      { to: "Healthy/Distributed", by: [UNOBSERVED] },
    );
  },
);

situation("A ResourceDistribution has no target", async (s) => {
  const targets = { namespaceLabelSelector: { matchLabels: { [s.name]: "nobody" } } };
  const { resource } = distribution(s.name, []).spec as { resource: object };
  await s.create(other("ResourceDistribution", { resource, targets }), { to: "Healthy/NoTargets", by: FIRST });
});

situation("A PersistentPodState records where pods run", async (s) => {
  await s.create(
    other("PersistentPodState", {
      targetRef: { apiVersion: "apps.kruise.io/v1beta1", kind: "StatefulSet", name: s.name },
      requiredPersistentTopology: { nodeTopologyKeys: ["kubernetes.io/hostname"] },
    }),
    { to: "Healthy/NoPodStates", by: FIRST },
  );
  await s.step({
    act: async () => beside(s, statefulSet(s.name, { replicas: 2 })),
    to: "Healthy/Recording",
    by: ["Healthy/NoPodStates"],
  });
});

situation("A PodProbeMarker marks the pods that it finds", async (s) => {
  const probe = { exec: { command: ["true"] } };
  await s.create(
    other("PodProbeMarker", {
      ...selected(s),
      probes: [{ name: "idle", containerName: "app", probe, podConditionType: "shop/idle" }],
    }),
    { to: "Healthy/NoMatchedPods", by: FIRST },
  );
  await s.step({ act: async () => besidePods(s, 2), to: "Healthy/Matched", by: ["Healthy/NoMatchedPods"] });
});
