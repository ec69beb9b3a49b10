// Which fields an object has, as server-side apply names them: f:FIELD, k:{KEYS} for items of keyed lists, v:VALUE for
// items of sets, and "." for the item itself. A path is the list of these elements, joined to one string.
import type { ApiObject, Json, JsonObject } from "./json.ts";
import { isObject, sameJson } from "./json.ts";

export type ListKeys = (path: string[]) => string[] | undefined;

const SEPARATOR = "\u001f";
const SYSTEM_METADATA = new Set([
  "name",
  "generateName",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

/** Every leaf of an object that a manager can own. */
export function fieldSet(object: ApiObject, listKeys: ListKeys): Set<string> {
  const leaves: string[][] = [];
  for (const [field, value] of Object.entries(object)) {
    if (field === "apiVersion" || field === "kind" || value === undefined) continue;
    if (field === "metadata") collectMetadata(object, listKeys, leaves);
    else collect(value, { elements: [`f:${field}`], names: [field] }, { listKeys, leaves });
  }
  return new Set(leaves.map((elements) => elements.join(SEPARATOR)));
}

function collectMetadata(object: ApiObject, listKeys: ListKeys, leaves: string[][]): void {
  const metadata: JsonObject = { ...object.metadata };
  for (const [field, value] of Object.entries(metadata)) {
    if (SYSTEM_METADATA.has(field) || value === undefined) continue;
    const place = { elements: ["f:metadata", `f:${field}`], names: ["metadata", field] };
    collect(value, place, { listKeys, leaves });
  }
}

interface Place {
  elements: string[];
  names: string[];
}

function collect(value: Json, { elements, names }: Place, out: { listKeys: ListKeys; leaves: string[][] }): void {
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [field, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      collect(inner, { elements: [...elements, `f:${field}`], names: [...names, field] }, out);
    }
    return;
  }
  const keys = Array.isArray(value) ? out.listKeys(names) : undefined;
  if (!Array.isArray(value) || keys === undefined) {
    out.leaves.push(elements);
    return;
  }
  for (const item of value) {
    const element = itemElement(item, keys);
    const place = [...elements, element];
    out.leaves.push(element.startsWith("k:") ? [...place, "."] : place);
    if (element.startsWith("k:")) collect(item, { elements: place, names }, out);
  }
}

/** Names an item of a keyed list, or of a set when there are no keys. */
export function itemElement(item: Json, keys: string[]): string {
  if (keys.length === 0 || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const picked = keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]] as const);
  return `k:${JSON.stringify(Object.fromEntries(picked.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
}

/** The value at a path; undefined when there is none. */
export function valueAt(root: Json, path: string): Json | undefined {
  return path.split(SEPARATOR).reduce<Json | undefined>(step, root);
}

function step(value: Json | undefined, element: string): Json | undefined {
  if (element === ".") return value === undefined ? undefined : true;
  if (element.startsWith("f:")) return isObject(value) ? value[element.slice(2)] : undefined;
  return Array.isArray(value) ? value.find((item) => matches(item, element)) : undefined;
}

function matches(item: Json, element: string): boolean {
  const wanted: unknown = JSON.parse(element.slice(2));
  if (element.startsWith("v:")) return JSON.stringify(item) === element.slice(2);
  return (
    isObject(item) && isObject(wanted) && Object.entries(wanted).every(([key, value]) => sameJson(item[key], value))
  );
}

/** Removes what a path names, and objects that become empty by it. Changes `root`. */
export function removeAt(root: JsonObject, path: string): void {
  const elements = path.split(SEPARATOR).filter((element) => element !== ".");
  const last = elements.pop();
  if (last === undefined) return;
  const parents: Json[] = [root];
  for (const element of elements) {
    const inner = step(parents.at(-1), element);
    if (inner === undefined) return;
    parents.push(inner);
  }
  removeItem(parents.at(-1), last);
  for (let depth = parents.length - 1; depth > 0; depth -= 1) {
    const parent = parents[depth];
    const element = elements[depth - 1] ?? "";
    const isEmpty = isObject(parent) ? Object.keys(parent).length === 0 : Array.isArray(parent) && parent.length === 0;
    if (!isEmpty || !element.startsWith("f:")) return;
    removeItem(parents[depth - 1], element);
  }
}

function removeItem(parent: Json | undefined, element: string): void {
  if (element.startsWith("f:")) {
    if (isObject(parent)) Reflect.deleteProperty(parent, element.slice(2));
    return;
  }
  if (!Array.isArray(parent)) return;
  const index = parent.findIndex((item) => matches(item, element));
  if (index >= 0) parent.splice(index, 1);
}

/** A set as the tree that stands in metadata.managedFields. */
export function toFieldsV1(paths: Iterable<string>): JsonObject {
  const root: JsonObject = {};
  for (const path of paths) {
    let node = root;
    for (const element of path.split(SEPARATOR)) {
      const inner = node[element];
      const next = isObject(inner) ? inner : {};
      node[element] = next;
      node = next;
    }
  }
  return root;
}

export function fromFieldsV1(tree: JsonObject, prefix: string[] = []): string[] {
  return Object.entries(tree).flatMap(([element, inner]) => {
    const path = [...prefix, element];
    return isObject(inner) && Object.keys(inner).length > 0 ? fromFieldsV1(inner, path) : [path.join(SEPARATOR)];
  });
}

/** A path as people read it in a conflict: .status.conditions[type="Ready"].status */
export function describePath(path: string): string {
  const parts = path.split(SEPARATOR).map((element) => {
    if (element === ".") return "";
    if (element.startsWith("f:")) return `.${element.slice(2)}`;
    if (element.startsWith("v:")) return `[=${element.slice(2)}]`;
    const keys: unknown = JSON.parse(element.slice(2));
    const pairs = isObject(keys) ? Object.entries(keys) : [];
    return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
  });
  return parts.join("");
}

/** True when `path` is `prefix` or lies below it. */
export function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}${SEPARATOR}`);
}

/** The path of the list item whose "." path this is; undefined for other paths. */
export function itemOf(path: string): string | undefined {
  return path.endsWith(`${SEPARATOR}.`) ? path.slice(0, -2) : undefined;
}
