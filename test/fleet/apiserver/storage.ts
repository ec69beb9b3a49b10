// The objects of one cluster in memory, with one growing resourceVersion and a ring of changes for watches.
// Objects are values: a write replaces one, nobody changes one in place.
import type { ApiObject } from "./json.ts";
import type { ResourceType } from "./resources.ts";

export interface Change {
  type: "ADDED" | "MODIFIED" | "DELETED";
  resource: string;
  object: ApiObject;
  /** The object before the change; selectors need it. */
  former: ApiObject | undefined;
  resourceVersion: number;
}

type Listener = (change: Change) => void;

const RING_SIZE = 20_000;

/** Key of a resource type in the storage, whatever its version. */
export function resourceKey({ group, plural }: Pick<ResourceType, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

export class Storage {
  #resourceVersion = 1000;
  /** By resource, namespace and name. */
  readonly #objects = new Map<string, Map<string, Map<string, ApiObject>>>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #ring: Change[] = [];
  /** Changes up to this resourceVersion are forgotten. */
  #forgotten = 0;

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get(resource: string, namespace: string, name: string): ApiObject | undefined {
    return this.#objects.get(resource)?.get(namespace)?.get(name);
  }

  /** All objects of a resource, in the order of namespace and name. */
  list(resource: string, namespace?: string): ApiObject[] {
    const all = this.#objects.get(resource) ?? new Map<string, Map<string, ApiObject>>();
    const namespaces = namespace === undefined ? [...all.keys()].toSorted() : [namespace];
    return namespaces.flatMap((each) => {
      const names = [...(all.get(each) ?? new Map<string, ApiObject>())];
      return names.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    });
  }

  /** Stores an object under the next resourceVersion and returns it as stored. */
  put(resource: string, object: ApiObject): ApiObject {
    const { namespace = "", name } = object.metadata;
    const namespaces = this.#objects.get(resource) ?? new Map<string, Map<string, ApiObject>>();
    this.#objects.set(resource, namespaces);
    const objects = namespaces.get(namespace) ?? new Map<string, ApiObject>();
    namespaces.set(namespace, objects);
    const former = objects.get(name);
    const stored = this.#stamp(object);
    objects.set(name, stored);
    this.#tell({ type: former ? "MODIFIED" : "ADDED", resource, object: stored, former });
    return stored;
  }

  /** Removes an object; watches see its last state under the resourceVersion of the removal. */
  remove(resource: string, object: ApiObject): ApiObject {
    const last = this.#stamp(object);
    const { namespace = "", name } = object.metadata;
    const objects = this.#objects.get(resource)?.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#objects.get(resource)?.delete(namespace);
    this.#tell({ type: "DELETED", resource, object: last, former: object });
    return last;
  }

  /** Changes of a resource after a resourceVersion, oldest first; undefined when they are not known any more. */
  changesSince(resource: string, resourceVersion: number): Change[] | undefined {
    if (resourceVersion < this.#forgotten) return undefined;
    return this.#ring.filter((change) => change.resource === resource && change.resourceVersion > resourceVersion);
  }

  /** Forgets all changes so far, as etcd does when it compacts. */
  compact(): void {
    this.#ring = [];
    this.#forgotten = this.#resourceVersion;
  }

  /** Tells every later change of a resource ("*": of all), in order, within the write. Returns the way to stop. */
  subscribe(resource: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(resource) ?? new Set<Listener>();
    this.#listeners.set(resource, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  #stamp(object: ApiObject): ApiObject {
    this.#resourceVersion += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#resourceVersion) } };
  }

  #tell(news: Omit<Change, "resourceVersion">): void {
    const change = { ...news, resourceVersion: this.#resourceVersion };
    this.#ring.push(change);
    if (this.#ring.length > RING_SIZE) {
      const dropped = this.#ring.splice(0, RING_SIZE / 2);
      this.#forgotten = dropped.at(-1)?.resourceVersion ?? this.#forgotten;
    }
    for (const key of [change.resource, "*"]) {
      for (const listener of this.#listeners.get(key) ?? []) listener(change);
    }
  }
}
