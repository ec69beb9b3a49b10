// Kinds whose work is done by OpenKruise's daemon or by a kubelet on the node. There is none on these nodes: what they
// would write is written by the test, and what happens when they write nothing is seen as well.
import type { KubeObject } from "../../../shared/kube/types.ts";
import { met, unmet, until } from "../harness/polling.ts";
import { APP, cloneSet, other } from "../support/kruise-objects.ts";
import type { Body } from "../support/kruise-objects.ts";
import { patchPod } from "../support/pod-status.ts";
import type { Pod } from "../support/pod-status.ts";
import { situations } from "../support/situation.ts";
import type { Situation } from "../support/situation.ts";

const situation = situations("absent-daemon");
const FIRST = ["Progressing/StatusMissing"];
const PULLING = "Progressing/Pulling";

interface NodeImage extends KubeObject {
  spec: { images?: Record<string, { tags?: { tag: string; version?: number }[] }> };
}

/** Nodes of the cluster itself: OpenKruise takes half a minute to know a new node as one that can pull. */
const NODES = ["c1-node-1", "c1-node-2"];
const PULLS = { selector: { names: NODES }, completionPolicy: { type: "Always" }, parallelism: 2 };

function pullJob(s: Situation, spec: object = {}): Body<"ImagePullJob"> {
  return other("ImagePullJob", { ...PULLS, image: `${s.suite}/${s.name}:1`, ...spec });
}

/** Writes what the daemon of a node would write once it has dealt with an image. */
async function endPull(s: Situation, node: string, phase: "Succeeded" | "Failed"): Promise<void> {
  const path = `/apis/apps.kruise.io/v1alpha1/nodeimages/${node}`;
  const { image, asked } = await until(
    `an image of ${s.name} to be asked of ${node}`,
    async () => {
      const { spec } = await s.kube.request<NodeImage>({ method: "GET", path });
      const image = Object.keys(spec.images ?? {}).find((name) => name.endsWith(`${s.suite}/${s.name}`)) ?? "";
      const asked = spec.images?.[image]?.tags?.[0];
      return asked ? met({ image, asked }) : unmet(spec);
    },
    { limitMs: 30_000 },
  );
  const time = new Date().toISOString();
  const { tag, version = 0 } = asked;
  const counts = {
    desired: 1,
    succeeded: phase === "Succeeded" ? 1 : 0,
    failed: phase === "Failed" ? 1 : 0,
    pulling: 0,
  };
  const tags = [{ tag, version, phase, startTime: time, completionTime: time }];
  const status = { ...counts, imageStatuses: { [image]: { tags } } };
  await s.kube.request({
    method: "PATCH",
    path: `${path}/status`,
    contentType: "application/merge-patch+json",
    body: { status },
  });
}

situation("An ImagePullJob pulls until each node has the image", async (s) => {
  await s.create(pullJob(s), { to: PULLING, by: FIRST });
  await s.step({ act: async () => endPull(s, "c1-node-1", "Succeeded"), to: PULLING });
  await s.step({ act: async () => endPull(s, "c1-node-2", "Succeeded"), to: "Healthy/Completed", by: [PULLING] });
});

situation("An ImagePullJob fails on one node", async (s) => {
  await s.create(pullJob(s), { to: PULLING, by: FIRST });
  await s.step({
    act: async () => endPull(s, "c1-node-1", "Failed"),
    to: "Progressing/PullingWithFailures",
    by: [PULLING],
  });
  await s.step({
    act: async () => endPull(s, "c1-node-2", "Succeeded"),
    to: "Degraded/PullFailed",
    by: ["Progressing/PullingWithFailures"],
  });
});

situation("An ImagePullJob may start nothing", async (s) => {
  await s.create(pullJob(s, { parallelism: 0 }), { to: "Suspended/ParallelismZero", by: FIRST });
});

situation("An ImagePullJob finds no node", async (s) => {
  await s.create(pullJob(s, { selector: { matchLabels: { nowhere: "true" } } }), {
    to: "Healthy/NoMatchingNodes",
    by: FIRST,
  });
});

situation("An ImageListPullJob waits for the job of its image, and completes", async (s) => {
  await s.create(other("ImageListPullJob", { ...PULLS, images: [`${s.suite}/${s.name}:1`] }), {
    to: PULLING,
    by: FIRST,
  });
  await s.step({
    act: async () => {
      for (const node of NODES) await endPull(s, node, "Succeeded");
    },
    to: "Healthy/Completed",
    by: [PULLING],
  });
});

