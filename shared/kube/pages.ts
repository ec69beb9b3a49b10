// Lists a collection page by page, so that never more than one page of whole objects is in memory.
import { badAnswer, isTooLarge } from "./errors.ts";
import { collectionPath } from "./paths.ts";
import type { Kube, KubeRequest, Resource } from "./types.ts";

export interface ListOptions<T> {
  resource: Resource;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Most objects in a page; 500 when not given. */
  limit?: number;
  /** When given, a page has so many objects as make about so many bytes of JSON. */
  pageBytes?: number;
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

/** Objects of the first page, when pages are to have a size and that of an object is not known yet. */
const FIRST_LIMIT = 10;
/** A page that is so many times too large is given up and asked for with fewer objects. */
const PAGE_TOLERANCE = 32;

/** Yields the pages of a list. A continue token that is too old ends it with an ApiError (isGone). */
export async function* listPages<T>(kube: Kube, options: ListOptions<T>): AsyncGenerator<Page<T>, void, undefined> {
  const { decode = (raw: unknown) => raw as T } = options;
  const size = new PageSize(options);
  let token: string | undefined;
  do {
    const raw = await fetchPage(kube, options, { size, token });
    const { resourceVersion, remainingItemCount: remaining } = raw.metadata;
    token = raw.metadata.continue === "" ? undefined : raw.metadata.continue;
    yield { items: (raw.items ?? []).map((item) => decode(withKind(item, raw))), resourceVersion, remaining };
  } while (token !== undefined);
}

interface Position {
  size: PageSize;
  token: string | undefined;
}

async function fetchPage<T>(kube: Kube, options: ListOptions<T>, { size, token }: Position): Promise<RawList> {
  const { resource, namespace, labelSelector, fieldSelector, signal } = options;
  const path = collectionPath(resource, namespace);
  for (;;) {
    const query = { limit: size.limit, labelSelector, fieldSelector, continue: token };
    const request = { method: "GET" as const, path, query, ...size.bounds, ...(signal && { signal }) };
    try {
      const raw = await kube.request<Partial<RawList> | undefined>(request);
      const metadata = raw?.metadata;
      if (metadata?.resourceVersion === undefined) throw badAnswer(`GET ${path}`, "the answer is no list");
      size.learn(raw?.items?.length ?? 0);
      return { ...raw, metadata };
    } catch (error) {
      if (!isTooLarge(error) || !size.shrink()) throw error;
    }
  }
}

/** How many objects to ask for, so that a page is neither large nor one of very many. */
class PageSize {
  readonly #max: number;
  readonly #bytes: number | undefined;
  #limit: number;
  #lastBytes = 0;

  constructor({ limit = 500, pageBytes }: Pick<ListOptions<unknown>, "limit" | "pageBytes">) {
    this.#max = limit;
    this.#bytes = pageBytes;
    this.#limit = pageBytes === undefined ? limit : Math.min(limit, FIRST_LIMIT);
  }

  get limit(): number {
    return this.#limit;
  }

  /** What the request is to watch. One object alone is read whatever its size. */
  get bounds(): Pick<KubeRequest, "maxBytes" | "onBody"> {
    if (this.#bytes === undefined) return {};
    const onBody = (bytes: number): void => void (this.#lastBytes = bytes);
    return { onBody, ...(this.#limit > 1 && { maxBytes: this.#bytes * PAGE_TOLERANCE }) };
  }

  learn(objects: number): void {
    if (this.#bytes === undefined || this.#lastBytes === 0 || objects === 0) return;
    const fitting = Math.floor(this.#bytes / (this.#lastBytes / objects));
    this.#limit = Math.min(this.#max, Math.max(1, fitting));
  }

  /** Asks for less; false when there is no less. */
  shrink(): boolean {
    if (this.#limit === 1) return false;
    this.#limit = Math.max(1, Math.floor(this.#limit / 4));
    return true;
  }
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
