// Turns objects as the hub sends them into the parts that are kept: a hub with thousands of clusters must fit in memory.
// The hub's CRDs have checked their shape; parts that may be absent become empty here, once. Objects of which the hub
// serves two shapes are read in addon-api.ts.
import type { Condition, KubeObject, ObjectMeta } from "../../shared/kube/types.ts";
import type {
  HubRole,
  HubRoleBinding,
  AddOnDeploymentConfig,
  AddOnDeploymentConfigSpec,
  ManagedCluster,
  ManifestWork,
  SigningRequest,
} from "./types.ts";
import { sha256Json, specHash } from "./spec-hash.ts";
import { IMAGE_REGISTRIES_ANNOTATION, manifestKey } from "./types.ts";

const META = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "deletionTimestamp",
  "labels",
  "annotations",
  "ownerReferences",
] as const satisfies (keyof ObjectMeta)[];

/** Keeps what identifies and owns an object; managedFields above all stay behind. */
export function decodeMeta(raw: unknown): KubeObject {
  const object = raw as KubeObject;
  const kept = META.filter((key) => object.metadata[key] !== undefined).map((key) => [key, object.metadata[key]]);
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: object.metadata.name, ...(Object.fromEntries(kept) as Partial<ObjectMeta>) },
  };
}

/** Keeps the name, whether the cluster is being removed, and the mirrors that its images come from. */
export function decodeCluster(raw: unknown): ManagedCluster {
  const { apiVersion, kind, metadata } = decodeMeta(raw);
  const { name, resourceVersion, deletionTimestamp } = metadata;
  const mirrors = metadata.annotations?.[IMAGE_REGISTRIES_ANNOTATION];
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(mirrors === undefined ? {} : { annotations: { [IMAGE_REGISTRIES_ANNOTATION]: mirrors } }),
    },
  };
}

export function decodeDeploymentConfig(raw: unknown): AddOnDeploymentConfig {
  const object = raw as Record<string, unknown>;
  return {
    ...decodeMeta(raw),
    spec: (object["spec"] ?? {}) as AddOnDeploymentConfigSpec,
    specHash: specHash(object),
  };
}

/** The parts of a ManifestWork's spec that the add-on owns; other fields are left to whoever set them. */
export interface OwnedWorkSpec {
  workload: { manifests: KubeObject[] };
  deleteOption?: object;
}

/** A spec never changes: its digest, the costly part of a look, is worked out once. */
const digests = new WeakMap<OwnedWorkSpec, string>();

/** Digest by which a live ManifestWork is compared with the wanted one. */
export function workFingerprint(spec: OwnedWorkSpec = { workload: { manifests: [] } }): string {
  const known = digests.get(spec);
  if (known !== undefined) return known;
  const digest = sha256Json({ manifests: spec.workload.manifests, deleteOption: spec.deleteOption });
  digests.set(spec, digest);
  return digest;
}

export function decodeWork(raw: unknown): ManifestWork {
  const { spec, status } = raw as { spec?: OwnedWorkSpec; status?: { conditions?: Condition[] } };
  return {
    ...decodeMeta(raw),
    fingerprint: workFingerprint(spec),
    holds: (spec?.workload.manifests ?? []).map(manifestKey),
    applied: status?.conditions?.find((condition) => condition.type === "Applied"),
  };
}

export function decodeRole(raw: unknown): HubRole {
  return { ...decodeMeta(raw), rules: (raw as Partial<HubRole>).rules ?? [] };
}

export function decodeRoleBinding(raw: unknown): HubRoleBinding {
  const { roleRef, subjects } = raw as HubRoleBinding;
  return { ...decodeMeta(raw), roleRef, subjects: subjects ?? [] };
}

export function decodeSigningRequest(raw: unknown): SigningRequest {
  const { spec, status } = raw as Partial<SigningRequest>;
  return {
    ...decodeMeta(raw),
    spec: {
      request: spec?.request ?? "",
      signerName: spec?.signerName ?? "",
      usages: spec?.usages ?? [],
      username: spec?.username ?? "",
    },
    status: status ?? {},
  };
}
