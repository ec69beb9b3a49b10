// The four ways to patch: JSON patch, merge patch, strategic merge for built-in types; apply is in managed-fields.ts.
import { applyPatch } from "rfc6902";
import type { Operation } from "rfc6902";
import { StatusError, badRequest } from "./errors.ts";
import type { ListKeys } from "./field-sets.ts";
import { itemElement } from "./field-sets.ts";
import type { ApiObject, Json, JsonObject } from "./json.ts";
import { isApiObject, isObject, listOf } from "./json.ts";

export const APPLY = "application/apply-patch+yaml";
const JSON_PATCH = "application/json-patch+json";
export const MERGE_PATCH = "application/merge-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";

/** The object after the patch. @throws StatusError when the patch cannot be applied. */
export function patched(object: ApiObject, patch: Json, contentType: string, listKeys: ListKeys): ApiObject {
  const result = patchedJson(object, patch, contentType, listKeys);
  if (!isApiObject(result)) throw badRequest("the patched object has no metadata");
  return result;
}

function patchedJson(object: ApiObject, patch: Json, contentType: string, listKeys: ListKeys): Json {
  if (contentType === JSON_PATCH) return jsonPatched(object, patch);
  if (!isObject(patch)) throw badRequest("a merge patch is a JSON object");
  if (contentType === STRATEGIC) return strategic(object, patch, [], listKeys);
  return merged(object, patch);
}

function jsonPatched(object: ApiObject, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list of operations");
  const copy = structuredClone(object);
  const operations: unknown[] = patch;
  const [failure] = applyPatch(copy, operations.filter(isOperation)).filter((error) => error !== null);
  if (failure) throw new StatusError(422, "Invalid", `the server rejected our request: ${failure.message}`);
  return copy;
}

function isOperation(value: unknown): value is Operation {
  return isObject(value) && typeof value["op"] === "string" && typeof value["path"] === "string";
}

function merged(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, field);
    else if (value !== undefined) result[field] = merged(result[field], value);
  }
  return result;
}

function strategic(target: Json | undefined, patch: Json, names: string[], listKeys: ListKeys): Json {
  if (isObject(patch)) return strategicObject(target, patch, names, listKeys);
  const keys = Array.isArray(patch) ? listKeys(names) : undefined;
  if (!Array.isArray(patch) || keys === undefined) return patch;
  const items = new Map(listOf(target).map((item) => [itemElement(item, keys), item]));
  for (const item of patch) {
    const element = itemElement(item, keys);
    if (isObject(item) && item["$patch"] === "delete") items.delete(element);
    else items.set(element, strategic(items.get(element), item, names, listKeys));
  }
  return [...items.values()];
}

function strategicObject(target: Json | undefined, patch: JsonObject, names: string[], listKeys: ListKeys): JsonObject {
  const result: JsonObject = isObject(target) && patch["$patch"] !== "replace" ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith("$") || value === undefined) continue;
    if (value === null) Reflect.deleteProperty(result, field);
    else result[field] = strategic(result[field], value, [...names, field], listKeys);
  }
  return result;
}
