// Digests of object contents, byte for byte as OCM's own add-on framework makes them, so that a user who moves from
// another implementation of this add-on sees no rollout: SHA-256 of compact JSON with sorted keys and Go's escapes.
import { createHash } from "node:crypto";

// Go's encoder writes these five characters as \uXXXX.
const ESCAPED = /[<>&\u2028\u2029]/g;

/** Hash of a config object's content: everything but apiVersion, kind, metadata and status. Lower-case hex. */
export function specHash(object: Readonly<Record<string, unknown>>): string {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, status: _status, ...content } = object;
  return sha256(canonicalJson(content));
}

/** Hash of any JSON value; equal for equal values, whatever the order of their keys. */
export function sha256Json(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** Writes JSON without white space, keys in byte order. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return escape(JSON.stringify(value));
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, field]) => `${escape(JSON.stringify(key))}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
}

function escape(json: string): string {
  return json.replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
