// Lists a collection page by page, so that never more than one page of whole objects is in memory.
import { badAnswer } from "./errors.ts";
import { collectionPath } from "./paths.ts";
import type { Kube, Resource } from "./types.ts";

export interface ListOptions<T> {
  resource: Resource;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects in a page; 500 when not given. */
  limit?: number;
  signal?: AbortSignal;
  /** Turns each object into what is kept of it. When not given, the object is taken as it is. */
  decode?: (raw: unknown) => T;
}

export interface Page<T> {
  items: T[];
  resourceVersion: string;
  /** How many objects follow, when the server says so. */
  remaining: number | undefined;
}

interface RawList {
  apiVersion?: string;
  kind?: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items?: unknown[] | null;
}

/** Yields the pages of a list. A continue token that is too old ends it with an ApiError (isGone). */
export async function* listPages<T>(kube: Kube, options: ListOptions<T>): AsyncGenerator<Page<T>, void, undefined> {
  const { decode = (raw: unknown) => raw as T } = options;
  let token: string | undefined;
  do {
    const raw = await fetchPage(kube, options, token);
    const { resourceVersion, remainingItemCount: remaining } = raw.metadata;
    token = raw.metadata.continue === "" ? undefined : raw.metadata.continue;
    yield { items: (raw.items ?? []).map((item) => decode(withKind(item, raw))), resourceVersion, remaining };
  } while (token !== undefined);
}

async function fetchPage<T>(kube: Kube, options: ListOptions<T>, token: string | undefined): Promise<RawList> {
  const { resource, namespace, labelSelector, fieldSelector, limit = 500, signal } = options;
  const path = collectionPath(resource, namespace);
  const query = { limit, labelSelector, fieldSelector, continue: token };
  const raw = await kube.request<Partial<RawList> | undefined>({
    method: "GET",
    path,
    query,
    ...(signal && { signal }),
  });
  const metadata = raw?.metadata;
  if (metadata?.resourceVersion === undefined) throw badAnswer(`GET ${path}`, "the answer is no list");
  return { ...raw, metadata };
}

/** Lists a whole collection. */
export async function listAll<T>(
  kube: Kube,
  options: ListOptions<T>,
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  let resourceVersion = "";
  for await (const page of listPages(kube, options)) {
    for (const item of page.items) items.push(item);
    resourceVersion = page.resourceVersion;
  }
  return { items, resourceVersion };
}

// Built-in kinds leave apiVersion and kind out of the objects in a list.
function withKind(item: unknown, { apiVersion, kind }: RawList): unknown {
  if (typeof item !== "object" || item === null || "kind" in item) return item;
  return Object.assign(item, { apiVersion, kind: kind?.replace(/List$/, "") });
}
