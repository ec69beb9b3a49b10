// What a request asks for: the resource, its namespace and name, and the verb that RBAC judges.

export interface ResourceRequest {
  group: string;
  version: string;
  plural: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

export interface RequestInfo {
  path: string;
  verb: string;
  query: URLSearchParams;
  /** Undefined for paths that are not resources: discovery, health, OpenAPI. */
  resource: ResourceRequest | undefined;
}

/** Reads method and URL as kube-apiserver does. */
export function parseRequest(method: string, url: string): RequestInfo {
  const { pathname, searchParams } = new URL(url, "https://cluster");
  const resource = parseResource(pathname);
  return { path: pathname, query: searchParams, resource, verb: verbOf(method, resource, searchParams) };
}

function parseResource(path: string): ResourceRequest | undefined {
  const core = /^\/api\/([^/]+)\/(.+)$/.exec(path);
  const grouped = /^\/apis\/([^/]+)\/([^/]+)\/(.+)$/.exec(path);
  const [, group, version, target] = grouped ?? (core ? [core[0], "", core[1], core[2]] : []);
  if (group === undefined || version === undefined || target === undefined) return undefined;
  return { group, version, ...parseTarget(target.split("/").map(decodeURIComponent)) };
}

function parseTarget(parts: string[]): Omit<ResourceRequest, "group" | "version"> {
  const isNamespaced = parts[0] === "namespaces" && parts.length > 2 && !isNamespaceSubresource(parts);
  const [plural = "", name = "", ...subresource] = isNamespaced ? parts.slice(2) : parts;
  return {
    plural,
    namespace: isNamespaced ? parts[1] : undefined,
    name: name || undefined,
    subresource: subresource.join("/") || undefined,
  };
}

function isNamespaceSubresource(below: string[]): boolean {
  return below.length === 3 && (below[2] === "status" || below[2] === "finalize");
}

function verbOf(method: string, resource: ResourceRequest | undefined, query: URLSearchParams): string {
  if (!resource) return method.toLowerCase();
  const verbs: Record<string, string> = { POST: "create", PUT: "update", PATCH: "patch" };
  if (method === "DELETE") return resource.name === undefined ? "deletecollection" : "delete";
  if (method !== "GET" && method !== "HEAD") return verbs[method] ?? method.toLowerCase();
  if (isTrue(query.get("watch"))) return "watch";
  return resource.name === undefined ? "list" : "get";
}

export function isTrue(value: string | null): boolean {
  return value === "true" || value === "1";
}
