// Registers the feedback API with the hub's kube-apiserver. The leader does it, not the chart, because the CA that
// kube-apiserver has to trust is made by the leader and may change.
import { isDeepStrictEqual } from "node:util";
import { serverSideApply } from "../../shared/kube/apply.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import type { Kube, KubeObject, OwnerReference, Resource } from "../../shared/kube/types.ts";
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import { isOwned } from "./owner.ts";
import type { FindOwner } from "./owner.ts";
import { FIELD_MANAGER } from "./registration.ts";
import type { ServingCertificate } from "./serving-certificate.ts";

export const API_SERVICES: Resource = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };
export const API_SERVICE_NAME = `${VERSION}.${GROUP}`;

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
  findOwner: FindOwner;
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
  return sameSpec && isOwned(live, owner) ? undefined : wanted;
}

/** Keeps the registration. Does nothing while there is no certificate to trust. */
export function apiService({ kube, service, findOwner, findServing, findApiService }: ApiServiceDeps): Reconcile {
  return async (_key, signal) => {
    const serving = findServing();
    if (!serving) return;
    const wanted = planApiService(findApiService(), { ca: serving.ca, service, owner: await findOwner(signal) });
    if (!wanted) return;
    await serverSideApply(kube, API_SERVICES, wanted, { fieldManager: FIELD_MANAGER, force: true, signal });
  };
}
