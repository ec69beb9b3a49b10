// OpenKruise objects and what can be done to their pods on fake nodes.
import type { Kube, KubeObject } from "../../../shared/kube/types.ts";
import { lookAt, until } from "../harness/polling.ts";

const CLONE_SETS = { group: "apps.kruise.io", version: "v1alpha1" };

export interface CloneSetOptions {
  namespace: string;
  name: string;
  replicas: number;
  image?: string;
  /** A node selector that fits no node keeps new pods Pending. */
  nodeSelector?: Record<string, string>;
  partition?: number | string;
  minReadySeconds?: number;
}

export interface Pod extends KubeObject {
  status: {
    phase?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { name: string; containerID?: string }[];
  };
}

function cloneSet({
  namespace,
  name,
  replicas,
  image = "shop/app:1",
  nodeSelector,
  partition,
  minReadySeconds,
}: CloneSetOptions): KubeObject & { spec: object } {
  return {
    apiVersion: `${CLONE_SETS.group}/${CLONE_SETS.version}`,
    kind: "CloneSet",
    metadata: { name, namespace },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { matchLabels: { app: name } },
      updateStrategy: { type: "ReCreate", ...(partition !== undefined && { partition }) },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "app", image }], ...(nodeSelector && { nodeSelector }) },
      },
    },
  };
}

/** Creates or changes the CloneSet to be exactly so (of what the options name). */
export async function applyCloneSet(kube: Kube, options: CloneSetOptions): Promise<void> {
  await kube.request({
    method: "PATCH",
    path: `/apis/${CLONE_SETS.group}/${CLONE_SETS.version}/namespaces/${options.namespace}/clonesets/${options.name}`,
    query: { fieldManager: "e2e", force: true },
    contentType: "application/apply-patch+yaml",
    body: cloneSet(options),
  });
}

export async function createNamespace(kube: Kube, name: string): Promise<void> {
  await kube.request({
    method: "POST",
    path: "/api/v1/namespaces",
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
  });
}

/** Deletes a namespace and waits until it is gone. */
export async function deleteNamespace(kube: Kube, name: string): Promise<void> {
  await kube.request({ method: "DELETE", path: `/api/v1/namespaces/${name}` });
  await until(
    `namespace ${name} to be gone`,
    async () => {
      const { items } = await kube.request<{ items: KubeObject[] }>({ method: "GET", path: "/api/v1/namespaces" });
      return lookAt(!items.some((item) => item.metadata.name === name), "still there");
    },
    { limitMs: 120_000 },
  );
}

export async function podsOf(kube: Kube, namespace: string, app: string): Promise<Pod[]> {
  const { items } = await kube.request<{ items: Pod[] }>({
    method: "GET",
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: { labelSelector: `app=${app}` },
  });
  return items;
}

/** Makes a pod's container look crashed, as a kubelet would report it. */
export async function crash(kube: Kube, pod: Pod): Promise<void> {
  const path = `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods/${pod.metadata.name}/status`;
  const name = pod.status.containerStatuses?.[0]?.name ?? "app";
  const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" };
  await kube.request({
    method: "PATCH",
    path,
    contentType: "application/strategic-merge-patch+json",
    body: {
      status: {
        conditions: [
          { type: "Ready", status: "False", reason: "ContainersNotReady" },
          { type: "ContainersReady", status: "False", reason: "ContainersNotReady" },
        ],
        containerStatuses: [
          { name, ready: false, started: false, restartCount: 3, image: "shop/app:1", imageID: "", state: { waiting } },
        ],
      },
    },
  });
}

export async function deletePod(kube: Kube, pod: Pick<Pod, "metadata">): Promise<void> {
  await kube.request({
    method: "DELETE",
    path: `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods/${pod.metadata.name}`,
  });
}
