// Field ownership: who wrote which field last, and server-side apply with its conflicts.
import { applyConflict } from "./errors.ts";
import type { ListKeys } from "./field-sets.ts";
import {
  describePath,
  fieldSet,
  fromFieldsV1,
  isWithin,
  itemElement,
  itemOf,
  removeAt,
  toFieldsV1,
  valueAt,
} from "./field-sets.ts";
import type { ApiObject, Json, ManagedFields } from "./json.ts";
import { isObject, sameJson } from "./json.ts";

/** Who writes, through which version and subresource. */
export interface Writer {
  manager: string;
  apiVersion: string;
  subresource: string | undefined;
  time: string;
}

interface Owner extends Writer {
  operation: "Apply" | "Update";
  paths: Set<string>;
}

/** The ownership after a plain write (create, update, patch) that made `next` out of `former`. */
export function trackUpdate(
  former: ApiObject | undefined,
  next: ApiObject,
  writer: Writer,
  listKeys: ListKeys,
): ManagedFields[] {
  const before = former ? fieldSet(former, listKeys) : new Set<string>();
  const after = fieldSet(next, listKeys);
  const changed = [...after].filter(
    (path) => !before.has(path) || (former && !sameJson(valueAt(former, path), valueAt(next, path))),
  );
  const gone = before.difference(after);
  const owners = ownersOf(former);
  if (changed.length === 0 && gone.size === 0) return toManagedFields(owners);
  const touched = gone.union(new Set(changed));
  for (const owner of owners) owner.paths = owner.paths.difference(isSame(owner, writer, "Update") ? gone : touched);
  give(owners, { ...writer, operation: "Update", paths: new Set(changed) });
  return toManagedFields(owners);
}

/**
 * Applies a configuration: fields of it are set and owned, fields that this manager owned and left out are removed
 * unless another manager owns them.
 * @throws StatusError 409 when a field that another manager owns would change, unless `force`.
 */
export function applyFields(
  live: ApiObject | undefined,
  config: ApiObject,
  { writer, force, listKeys }: { writer: Writer; force: boolean; listKeys: ListKeys },
): ApiObject {
  const wanted = fieldSet(config, listKeys);
  const owners = ownersOf(live);
  const own = owners.find((owner) => isSame(owner, writer, "Apply"));
  const others = owners.filter((owner) => owner !== own);
  if (live) settleConflicts({ live, config, wanted, others, force });
  const merged: ApiObject = live ? mergeObjects(live, config, listKeys) : structuredClone(config);
  for (const path of own?.paths.difference(wanted) ?? []) {
    const place = itemOf(path) ?? path;
    const isKept = [...others, { paths: wanted }].some(({ paths }) => paths.has(path) || hasWithin(paths, place));
    if (!isKept) removeAt(merged, place);
  }
  const time = own && sameJson([...own.paths].toSorted(), [...wanted].toSorted()) ? own.time : writer.time;
  const rest = others.filter((owner) => owner.paths.size > 0);
  merged.metadata.managedFields = toManagedFields([...rest, { ...writer, time, operation: "Apply", paths: wanted }]);
  return merged;
}

function settleConflicts(given: {
  live: ApiObject;
  config: ApiObject;
  wanted: Set<string>;
  others: Owner[];
  force: boolean;
}): void {
  const conflicts: { manager: string; field: string }[] = [];
  for (const owner of given.others) {
    const clashes = [...owner.paths.intersection(given.wanted)].filter(
      (path) => !sameJson(valueAt(given.live, path), valueAt(given.config, path)),
    );
    for (const path of clashes) conflicts.push({ manager: owner.manager, field: describePath(path) });
    if (given.force) owner.paths = owner.paths.difference(new Set(clashes));
  }
  if (conflicts.length > 0 && !given.force) throw applyConflict(conflicts);
}

/** Merges a configuration into an object: maps by field, keyed lists by key, everything else replaced. */
function mergeObjects(live: ApiObject, config: ApiObject, listKeys: ListKeys): ApiObject {
  const metadata = mergeJson({ ...live.metadata }, { ...config.metadata }, ["metadata"], listKeys);
  const merged: ApiObject = { ...structuredClone(live) };
  for (const [field, value] of Object.entries(config)) {
    if (field === "metadata" || value === undefined) continue;
    merged[field] = mergeJson(live[field], value, [field], listKeys);
  }
  const immutable = { name: live.metadata.name };
  merged.metadata = { ...live.metadata, ...(isObject(metadata) ? metadata : {}), ...immutable };
  return merged;
}

function mergeJson(live: Json | undefined, config: Json, names: string[], listKeys: ListKeys): Json {
  if (isObject(live) && isObject(config)) {
    const merged = { ...live };
    for (const [field, value] of Object.entries(config)) {
      if (value !== undefined) merged[field] = mergeJson(live[field], value, [...names, field], listKeys);
    }
    return structuredClone(merged);
  }
  const keys = Array.isArray(config) ? listKeys(names) : undefined;
  if (!Array.isArray(live) || !Array.isArray(config) || keys === undefined) return structuredClone(config);
  const merged = new Map(live.map((item) => [itemElement(item, keys), item]));
  for (const item of config) {
    const element = itemElement(item, keys);
    merged.set(element, mergeJson(merged.get(element), item, names, listKeys));
  }
  return [...merged.values()];
}

function ownersOf(object: ApiObject | undefined): Owner[] {
  return (object?.metadata.managedFields ?? []).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    subresource: entry.subresource,
    time: entry.time,
    paths: new Set(fromFieldsV1(entry.fieldsV1)),
  }));
}

function toManagedFields(owners: Owner[]): ManagedFields[] {
  return owners
    .filter((owner) => owner.paths.size > 0)
    .map((owner) => ({
      manager: owner.manager,
      operation: owner.operation,
      apiVersion: owner.apiVersion,
      time: owner.time,
      fieldsType: "FieldsV1",
      fieldsV1: toFieldsV1(owner.paths),
      ...(owner.subresource === undefined ? {} : { subresource: owner.subresource }),
    }));
}

function give(owners: Owner[], news: Owner): void {
  const own = owners.find((owner) => isSame(owner, news, news.operation));
  if (!own) {
    owners.push(news);
    return;
  }
  own.paths = own.paths.union(news.paths);
  own.time = news.time;
}

function isSame(owner: Owner, writer: Writer, operation: Owner["operation"]): boolean {
  return (
    owner.operation === operation &&
    owner.manager === writer.manager &&
    owner.apiVersion === writer.apiVersion &&
    owner.subresource === writer.subresource
  );
}

function hasWithin(paths: Set<string>, prefix: string): boolean {
  return [...paths].some((path) => isWithin(path, prefix));
}