/** Creates one pod as a CloneSet makes it, with the id that a runtime would give its container. */
async function runPod(s: Situation): Promise<Pod> {
  const path = `/apis/apps.kruise.io/v1alpha1/namespaces/${s.namespace}/clonesets`;
  await s.kube.request({ method: "POST", path, body: { ...cloneSet(s.name, {}), metadata: { name: s.name } } });
  await s.havingPods(1, APP.one)();
  const pod = await s.podThat(() => true);
  const containerStatuses = pod.status.containerStatuses?.map((status) => ({
    ...status,
    containerID: "containerd://1",
  }));
  await patchPod(s.kube, pod, { containerStatuses });
  return pod;
}

function recreate(pod: Pod) {
  return other("ContainerRecreateRequest", { podName: pod.metadata.name, containers: [{ name: "app" }] });
}

situation("A ContainerRecreateRequest is carried out", async (s) => {
  await s.create(recreate(await runPod(s)), { to: "Progressing/Pending" });
  const state = (phase: string) => ({ phase, containerRecreateStates: [{ name: "app", phase }] });
  await s.step({
    act: async () => s.patch({ status: state("Recreating") }, "/status"),
    to: "Progressing/Recreating",
    by: ["Progressing/Pending"],
  });
  const completionTime = new Date().toISOString();
  await s.step({
    act: async () => s.patch({ status: { ...state("Succeeded"), phase: "Completed", completionTime } }, "/status"),
    to: "Healthy/Completed",
    by: ["Progressing/Recreating"],
  });
});

situation("A ContainerRecreateRequest gets no answer from a daemon and is given up", async (s) => {
  await s.create(recreate(await runPod(s)), { to: "Degraded/Aborted", by: ["Progressing/Pending"], limitMs: 90_000 });
});

situation("A ContainerRecreateRequest loses its pod", async (s) => {
  const pod = await runPod(s);
  await s.create(recreate(pod), { to: "Progressing/Pending" });
  await s.step({
    act: async () => s.deletePod(pod),
    to: "Degraded/Aborted",
    by: ["Progressing/Pending"],
    limitMs: 90_000,
  });
});

function debug(s: Situation, spec: object = {}) {
  const container = {
    name: "debug",
    image: "shop/debug:1",
    terminationMessagePolicy: "File",
    imagePullPolicy: "Always",
  };
  const selector = { matchLabels: { app: s.name } };
  return other("EphemeralJob", { selector, template: { ephemeralContainers: [container] }, ...spec });
}

/** Writes what a kubelet would write of the ephemeral container. */
async function endDebug(s: Situation, state: object): Promise<void> {
  const pod = await s.podThat(({ spec }) => (spec.ephemeralContainers ?? []).length > 0);
  const [container] = pod.spec.ephemeralContainers ?? [];
  const status = { name: container?.name, image: "shop/debug:1", imageID: "", ready: false, restartCount: 0, state };
  await patchPod(s.kube, pod, { ephemeralContainerStatuses: [status] });
}

situation("An EphemeralJob selects nothing", async (s) => {
  await s.create(debug(s), { to: "Progressing/NoMatchedPods", by: FIRST });
});

situation("An EphemeralJob runs in a pod and succeeds", async (s) => {
  await runPod(s);
  // Until the kubelet says something of the container, the job's phase is Unknown.
  await s.create(debug(s), { to: "Progressing/Running", by: FIRST });
  await s.step({
    act: async () => endDebug(s, { running: { startedAt: new Date().toISOString() } }),
    to: "Progressing/Running",
    says: /1 running|0 of 1/,
  });
  const terminated = { exitCode: 0, reason: "Completed", finishedAt: new Date().toISOString() };
  await s.step({ act: async () => endDebug(s, { terminated }), to: "Healthy/Completed", by: ["Progressing/Running"] });
});

situation("An EphemeralJob fails in its pod", async (s) => {
  await runPod(s);
  await s.create(debug(s), { to: "Progressing/Running", by: FIRST });
  const terminated = { exitCode: 1, reason: "Error", finishedAt: new Date().toISOString() };
  await s.step({
    act: async () => endDebug(s, { terminated }),
    to: "Degraded/JobFailed",
    by: ["Progressing/Running", "Progressing/RunningWithFailures"],
  });
});
