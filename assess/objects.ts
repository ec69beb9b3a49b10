// Documents to objects: takes lists apart and tells OpenKruise's objects from others.
import { mapOf, textOf } from "../shared/kruise/raw.ts";
import type { Raw } from "../shared/kruise/raw.ts";
import { InputError } from "./trouble.ts";

export interface Found {
  objects: Raw[];
  /** Of other API groups, or no objects at all. */
  skipped: number;
}

/** A few lines of YAML whose lists name each other can stand for any number of objects, even for endless ones. */
const ITEMS_MAX = 1_000_000;

/**
 * Finds the objects of OpenKruise in parsed documents.
 * @throws InputError when there is no end to them
 */
export function findObjects(documents: readonly unknown[]): Found {
  const found: Found = { objects: [], skipped: 0 };
  const waiting = [...documents].reverse();
  for (let seen = 0; waiting.length > 0; seen += 1) {
    const next = waiting.pop();
    const items = itemsOf(next);
    if (seen + waiting.length + (items?.length ?? 0) > ITEMS_MAX)
      throw new InputError(`It has more than ${ITEMS_MAX} objects: split it, by namespace for instance`);
    if (items !== undefined) for (const item of items.toReversed()) waiting.push(item);
    else if (isKruise(next)) found.objects.push(next);
    else found.skipped += 1;
  }
  return found;
}

/** The items of a list: of any kind that ends so, or a bare array. */
function itemsOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  const list = mapOf(value);
  const kind = textOf(list?.["kind"]);
  if (list === undefined || kind?.endsWith("List") !== true) return undefined;
  const { items } = list;
  // Go writes null for an empty list.
  if (items === null || items === undefined) return [];
  return Array.isArray(items) ? items.map((item) => withType(item, list, kind)) : undefined;
}

/** The items of a list of one kind need not say their own: "CloneSetList" does. */
function withType(item: unknown, list: Raw, kind: string): unknown {
  const map = mapOf(item);
  if (map === undefined || "kind" in map || kind === "List") return item;
  return { apiVersion: list["apiVersion"], kind: kind.slice(0, -"List".length), ...map };
}

function isKruise(value: unknown): value is Raw {
  const apiVersion = textOf(mapOf(value)?.["apiVersion"]) ?? "";
  const [group, version] = apiVersion.split("/");
  return version !== undefined && /(^|\.)kruise\.io$/.test(group ?? "");
}
