// What kube-controller-manager does in the background: removes objects whose owners are gone, empties dying namespaces.
import type { ApiObject, JsonObject } from "./json.ts";
import type { Registry } from "./registry.ts";
import type { Change } from "./storage.ts";
import { resourceKey } from "./storage.ts";

/** Starts both. Returns the way to stop them. */
export function startCollectors(registry: Registry): () => void {
  const uids = new Set<string>();
  const dependents = new Map<string, Set<ApiObject>>();
  let isStopped = false;
  const later = (task: () => void): void => {
    setImmediate(() => {
      if (!isStopped) task();
    });
  };
  const stop = registry.storage.subscribe("*", (change) => {
    noteOwners(change, uids, dependents);
    const { object, type } = change;
    const owners = object.metadata.ownerReferences ?? [];
    if (type === "DELETED") {
      const orphans = [...(dependents.get(object.metadata.uid ?? "") ?? [])];
      later(() => orphans.forEach((orphan) => collect(registry, orphan, uids)));
    } else if (owners.length > 0 && owners.every((owner) => !uids.has(owner.uid))) {
      later(() => collect(registry, object, uids));
    }
    if (change.resource === "namespaces" && object.metadata.deletionTimestamp !== undefined) {
      later(() => emptyNamespace(registry, object.metadata.name));
    } else if (type === "DELETED" && object.metadata.namespace !== undefined) {
      later(() => finishNamespace(registry, object.metadata.namespace ?? ""));
    }
  });
  return () => {
    isStopped = true;
    stop();
  };
}

function noteOwners(
  { type, object, former }: Change,
  uids: Set<string>,
  dependents: Map<string, Set<ApiObject>>,
): void {
  const uid = object.metadata.uid ?? "";
  if (type === "DELETED") uids.delete(uid);
  else uids.add(uid);
  for (const owner of former?.metadata.ownerReferences ?? []) if (former) dependents.get(owner.uid)?.delete(former);
  if (type === "DELETED") return;
  for (const owner of object.metadata.ownerReferences ?? []) {
    dependents.set(owner.uid, (dependents.get(owner.uid) ?? new Set<ApiObject>()).add(object));
  }
}

/** Deletes an object when none of its owners is there any more. */
function collect(registry: Registry, object: ApiObject, uids: Set<string>): void {
  const type = registry.typeOf(object);
  const { name, namespace = "", uid } = object.metadata;
  const current = registry.find(type, { namespace, name });
  if (!current || current.metadata.uid !== uid || current.metadata.deletionTimestamp !== undefined) return;
  const owners = current.metadata.ownerReferences ?? [];
  if (owners.length === 0 || owners.some((owner) => uids.has(owner.uid))) return;
  registry.delete(type, { namespace, name });
}

function emptyNamespace(registry: Registry, namespace: string): void {
  for (const object of contents(registry, namespace)) {
    if (object.metadata.deletionTimestamp !== undefined) continue;
    registry.delete(registry.typeOf(object), { namespace, name: object.metadata.name });
  }
  finishNamespace(registry, namespace);
}

/** Removes a dying namespace once nothing is left in it. */
function finishNamespace(registry: Registry, name: string): void {
  const namespace = registry.storage.get("namespaces", "", name);
  if (namespace?.metadata.deletionTimestamp === undefined || contents(registry, name).length > 0) return;
  const status: JsonObject = { phase: "Terminating" };
  registry.storage.remove("namespaces", { ...namespace, status });
}

function contents(registry: Registry, namespace: string): ApiObject[] {
  const types = registry.types().filter((type) => type.namespaced);
  return types.flatMap((type) => registry.storage.list(resourceKey(type), namespace));
}
