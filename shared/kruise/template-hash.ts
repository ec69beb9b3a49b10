// A short hash of a pod template that is the same on every cluster: keys sorted, empty and defaulted fields left out.
// Revision hashes cannot be compared between clusters, this one can.
import { createHash } from "node:crypto";

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
/** An empty value says no more than a missing one. */
const EMPTY = ["{}", "[]", "null"];
/** Deeper than any pod template goes. */
const DEPTH_MAX = 40;

/** Hashes a pod template to twelve hex digits. */
export function hashTemplate(template: unknown): string {
  return createHash("sha256").update(canonicalText(template, 0)).digest("hex").slice(0, 12);
}

function canonicalText(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) return '"..."';
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(",")}]`;
  if (typeof value === "object" && value !== null) return canonicalMap(value, depth);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function canonicalMap(map: object, depth: number): string {
  const entries = Object.entries(map)
    .filter(([key, value]) => DEFAULTS.get(key) !== value)
    .map(([key, value]) => [key, canonicalText(value, depth + 1)] as const)
    .filter(([, text]) => !EMPTY.includes(text))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
}
