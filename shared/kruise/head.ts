// Reads what is common to all objects: who it is, and whether its status may be read at all.
import type { PreludeInput } from "../health/prelude.ts";
import { keepText } from "./kept-text.ts";
import { KRUISE_KINDS } from "./kinds.ts";
import type { KruiseKind } from "./kinds.ts";
import { integerOf, isCount, mapOf, mapOrEmpty, mapsOf, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

export interface Identity {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  /** First eight characters of the uid. */
  uid: string;
  generation: number;
  observedGeneration: number | undefined;
  parent: { k: string; n: string } | undefined;
}

export interface Head {
  identity: Identity;
  /** Absent when the kind is not one that is assessed. */
  kind: KruiseKind | undefined;
  prelude: PreludeInput;
}

/** Reads the head of an object, given the names of its kind's status counters. */
export function readHead(object: Raw, countersOf: (kind: string) => readonly string[]): Head {
  const kindText = textOf(object["kind"]) ?? "";
  const [group, version] = splitApiVersion(textOf(object["apiVersion"]));
  const kind = KRUISE_KINDS.find((known) => known.kind === kindText && (group === "" || known.group === group));
  // Of a known kind the constants are kept: one text for thousands of objects.
  const names = kind
    ? {
        group: kind.group,
        version: kind.versions.find((known) => known === version) ?? keepText(version, 63),
        kind: kind.kind,
      }
    : { group: keepText(group, 253), version: keepText(version, 63), kind: keepText(kindText, 63) };
  return { identity: readIdentity(object, names), kind, prelude: readPrelude(object, kind, countersOf(names.kind)) };
}

function readPrelude(object: Raw, kind: KruiseKind | undefined, counters: readonly string[]): PreludeInput {
  const metadata = mapOf(object["metadata"]);
  const kindText = textOf(object["kind"]);
  const status = mapOrEmpty(object["status"]);
  return {
    isObject: metadata !== undefined && kindText !== undefined,
    kind: keepText(kindText ?? "", 63),
    supported: kind !== undefined,
    deleting: textOf(metadata?.["deletionTimestamp"]) !== undefined,
    status: statusState(object["status"]),
    generation: integerOf(metadata?.["generation"]),
    observedGeneration: integerOf(status["observedGeneration"]) ?? 0,
    malformedCounter: malformedCounter(status, counters),
    replicasMalformed: kind?.kind !== "SidecarSet" && isMalformed(mapOrEmpty(object["spec"])["replicas"]),
  };
}

function readIdentity(object: Raw, names: Pick<Identity, "group" | "version" | "kind">): Identity {
  const metadata = mapOrEmpty(object["metadata"]);
  return {
    ...names,
    namespace: keepText(textOf(metadata["namespace"]) ?? "", 63),
    name: keepText(textOf(metadata["name"]) ?? "", 253),
    uid: keepText(textOf(metadata["uid"]) ?? "", 8),
    generation: integerOf(metadata["generation"]) ?? 0,
    observedGeneration: integerOf(mapOrEmpty(object["status"])["observedGeneration"]),
    parent: readParent(metadata),
  };
}

function splitApiVersion(apiVersion = ""): [group: string, version: string] {
  const slash = apiVersion.indexOf("/");
  // A core version ("v1") has no group; it is no Kruise object either.
  if (slash < 0) return [apiVersion === "" ? "" : "core", apiVersion];
  return [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

function readParent(metadata: Raw): Identity["parent"] {
  const owner = mapsOf(metadata["ownerReferences"]).find((reference) => reference["controller"] === true);
  if (owner === undefined) return undefined;
  return { k: keepText(textOf(owner["kind"]) ?? "", 63), n: keepText(textOf(owner["name"]) ?? "", 253) };
}

function statusState(status: unknown): PreludeInput["status"] {
  if (status === undefined || status === null) return "absent";
  const map = mapOf(status);
  if (map === undefined) return "malformed";
  return Object.keys(map).length === 0 ? "absent" : "present";
}

function isMalformed(counter: unknown): boolean {
  return counter !== undefined && counter !== null && !isCount(counter);
}

function malformedCounter(status: Raw, counters: readonly string[]): string | undefined {
  const field = counters.find((counter) => isMalformed(status[counter]));
  return field && `status.${field}`;
}
