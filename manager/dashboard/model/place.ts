// Where the page was opened: the API's root in front of it, whatever proxy's prefix that has, and its namespace if it has one.
import { API_VERSION } from "../../../shared/wire/group.ts";

export interface Place {
  /** What stands in front of /apis; "" below kubectl proxy. */
  prefix: string;
  /** Path of this API's version. */
  root: string;
  /** The cluster namespace below which the page was opened. */
  namespace: string | undefined;
}

/** Reads the page's own path, such as /apis/GROUP/VERSION/namespaces/c1/dashboard/. */
export function placeOf(pathname: string): Place {
  const api = `/apis/${API_VERSION}`;
  const at = pathname.lastIndexOf(`${api}/`);
  const prefix = at > 0 ? pathname.slice(0, at) : "";
  const below = at === -1 ? "" : pathname.slice(at + api.length);
  const namespace = /^\/namespaces\/([^/]+)\/dashboard(?:\/|$)/.exec(below)?.[1];
  return { prefix, root: prefix + api, namespace: namespace === undefined ? undefined : decodeURIComponent(namespace) };
}

/** Path of a resource, in a namespace or over all. */
export function pathTo(place: Place, plural: string, namespace?: string): string {
  return namespace === undefined
    ? `${place.root}/${plural}`
    : `${place.root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
