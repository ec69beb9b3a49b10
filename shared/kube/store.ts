// A cache of one collection, kept by a watch. Readers see plain objects; writers of the cluster never change them here.
import type { Log } from "../runtime/log.ts";
import type { Kube, KubeObject, WatchEvent } from "./types.ts";
import { watch } from "./watch.ts";
import type { WatchOptions } from "./watch-stream.ts";

export interface ObjectKey {
  /** "" for cluster-scoped objects. */
  namespace: string;
  name: string;
}

/** Objects by namespace and name. */
export class Store<T extends KubeObject> {
  /** Whether the collection has been listed at least once. */
  synced = false;
  readonly #objects = new Map<string, T>();
  readonly #whenSynced = Promise.withResolvers<void>();

  /** @param namespace "" for cluster-scoped objects */
  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** Resolves when the collection has been listed for the first time. */
  whenSynced(): Promise<void> {
    return this.#whenSynced.promise;
  }

  set(object: T): void {
    this.#objects.set(keyOf(object), object);
  }

  delete(object: T): void {
    this.#objects.delete(keyOf(object));
  }

  markSynced(): void {
    this.synced = true;
    this.#whenSynced.resolve();
  }
}

export interface StoreOptions<T extends KubeObject> extends Omit<WatchOptions<T>, "decode" | "log"> {
  kube: Kube;
  store: Store<T>;
  /** Called after the store holds the change: for every object that appeared, changed or went. */
  onChange: (key: ObjectKey) => void;
  /** Called when the watch has failed; it goes on by itself. */
  onTrouble?: (error: Error) => void;
  log?: Log;
  /** Default: the object without its managedFields. */
  decode?: (raw: unknown) => T;
}

/** Keeps a store in step with the cluster until the signal aborts. */
export async function runStore<T extends KubeObject>(options: StoreOptions<T>): Promise<void> {
  const {
    kube,
    store,
    onChange,
    onTrouble,
    log,
    decode = (raw: unknown) => withoutManagedFields<T>(raw),
    ...rest
  } = options;
  const listed = new Set<string>();
  const changed = (object: T) => onChange(objectKey(object));
  for await (const event of watch<T>(kube, { ...rest, decode, ...(log && { log }) })) {
    if (event.type === "Trouble") {
      log?.warn({ err: event.error, resource: rest.resource.plural, retryInMs: event.retryInMs }, "watch failed");
      onTrouble?.(event.error);
    } else {
      for (const object of take(event, store, listed)) changed(object);
    }
  }
}

/** Brings one event into the store; returns the objects that it changed. */
function take<T extends KubeObject>(event: WatchEvent<T>, store: Store<T>, listed: Set<string>): T[] {
  switch (event.type) {
    case "Init":
      listed.clear();
      return [];
    case "InitApply":
      listed.add(keyOf(event.object));
      return put(store, event.object);
    case "InitDone": {
      const gone = store.list().filter((object) => !listed.has(keyOf(object)));
      for (const object of gone) store.delete(object);
      listed.clear();
      store.markSynced();
      return gone;
    }
    case "Apply":
      return put(store, event.object);
    case "Delete":
      store.delete(event.object);
      return [event.object];
    case "Trouble":
      return [];
  }
}

function put<T extends KubeObject>(store: Store<T>, object: T): T[] {
  const { namespace, name } = objectKey(object);
  const before = store.get(namespace, name);
  store.set(object);
  const known = before?.metadata.uid === object.metadata.uid && object.metadata.resourceVersion !== undefined;
  return known && before?.metadata.resourceVersion === object.metadata.resourceVersion ? [] : [object];
}

function withoutManagedFields<T extends KubeObject>(raw: unknown): T {
  const object = raw as T & { metadata: { managedFields?: unknown } };
  delete object.metadata.managedFields;
  return object;
}

function objectKey({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function keyOf(object: KubeObject): string {
  const { namespace, name } = objectKey(object);
  return `${namespace}/${name}`;
}
