// Registers the feedback API with the hub's kube-apiserver, and takes the registration back when nobody will answer any
// more: one that leads nowhere keeps the whole hub from deleting namespaces. The leader does it, not the chart, because
// the CA that kube-apiserver has to trust is made by the leader and may change.
import { isDeepStrictEqual } from "node:util";
import { serverSideApply } from "../../shared/kube/apply.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import { isNotFound } from "../../shared/kube/errors.ts";
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube, KubeObject, OwnerReference, Resource } from "../../shared/kube/types.ts";
import { ADDON_NAME, GROUP, VERSION } from "../../shared/wire/group.ts";
import { isOwned } from "./owner.ts";
import type { FindOwner } from "./owner.ts";
import { FIELD_MANAGER } from "./registration.ts";

export const API_SERVICES: Resource = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };
export const API_SERVICE_NAME = `${VERSION}.${GROUP}`;
const PART_OF = "app.kubernetes.io/part-of";

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
  /** Whether kube-apiserver shall send callers to us; undefined: that is not known yet. */
  wanted: boolean | undefined;
  /** What kube-apiserver has to trust; undefined: there is no certificate yet. */
  ca: string | undefined;
  service: { namespace: string; name: string; port: number };
  owner: OwnerReference | undefined;
}

/** What to do about the registration; undefined: the live one is as wanted, or nothing can be said yet. */
export type ApiServiceStep = { apply: ApiService } | { remove: ApiService } | undefined;

export function planApiService(live: ApiService | undefined, input: ApiServiceInput): ApiServiceStep {
  const { wanted, ca } = input;
  if (wanted === undefined) return undefined;
  if (!wanted) return live && isOurs(live, input) && !isGoing(live) ? { remove: live } : undefined;
  if (ca === undefined) return undefined;
  const registration = registrationOf(ca, input);
  const sameSpec = Object.entries(registration.spec).every(([key, value]) =>
    isDeepStrictEqual(live?.spec[key as keyof ApiService["spec"]], value),
  );
  return sameSpec && isOwned(live, input.owner) ? undefined : { apply: registration };
}

function isGoing({ metadata }: ApiService): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** One that leads elsewhere is somebody else's decision: it is taken over where one is wanted, and left alone where none is. */
function isOurs({ metadata, spec }: ApiService, { service }: Pick<ApiServiceInput, "service">): boolean {
  const { namespace, name } = spec.service ?? {};
  return metadata.labels?.[PART_OF] === ADDON_NAME && namespace === service.namespace && name === service.name;
}

function registrationOf(ca: string, { service, owner }: ApiServiceInput): ApiService {
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: {
      name: API_SERVICE_NAME,
      labels: { [PART_OF]: ADDON_NAME },
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
}

export interface ApiServiceDeps {
  kube: Kube;
  service: ApiServiceInput["service"];
  isWanted: () => boolean | undefined;
  findCa: () => string | undefined;
  findOwner: FindOwner;
  findApiService: () => ApiService | undefined;
}

/** Keeps the registration, or keeps it away. */
export function apiService(deps: ApiServiceDeps): Reconcile {
  const { kube, service, isWanted, findCa, findOwner, findApiService } = deps;
  return async (_key, signal) => {
    // Without its look-up where none is needed: when the chart goes, the owner and our rights go right behind it.
    const owner = isWanted() === true ? await findOwner(signal) : undefined;
    const step = planApiService(findApiService(), { wanted: isWanted(), ca: findCa(), service, owner });
    if (step === undefined) return;
    if ("remove" in step) return removeApiService(kube, step.remove, signal);
    await serverSideApply(kube, API_SERVICES, step.apply, { fieldManager: FIELD_MANAGER, force: true, signal });
  };
}

/** Removes the very registration that is given. */
export async function removeApiService(
  kube: Kube,
  { metadata: { name, uid } }: ApiService,
  signal: AbortSignal,
): Promise<void> {
  try {
    await kube.request({
      method: "DELETE",
      path: objectPath(API_SERVICES, { name }),
      body: { preconditions: { uid } },
      signal,
    });
  } catch (error) {
    // The garbage collector was faster.
    if (!isNotFound(error)) throw error;
  }
}
