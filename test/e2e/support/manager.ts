// The manager on the hub as its pods, its Lease and its requests show it.
import type { Kube } from "../../../shared/kube/types.ts";
import { ADDON_MANAGER_NAMESPACE } from "../harness/addon.ts";
import { lookAt, until } from "../harness/polling.ts";
import type { PlaneData } from "../harness/stack-data.ts";
import { HOLD_ANNOTATION } from "../kubelet/kubelet.ts";
import { MANAGER, readRequests } from "./audit.ts";
import type { Pod as AnyPod } from "./workloads.ts";

const DEPLOYMENT = `/apis/apps/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/deployments/kruise-health`;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/leases/kruise-health-manager`;
const HEALTH_PORT = 8081;
const WRITING = ["create", "update", "patch", "delete", "deletecollection"];
/** Reviews are questions: nothing of them is stored. */
const REVIEWS = ["authentication.k8s.io", "authorization.k8s.io"];

export type ManagerPod = AnyPod & { status: { podIP?: string; containerStatuses?: { restartCount?: number }[] } };

export async function managerPods(hub: Kube): Promise<ManagerPod[]> {
  const { items } = await hub.request<{ items: ManagerPod[] }>({
    method: "GET",
    path: `/api/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/pods`,
    query: { labelSelector: "app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=manager" },
  });
  return items;
}

/** Ends a pod's process without warning and keeps it away, or lets it come back. */
export async function holdPod(kube: Kube, { metadata }: Pick<ManagerPod, "metadata">, held: boolean): Promise<void> {
  await kube.request({
    method: "PATCH",
    path: `/api/v1/namespaces/${metadata.namespace ?? ""}/pods/${metadata.name}`,
    contentType: "application/merge-patch+json",
    body: { metadata: { annotations: { [HOLD_ANNOTATION]: held ? "true" : null } } },
  });
}

/** Wants so many managers and waits until they are there, ready, and no other. */
export async function scaleManager(hub: Kube, replicas: number): Promise<void> {
  const path = `${DEPLOYMENT}/scale`;
  await hub.request({
    method: "PATCH",
    path,
    contentType: "application/merge-patch+json",
    body: { spec: { replicas } },
  });
  await untilManagersReady(hub, replicas);
}

export async function untilManagersReady(hub: Kube, count: number): Promise<void> {
  await until(
    `${count} ready managers`,
    async () => {
      const pods = await managerPods(hub);
      const isReady = ({ status }: ManagerPod): boolean =>
        status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;
      return lookAt(
        pods.length === count && pods.every(isReady),
        pods.map(({ status }) => status.conditions),
      );
    },
    { limitMs: 60_000 },
  );
}

/** The name of the pod that holds the Lease; "" when none does. */
export async function leaseHolder(hub: Kube): Promise<string> {
  const { spec } = await hub.request<{ spec?: { holderIdentity?: string } }>({ method: "GET", path: LEASE });
  return spec?.holderIdentity ?? "";
}

/** The names of the pods that say of themselves that they lead. */
export async function leaders(hub: Kube): Promise<string[]> {
  const pods = await managerPods(hub);
  const said = await Promise.all(
    pods.map(async ({ metadata, status }) => {
      const text = await fetch(`http://${status.podIP ?? ""}:${HEALTH_PORT}/metrics`).then(
        async (answer) => answer.text(),
        () => "",
      );
      return /^ocm_kruise_manager_leading 1$/m.test(text) ? [metadata.name] : [];
    }),
  );
  return said.flat();
}

/** What managers have written, or tried to, since then, but for their own Lease: from the audit log of the hub. */
export async function managerWrites(hub: Pick<PlaneData, "dir">, sinceMs: number): Promise<string[]> {
  const requests = await readRequests(hub, MANAGER);
  return requests
    .filter(({ verb, group, resource, atMs }) => {
      return atMs >= sinceMs && WRITING.includes(verb) && !REVIEWS.includes(group) && resource !== "leases";
    })
    .map(({ verb, resource, namespace, name, code }) => `${verb} ${resource} ${namespace}/${name}: ${code}`);
}
