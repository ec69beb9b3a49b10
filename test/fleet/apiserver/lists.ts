// Lists: whole, or in pages that all show the moment of the first one.
import { randomUUID } from "node:crypto";
import { badRequest, expired, tooLarge } from "./errors.ts";
import type { ApiObject, Json, JsonObject } from "./json.ts";
import { isObject } from "./json.ts";
import type { ResourceType } from "./resources.ts";
import { buildSelector } from "./selectors.ts";
import type { Storage } from "./storage.ts";
import { resourceKey } from "./storage.ts";

interface Snapshot {
  objects: ApiObject[];
  resourceVersion: number;
  isSelected: boolean;
}

const SNAPSHOTS_MAX = 64;

export class Lists {
  readonly #storage: Storage;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** One page (or all) of a list. @throws StatusError 410 for a token that is not known any more. */
  page(
    type: ResourceType,
    namespace: string | undefined,
    query: URLSearchParams,
  ): { objects: ApiObject[]; metadata: JsonObject } {
    const limit = Number(query.get("limit") ?? 0);
    const token = query.get("continue");
    const { snapshot, id, start } = token ? this.#resume(token) : this.#begin(type, namespace, query);
    const end = limit > 0 ? Math.min(start + limit, snapshot.objects.length) : snapshot.objects.length;
    const left = snapshot.objects.length - end;
    const metadata: JsonObject = { resourceVersion: String(snapshot.resourceVersion) };
    if (left > 0) {
      this.#keep(id, snapshot);
      metadata["continue"] = Buffer.from(JSON.stringify({ id, start: end })).toString("base64url");
      if (!snapshot.isSelected) metadata["remainingItemCount"] = left;
    }
    return { objects: snapshot.objects.slice(start, end), metadata };
  }

  /** Makes every continue token given so far too old. */
  expire(): void {
    this.#snapshots.clear();
  }

  #begin(
    type: ResourceType,
    namespace: string | undefined,
    query: URLSearchParams,
  ): { snapshot: Snapshot; id: string; start: number } {
    const { resourceVersion } = this.#storage;
    const wanted = Number(query.get("resourceVersion") ?? 0);
    if (wanted > resourceVersion) throw tooLarge(wanted, resourceVersion);
    const selector = buildSelector(type, query.get("labelSelector"), query.get("fieldSelector"));
    const all = this.#storage.list(resourceKey(type), namespace);
    const objects = selector ? all.filter(selector) : all;
    return { snapshot: { objects, resourceVersion, isSelected: selector !== undefined }, id: randomUUID(), start: 0 };
  }

  #resume(token: string): { snapshot: Snapshot; id: string; start: number } {
    const { id, start } = parseToken(token);
    const snapshot = this.#snapshots.get(id);
    if (!snapshot) throw expired("The provided continue parameter is too old to display a consistent list result.");
    return { snapshot, id, start };
  }

  #keep(id: string, snapshot: Snapshot): void {
    this.#snapshots.set(id, snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > SNAPSHOTS_MAX && oldest !== undefined) this.#snapshots.delete(oldest);
  }
}

function parseToken(token: string): { id: string; start: number } {
  let value: Json;
  try {
    value = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as Json;
  } catch {
    throw badRequest("continue key is not valid");
  }
  const { id, start } = isObject(value) ? value : {};
  if (typeof id !== "string" || typeof start !== "number") throw badRequest("continue key is not valid");
  return { id, start };
}
