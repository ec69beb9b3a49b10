// What a kubelet writes into the status of pods and kwok does not: kwok makes a pod Ready once and then leaves it.
// `keepPods` answers in-place updates (a changed image) and readiness gates; the rest is done to single pods by tests.
import { setTimeout as timeout } from "node:timers/promises";
import { isNotFound } from "../../../shared/kube/errors.ts";
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { watch } from "../../../shared/kube/watch.ts";

interface ContainerStatus {
  name: string;
  image: string;
  imageID?: string;
  containerID?: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  state?: object;
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string;
    containers: { name: string; image: string }[];
    readinessGates?: { conditionType: string }[];
    ephemeralContainers?: { name: string }[];
  };
  status: {
    phase?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: ContainerStatus[];
  };
}

const PODS = { group: "", version: "v1", plural: "pods" };

/** Answers in-place updates and readiness gates in a namespace until the signal aborts. */
export async function keepPods(kube: Kube, namespace: string, signal: AbortSignal): Promise<void> {
  const decode = (raw: unknown) => raw as Pod;
  for await (const event of watch(kube, { resource: PODS, namespace, signal, decode })) {
    if ((event.type === "Apply" || event.type === "InitApply") && event.object.status.phase === "Running")
      await answer(kube, event.object);
  }
}

async function answer(kube: Kube, pod: Pod): Promise<void> {
  const { containerStatuses = [], conditions = [] } = pod.status;
  const images = new Map(pod.spec.containers.map(({ name, image }) => [name, image]));
  const isRenewed = ({ name, image }: ContainerStatus): boolean => images.has(name) && images.get(name) !== image;
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionOf(conditions, conditionType));
  const isReady = containerStatuses.every(({ ready }) => ready) && gates.every((gate) => gate === "True");
  const ready = isReady ? "True" : "False";
  if (!containerStatuses.some(isRenewed) && conditionOf(conditions, "Ready") === ready) return;
  await patchPod(kube, pod, {
    conditions: [{ type: "Ready", status: ready }],
    // The list is replaced as a whole.
    containerStatuses: containerStatuses.map((status) => (isRenewed(status) ? renew(status, images) : status)),
  });
}

function renew(status: ContainerStatus, images: ReadonlyMap<string, string>): ContainerStatus {
  const image = images.get(status.name) ?? "";
  const restartCount = status.restartCount + 1;
  const id = `${encodeURIComponent(image)}-${restartCount}`;
  return { ...status, image, imageID: `sha256:${id}`, containerID: `containerd://${id}`, restartCount };
}

function conditionOf(conditions: readonly { type: string; status: string }[], type: string): string | undefined {
  return conditions.find((condition) => condition.type === type)?.status;
}

/** Makes the pod's containers wait, for CrashLoopBackOff or ImagePullBackOff, as a kubelet would report it. */
export async function breakPod(kube: Kube, pod: Pod, reason: string): Promise<void> {
  await patchPod(kube, pod, {
    conditions: [
      { type: "Ready", status: "False" },
      { type: "ContainersReady", status: "False" },
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: "",
      ready: false,
      started: false,
      restartCount: 3,
      state: { running: null, waiting: { reason, message: `the container waits: ${reason}` } },
    })),
  });
}

/** Brings a broken pod's containers back. */
export async function mendPod(kube: Kube, pod: Pod): Promise<void> {
  await patchPod(kube, pod, {
    conditions: [
      { type: "Ready", status: "True" },
      { type: "ContainersReady", status: "True" },
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: "",
      ready: true,
      restartCount: 4,
      state: { waiting: null, running: { startedAt: new Date().toISOString() } },
    })),
  });
}

/** Ends the pod as its containers would by themselves. */
export async function endPod(kube: Kube, pod: Pod, phase: "Succeeded" | "Failed"): Promise<void> {
  await patchPod(kube, pod, { phase, conditions: [{ type: "Ready", status: "False" }] });
}

interface StatusPatch {
  phase?: string;
  conditions?: { type: string; status: string }[];
  containerStatuses?: ContainerStatus[] | undefined;
  ephemeralContainerStatuses?: object[];
}

/** Writes a part of a pod's status as a kubelet would; a list of containers is replaced as a whole. */
export async function patchPod(kube: Kube, { metadata }: Pod, patch: StatusPatch): Promise<void> {
  const { namespace = "", name } = metadata;
  const lastTransitionTime = new Date().toISOString();
  const conditions = (patch.conditions ?? []).map((condition) => ({ ...condition, lastTransitionTime }));
  const status = { ...patch, conditions };
  try {
    await kube.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
      contentType: "application/strategic-merge-patch+json",
      body: { status },
    });
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
  }
}

/** The pods with the label app=`app`, those that are being deleted left out. */
export async function livePods(kube: Kube, namespace: string, app: string): Promise<Pod[]> {
  const { items } = await kube.request<{ items: Pod[] }>({
    method: "GET",
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: { labelSelector: `app=${app}` },
  });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Waits until exactly so many pods are Ready, all with this image. */
export async function untilPods(
  kube: Kube,
  of: { namespace: string; app: string },
  wanted: number,
  image: string,
): Promise<void> {
  for (let triesLeft = 300; ; triesLeft--) {
    const pods = await livePods(kube, of.namespace, of.app);
    const good = pods.filter(
      ({ spec, status }) =>
        conditionOf(status.conditions ?? [], "Ready") === "True" &&
        spec.containers.some((container) => container.image === image),
    );
    if (pods.length === wanted && good.length === wanted) return;
    if (triesLeft === 0)
      throw new Error(`${good.length} of ${wanted} pods ${of.app} are Ready with ${image} after 60 s`);
    await timeout(200);
  }
}
