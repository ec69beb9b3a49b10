// SidecarSets of a real OpenKruise: injected, updated in place, held, and what cannot be updated.
import { cloneSet, sidecarSet } from "../support/kruise-objects.ts";
import { breakPod, mendPod } from "../support/pod-status.ts";
import { situations } from "../support/situation.ts";
import type { Situation } from "../support/situation.ts";
import { UNOBSERVED } from "../support/ways.ts";

const situation = situations("sidecarset");
const UPDATED = "Healthy/AllUpdated";
const NO_PODS = "Healthy/NoMatchedPods";
const FIRST = ["Progressing/StatusMissing", UNOBSERVED];
const UPDATING = [UNOBSERVED, "Progressing/Updating", "Progressing/UpdatedPodsNotReady"];
/** A new image of the sidecar. */
const SHIPPER_2 = { containers: [{ name: "shipper", image: "shop/shipper:2" }] };

/**
 * Creates pods that the SidecarSet selects, and waits until it counts all of them. Not until it counts them as ready:
 * OpenKruise 1.8.3 was seen to leave readyPods at 0 for more than a minute after the last pod was Ready.
 */
async function carryPods(s: Situation, replicas: number): Promise<void> {
  const path = `/apis/apps.kruise.io/v1alpha1/namespaces/${s.namespace}/clonesets`;
  const body = { ...cloneSet(s.name, { replicas }), metadata: { name: s.name } };
  await s.step({
    act: async () => void (await s.kube.request({ method: "POST", path, body })),
    truth: async () => s.untilStatus({ matchedPods: replicas }),
    to: UPDATED,
    by: [NO_PODS, UPDATED, "Progressing/UpdatedPodsNotReady"],
  });
}

situation("A SidecarSet without pods is Healthy, and so it is while pods come", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 3);
});

situation("A SidecarSet's new image is brought in place", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 3);
  await s.change(SHIPPER_2, {
    to: UPDATED,
    by: UPDATING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(3, "shop/shipper:2"),
  });
});

situation("A SidecarSet that never updates pods is Healthy with old ones", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name, { updateStrategy: { type: "NotUpdate" } }), {
    to: NO_PODS,
    by: FIRST,
  });
  await carryPods(s, 2);
  await s.change(SHIPPER_2, { to: "Healthy/UpdateDisabled", by: [UNOBSERVED] });
});

situation("A SidecarSet's update is paused and resumed", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 2);
  await s.change({ ...SHIPPER_2, updateStrategy: { paused: true } }, { to: "Suspended/Paused", by: [UNOBSERVED] });
  await s.change(
    { updateStrategy: { paused: false } },
    { to: UPDATED, by: UPDATING, truth: s.havingPods(2, "shop/shipper:2") },
  );
});

situation("A SidecarSet's update waits at a partition", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 3);
  await s.change({ ...SHIPPER_2, updateStrategy: { partition: 2 } }, { to: "Suspended/PartitionHeld", by: UPDATING });
  await s.change(
    { updateStrategy: { partition: 0 } },
    { to: UPDATED, by: UPDATING, truth: s.havingPods(3, "shop/shipper:2") },
  );
});

situation("A SidecarSet's update is limited to the pods that a selector picks", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 3);
  await s.label(await s.podThat(() => true), { canary: "true" });
  // The object does not tell how many pods the selector picks, so it reads as limited from the first moment.
  await s.change(
    { ...SHIPPER_2, updateStrategy: { selector: { matchLabels: { canary: "true" } } } },
    { to: "Suspended/SelectorLimited", by: [...UPDATING, "Suspended/SelectorLimited"], says: /1 of 3/ },
  );
});

situation("A SidecarSet's injection is paused", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name, { injectionStrategy: { paused: true } }), {
    to: "Suspended/InjectionPaused",
    by: FIRST,
  });
  await s.change({ injectionStrategy: { paused: false } }, { to: NO_PODS, by: [UNOBSERVED] });
});

situation("A SidecarSet's change is none that can be made in place: it stands still", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 2);
  s.setPatience(3);
  await s.change(
    { containers: [{ name: "shipper", image: "shop/shipper:1", env: [{ name: "A", value: "1" }] }] },
    { to: "Degraded/UpdateStalled", by: UPDATING, sees: ["Progressing/Updating"] },
  );
});

situation("A SidecarSet's updated pods are not ready", async (s) => {
  await s.create(sidecarSet(s.namespace, s.name), { to: NO_PODS, by: FIRST });
  await carryPods(s, 4);
  const pods = (await s.pods()).slice(0, 2);
  s.setPatience(3);
  await s.step({
    act: async () => {
      for (const pod of pods) await breakPod(s.kube, pod, "CrashLoopBackOff");
    },
    to: "Degraded/UpdateStalled",
    by: [UPDATED, "Progressing/UpdatedPodsNotReady"],
  });
  await s.step({
    act: async () => {
      for (const pod of pods) await mendPod(s.kube, pod);
    },
    to: UPDATED,
    by: ["Progressing/UpdatedPodsNotReady"],
  });
});

situation("A SidecarSet swaps its sidecar for one beside it (hot upgrade)", async (s) => {
  const shipper = (image: string) => ({
    containers: [
      { name: "shipper", image, upgradeStrategy: { upgradeType: "HotUpgrade", hotUpgradeEmptyImage: "shop/empty:1" } },
    ],
  });
  await s.create(sidecarSet(s.namespace, s.name, shipper("shop/shipper:1")), { to: NO_PODS, by: FIRST });
  await carryPods(s, 2);
  await s.change(shipper("shop/shipper:2"), {
    to: UPDATED,
    by: UPDATING,
    sees: ["Progressing/Updating"],
    truth: s.havingPods(2, "shop/shipper:2"),
  });
});
