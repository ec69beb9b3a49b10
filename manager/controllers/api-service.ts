// Registers the feedback API with the hub's kube-apiserver. The leader does it, not the chart, because the CA that
// kube-apiserver has to trust is made by the leader and may change.
import { isDeepStrictEqual } from "node:util";
import { serverSideApply } from "../../shared/kube/apply.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube, KubeObject, OwnerReference, Resource } from "../../shared/kube/types.ts";
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import { FIELD_MANAGER } from "./registration.ts";
import type { ServingCertificate } from "./serving-certificate.ts";

export const API_SERVICES: Resource = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };
export const API_SERVICE_NAME = `${VERSION}.${GROUP}`;
const CLUSTER_ROLES: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles" };

export interface ApiService extends KubeObject {
  spec: {
    group?: string;
    version?: string;
    groupPriorityMinimum?: number;
    versionPriority?: number;
    /** Base64 of PEM. */
    caBundle?: string;
    service?: { namespace: string; name: string; port?: number };
  };
}

export interface ApiServiceInput {
  ca: string;
  service: { namespace: string; name: string; port: number };
  owner: OwnerReference | undefined;
}

export interface ApiServiceDeps {
  kube: Kube;
  service: ApiServiceInput["service"];
  /** ClusterRole that is to own the registration. */
  ownerName: string | undefined;
  findServing: () => ServingCertificate | undefined;
  findApiService: () => ApiService | undefined;
}

/** The registration to apply; undefined when the live one is as wanted. */
export function planApiService(
  live: ApiService | undefined,
  { ca, service, owner }: ApiServiceInput,
): ApiService | undefined {
  const wanted: ApiService = {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: {
      name: API_SERVICE_NAME,
      labels: { "app.kubernetes.io/part-of": "kruise-health" },
      ...(owner && { ownerReferences: [owner] }),
    },
    spec: {
      group: GROUP,
      version: VERSION,
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      caBundle: Buffer.from(ca).toString("base64"),
      service,
    },
  };
  const sameSpec = Object.entries(wanted.spec).every(([key, value]) =>
    isDeepStrictEqual(live?.spec[key as keyof ApiService["spec"]], value),
  );
  const owned = !owner || live?.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid);
  return sameSpec && owned ? undefined : wanted;
}

/** Keeps the registration. Does nothing while there is no certificate to trust. */
export function apiService({ kube, service, ownerName, findServing, findApiService }: ApiServiceDeps): Reconcile {
  return async (_key, signal) => {
    const serving = findServing();
    if (!serving) return;
    const owner = ownerName === undefined ? undefined : await readOwner(kube, ownerName, signal);
    const wanted = planApiService(findApiService(), { ca: serving.ca, service, owner });
    if (!wanted) return;
    await serverSideApply(kube, API_SERVICES, wanted, { fieldManager: FIELD_MANAGER, force: true, signal });
  };
}

async function readOwner(kube: Kube, name: string, signal: AbortSignal): Promise<OwnerReference> {
  const path = objectPath(CLUSTER_ROLES, { name });
  const { metadata } = await kube.request<KubeObject>({ method: "GET", path, signal });
  if (metadata.uid === undefined) throw new Error(`ClusterRole "${name}" has no uid: wanted is a stored object`);
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name, uid: metadata.uid };
}
