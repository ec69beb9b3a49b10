// Tolerant readers of JSON of any shape: what has the wrong type is as good as missing, nothing throws.

export type Raw = Readonly<Record<string, unknown>>;

const NOTHING: Raw = Object.freeze({});
/** Kubernetes counters are 32-bit integers. */
const COUNT_MAX = 2 ** 31 - 1;

/** Reads a map; undefined when it is none. */
export function mapOf(value: unknown): Raw | undefined {
  return isMap(value) ? value : undefined;
}

function isMap(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a map that may be missing. */
export function mapOrEmpty(value: unknown): Raw {
  return mapOf(value) ?? NOTHING;
}

/** Reads the maps of a list; whatever else is in it is left out. */
export function mapsOf(value: unknown): Raw[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}

/** Reads a text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= COUNT_MAX;
}

/** Reads a counter. Go's omitempty leaves a zero out, so a missing one is 0. */
export function countOf(value: unknown): number {
  return isCount(value) ? value : 0;
}

export function integerOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

/** Reads an entry that a user named, and never one that every object inherits. */
export function entryOf(map: Raw, name: string): unknown {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}
