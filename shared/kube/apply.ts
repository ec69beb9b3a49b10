// The two kinds of patch this project sends: server-side apply (own fields only) and merge patch.
import { objectPath } from "./paths.ts";
import type { ObjectName } from "./paths.ts";
import type { Kube, KubeObject, Resource } from "./types.ts";

export interface ApplyOptions {
  fieldManager: string;
  /** Takes fields over from other managers; without it the server answers 409 (isConflict). */
  force?: boolean;
  subresource?: string;
  signal?: AbortSignal;
}

/**
 * Applies the fields of `object` as `fieldManager`: what this manager applied before and leaves out now is removed,
 * what others own stays. Creates the object when it does not exist (not for a subresource). Returns the whole object.
 */
export async function serverSideApply<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  object: KubeObject,
  { fieldManager, force = false, subresource, signal }: ApplyOptions,
): Promise<T> {
  const { namespace, name } = object.metadata;
  return kube.request<T>({
    method: "PATCH",
    path: objectPath(resource, {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(subresource !== undefined && { subresource }),
    }),
    query: { fieldManager, force },
    // JSON is YAML.
    contentType: "application/apply-patch+yaml",
    body: object,
    ...(signal && { signal }),
  });
}

/** Merges `patch` into an object; null removes a field. With metadata.resourceVersion it fails (409) on a stale read. */
export async function mergePatch<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  target: ObjectName & { signal?: AbortSignal; fieldManager?: string },
  patch: unknown,
): Promise<T> {
  const { signal, fieldManager, ...name } = target;
  return kube.request<T>({
    method: "PATCH",
    path: objectPath(resource, name),
    query: { fieldManager },
    contentType: "application/merge-patch+json",
    body: patch,
    ...(signal && { signal }),
  });
}
