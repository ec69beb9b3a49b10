// The rules of reading and writing objects: names, uid, generation, resourceVersion, the status subresource, finalizers,
// field ownership. The HTTP side and the actors of the local fleet use it alike.
import { randomUUID } from "node:crypto";
import { admitChange, admitNew } from "./admission.ts";
import type { User } from "./admission.ts";
import { alreadyExists, badRequest, conflict, forbidden, notFound } from "./errors.ts";
import type { ApiObject, ManagedFields, Meta } from "./json.ts";
import { sameJson } from "./json.ts";
import { applyFields, trackUpdate } from "./managed-fields.ts";
import type { ResourceType } from "./resources.ts";
import { builtInTypes, customType } from "./resources.ts";
import { Storage, resourceKey } from "./storage.ts";

export interface Key {
  namespace: string;
  name: string;
}

export interface WriteOptions {
  manager: string;
  user?: User;
  /** Version that the writer speaks, as group/version; default: the object's. */
  apiVersion?: string;
  subresource?: string;
  force?: boolean;
}

const ADMIN: User = { name: "system:admin", groups: ["system:masters"] };

export class Registry {
  readonly storage = new Storage();
  readonly #types = new Map<string, ResourceType>();

  constructor() {
    for (const type of builtInTypes()) this.#types.set(resourceKey(type), type);
    const crds = "customresourcedefinitions.apiextensions.k8s.io";
    this.storage.subscribe(crds, ({ type: change, object }) => {
      const custom = customType(object);
      if (custom && change !== "DELETED") this.#types.set(resourceKey(custom), custom);
      if (custom && change === "DELETED") this.#forgetType(custom);
    });
  }

