// Paths of the Kubernetes API.
import type { Resource } from "./types.ts";

export interface ObjectName {
  namespace?: string;
  name: string;
  subresource?: string;
}

/** Gives the path of a collection: of one namespace, or of all when none is given (or for cluster-scoped kinds). */
export function collectionPath({ group, version, plural }: Resource, namespace?: string): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}`;
}

/** Gives the path of one object or of its subresource. */
export function objectPath(resource: Resource, { namespace, name, subresource }: ObjectName): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
