// A short hash of a pod template that is the same on every cluster: keys sorted, empty and defaulted fields left out.
// Revision hashes cannot be compared between clusters, this one can.
import { hash } from "node:crypto";

/** Fields that the API server or OpenKruise's webhook may fill in, with the value that says nothing. */
const DEFAULTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["terminationMessagePath", "/dev/termination-log"],
  ["terminationMessagePolicy", "File"],
  ["restartPolicy", "Always"],
  ["dnsPolicy", "ClusterFirst"],
  ["schedulerName", "default-scheduler"],
  ["terminationGracePeriodSeconds", 30],
  ["protocol", "TCP"],
]);
/** Deeper than any pod template goes. */
const DEPTH_MAX = 40;
/** Texts that JSON writes as they are; most are. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Hashes a pod template to twelve hex digits. */
export function hashTemplate(template: unknown): string {
  return hash("sha256", canonicalText(template, 0)).slice(0, 12);
}

// Written in one pass and by hand: this is the dearest step of all that is done with an object.
function canonicalText(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) return '"..."';
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? canonicalList(value, depth) : canonicalMap(value as Record<string, unknown>, depth);
}

function canonicalList(list: readonly unknown[], depth: number): string {
  let text = "";
  for (const item of list) text += `${text === "" ? "[" : ","}${canonicalText(item, depth + 1)}`;
  return text === "" ? "[]" : `${text}]`;
}

function canonicalMap(map: Readonly<Record<string, unknown>>, depth: number): string {
  let text = "";
  for (const key of sortedKeys(map)) {
    const value = map[key];
    if (isDefault(key, value)) continue;
    const item = canonicalText(value, depth + 1);
    if (!isEmpty(item)) text += `${text === "" ? "{" : ","}${quoted(key)}:${item}`;
  }
  return text === "" ? "{}" : `${text}}`;
}

// An API server sends the keys of custom resources sorted.
function sortedKeys(map: object): string[] {
  const keys = Object.keys(map);
  const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] ?? "") < key);
  return isSorted ? keys : keys.sort();
}

function isDefault(key: string, value: unknown): boolean {
  return typeof value !== "object" && DEFAULTS.get(key) === value;
}

/** An empty value says no more than a missing one. */
function isEmpty(text: string): boolean {
  return text === "{}" || text === "[]" || text === "null";
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