  types(): ResourceType[] {
    return [...this.#types.values()];
  }

  type(group: string, plural: string): ResourceType | undefined {
    return this.#types.get(resourceKey({ group, plural }));
  }

  /** The type of an object. @throws StatusError 404 when this cluster does not serve it. */
  typeOf({ apiVersion, kind }: Pick<ApiObject, "apiVersion" | "kind">): ResourceType {
    const [version = "", group = ""] = apiVersion.split("/").toReversed();
    const type = this.types().find((it) => it.group === group && it.kind === kind && it.versions.includes(version));
    if (!type) throw notFound({ group, plural: `resources of kind ${kind}` }, apiVersion);
    return type;
  }

  find(type: ResourceType, key: Key): ApiObject | undefined {
    return this.storage.get(resourceKey(type), type.namespaced ? key.namespace : "", key.name);
  }

  get(type: ResourceType, key: Key): ApiObject {
    const object = this.find(type, key);
    if (!object) throw notFound(type, key.name);
    return object;
  }

  create(object: ApiObject, options: WriteOptions, type = this.typeOf(object)): ApiObject {
    const now = timestamp();
    if (type.namespaced) this.#checkNamespace(type, object.metadata);
    if (object.metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
    const { status, ...withoutStatus } = object;
    const kept = type.subresources.includes("status") || status === undefined ? withoutStatus : object;
    const admitted = admitNew(type, kept, options.user ?? ADMIN, now);
    const { name, namespace = "" } = admitted.metadata;
    if (!name) throw badRequest(`${type.plural}: name or generateName is required`);
    if (this.find(type, { namespace, name })) throw alreadyExists(type, name);
    const metadata = newMetadata(type, admitted.metadata, now);
    const created: ApiObject = { ...admitted, metadata };
    const given = object.metadata.managedFields;
    const managedFields = given ?? trackUpdate(undefined, created, this.#writer(created, options), type.listKeys);
    return this.storage.put(resourceKey(type), { ...created, metadata: { ...metadata, managedFields } });
  }

  /** Replaces an object by what `change` makes of it; only its status, or all but its status. */
  update(type: ResourceType, key: Key, change: (current: ApiObject) => ApiObject, options: WriteOptions): ApiObject {
    const current = this.get(type, key);
    const wanted = change(current);
    this.#checkPreconditions(type, current, wanted.metadata);
    const next = this.#complete(type, current, wanted, options);
    if (sameJson(next, current)) return current; // Before the costly part: most updates of controllers change nothing.
    const track = (): ManagedFields[] => trackUpdate(current, next, this.#writer(wanted, options), type.listKeys);
    return this.#store(type, current, next, track);
  }

  /** Server-side apply. Creates the object when it is not there. */
  apply(
    type: ResourceType,
    key: Key,
    config: ApiObject,
    options: WriteOptions,
  ): { object: ApiObject; created: boolean } {
    const current = this.find(type, key);
    const writer = this.#writer(config, options);
    const how = { writer, force: options.force ?? false, listKeys: type.listKeys };
    const part = this.#part(type, config, options);
    if (!current) {
      if (options.subresource !== undefined) throw notFound(type, key.name);
      const fresh = applyFields(undefined, { ...part, metadata: { ...part.metadata, ...placed(type, key) } }, how);
      return { object: this.create(fresh, options, type), created: true };
    }
    this.#checkPreconditions(type, current, config.metadata);
    const merged = applyFields(current, part, how);
    const next = this.#complete(type, current, merged, options);
    return { object: this.#store(type, current, next, () => merged.metadata.managedFields ?? []), created: false };
  }

  /** Deletes an object, or marks it when finalizers hold it. Returns what is left of it, or its last state. */
  delete(type: ResourceType, key: Key, preconditions: Pick<Meta, "uid" | "resourceVersion"> = {}): ApiObject {
    const current = this.get(type, key);
    this.#checkPreconditions(type, current, preconditions);
    const held = (current.metadata.finalizers ?? []).length > 0 || (type.plural === "namespaces" && type.group === "");
    if (!held) return this.storage.remove(resourceKey(type), current);
    if (current.metadata.deletionTimestamp !== undefined) return current;
    const { generation } = current.metadata;
    const metadata: Meta = {
      ...current.metadata,
      deletionTimestamp: timestamp(),
      deletionGracePeriodSeconds: 0,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    };
    const status = type.plural === "namespaces" ? { phase: "Terminating" } : current.status;
    return this.storage.put(resourceKey(type), { ...current, metadata, ...(status === undefined ? {} : { status }) });
  }

  #store(type: ResourceType, current: ApiObject, next: ApiObject, track: () => ManagedFields[]): ApiObject {
    const { finalizers = [], deletionTimestamp } = next.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) {
      this.storage.put(resourceKey(type), next);
      return this.storage.remove(resourceKey(type), next);
    }
    const managedFields = track();
    const stored = { ...next, metadata: { ...next.metadata, managedFields } };
    if (sameJson(stored, current)) return current;
    return this.storage.put(resourceKey(type), stored);
  }

  /** Takes from the writer what he may change, from the current object the rest. */
  #complete(type: ResourceType, current: ApiObject, wanted: ApiObject, options: WriteOptions): ApiObject {
    const isPart = options.subresource !== undefined;
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = current.metadata;
    const { resourceVersion, name } = current.metadata;
    const metadata: Meta = {
      ...(isPart ? current.metadata : wanted.metadata),
      name,
      ...present({
        uid,
        creationTimestamp,
        deletionTimestamp,
        deletionGracePeriodSeconds,
        resourceVersion,
        generation,
      }),
      ...present({ namespace: current.metadata.namespace, managedFields: current.metadata.managedFields }),
    };
    if (isPart) {
      const { status: former, ...rest } = current;
      const status = options.subresource === "approval" || wanted.status !== undefined ? wanted.status : former;
      return { ...rest, metadata, ...(status === undefined ? {} : { status }) };
    }
    const { status: ignored, ...rest } = wanted;
    const status = type.subresources.includes("status") ? current.status : ignored;
    const { apiVersion, kind } = wanted;
    const next = { ...rest, apiVersion, kind, metadata, ...(status === undefined ? {} : { status }) };
    const admitted = admitChange(type, current, next);
    const grows = generation !== undefined && !sameJson(intent(type, current), intent(type, admitted));
    return grows ? { ...admitted, metadata: { ...metadata, generation: generation + 1 } } : admitted;
  }

  /** The part of an applied configuration that its endpoint writes. */
  #part(type: ResourceType, config: ApiObject, options: WriteOptions): ApiObject {
    const { status, ...rest } = config;
    if (options.subresource === undefined) return type.subresources.includes("status") ? rest : config;
    const { name, namespace } = config.metadata;
    const metadata = { name, ...present({ namespace }) };
    return { apiVersion: config.apiVersion, kind: config.kind, metadata, ...(status === undefined ? {} : { status }) };
  }

  #checkPreconditions(type: ResourceType, current: ApiObject, wanted: Pick<Meta, "uid" | "resourceVersion">): void {
    const { name, uid, resourceVersion } = current.metadata;
    if (wanted.uid !== undefined && wanted.uid !== uid) {
      const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid ?? ""}`;
      throw conflict(type, name, why);
    }
    if (wanted.resourceVersion && wanted.resourceVersion !== resourceVersion) throw conflict(type, name);
  }

  #checkNamespace(type: ResourceType, metadata: Meta): void {
    const name = metadata.namespace ?? "";
    const namespace = this.storage.get("namespaces", "", name);
    if (!namespace) throw notFound({ group: "", plural: "namespaces" }, name);
    if (namespace.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${name} because it is being terminated`;
    throw forbidden(type, metadata.name, why);
  }

  #writer(object: ApiObject, { manager, apiVersion, subresource }: WriteOptions): Parameters<typeof trackUpdate>[2] {
    return { manager, apiVersion: apiVersion ?? object.apiVersion, subresource, time: timestamp() };
  }

  #forgetType(type: ResourceType): void {
    for (const object of this.storage.list(resourceKey(type))) this.storage.remove(resourceKey(type), object);
    this.#types.delete(resourceKey(type));
  }
}

/** The metadata of a new object: what its maker may say, and what the server decides. */
function newMetadata(type: ResourceType, given: Meta, now: string): Meta {
  const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = given;
  return {
    name,
    ...present({ generateName, labels, annotations, ownerReferences }),
    ...present({ namespace: type.namespaced ? namespace : undefined }),
    ...present({ finalizers: finalizers && finalizers.length > 0 ? finalizers : undefined }),
    uid: randomUUID(),
    creationTimestamp: now,
    ...present({ generation: type.generation ? 1 : undefined }),
  };
}

function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function placed(type: ResourceType, { namespace, name }: Key): Partial<Meta> & { name: string } {
  return type.namespaced ? { namespace, name } : { name };
}

/** What counts for metadata.generation: the spec of built-in types, everything but metadata and status of custom ones. */
function intent(type: ResourceType, object: ApiObject): Partial<ApiObject> {
  const { metadata: _metadata, apiVersion: _apiVersion, status, ...rest } = object;
  return type.subresources.includes("status") || status === undefined ? rest : { ...rest, status };
}

function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
