// Reads what is common to all objects: who it is, and whether its status may be read at all.
import type { PreludeInput } from "../health/prelude.ts";
import { keepText } from "./kept-text.ts";
import { KRUISE_KINDS } from "./kinds.ts";
import type { KruiseKind } from "./kinds.ts";
import { readSources } from "./provenance.ts";
import type { Source } from "./provenance.ts";
import { integerOf, isCount, mapOf, mapOrEmpty, mapsOf, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";
import { READERS } from "./readers/all.ts";
import type { Reader } from "./readers/kind-reading.ts";

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
  sources: Source[];
}

export interface Head {
  identity: Identity;
  /** Absent when the kind is not one that is assessed. */
  kind: KruiseKind | undefined;
  prelude: PreludeInput;
}

/** Reads the head of an object. */
export function readHead(object: Raw): Head {
  const kindText = textOf(object["kind"]) ?? "";
  const [group, version] = splitApiVersion(textOf(object["apiVersion"]));
  const kind = KRUISE_KINDS.find((known) => known.kind === kindText && (group === "" || known.group === group));
  const reader = kind && READERS[kind.kind];
  // Of a known kind the constants are kept: one text for thousands of objects.
  const names = kind
    ? {
        group: kind.group,
        version: kind.versions.find((known) => known === version) ?? keepText(version, 63),
        kind: kind.kind,
      }
    : { group: keepText(group, 253), version: keepText(version, 63), kind: keepText(kindText, 63) };
  return { identity: readIdentity(object, names), kind, prelude: readPrelude(object, reader) };
}

function readPrelude(object: Raw, reader: Reader | undefined): PreludeInput {
  const metadata = mapOf(object["metadata"]);
  const kindText = textOf(object["kind"]);
  const status = mapOrEmpty(object["status"]);
  return {
    isObject: metadata !== undefined && kindText !== undefined,
    kind: keepText(kindText ?? "", 63),
    supported: reader !== undefined,
    deleting: textOf(metadata?.["deletionTimestamp"]) !== undefined,
    status: statusState(object["status"], reader),
    generation: reader?.observesGeneration === false ? undefined : integerOf(metadata?.["generation"]),
    observedGeneration: integerOf(status["observedGeneration"]) ?? 0,
    malformedCounter: reader && malformedCounter(status, reader),
    replicasMalformed: reader?.replicas === true && isMalformed(mapOrEmpty(object["spec"])["replicas"]),
  };
}

function readIdentity(object: Raw, names: Pick<Identity, "group" | "version" | "kind">): Identity {
  const metadata = mapOrEmpty(object["metadata"]);
  const namespace = keepText(textOf(metadata["namespace"]) ?? "", 63);
  const name = keepText(textOf(metadata["name"]) ?? "", 253);
  return {
    ...names,
    namespace,
    name,
    uid: keepText(textOf(metadata["uid"]) ?? "", 8),
    generation: integerOf(metadata["generation"]) ?? 0,
    observedGeneration: integerOf(mapOrEmpty(object["status"])["observedGeneration"]),
    parent: readParent(metadata),
    sources: readSources(metadata, { group: names.group, kind: names.kind, namespace, name }),
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

function statusState(status: unknown, reader: Reader | undefined): PreludeInput["status"] {
  const map = status === undefined || status === null ? {} : mapOf(status);
  if (map === undefined) return "malformed";
  return Object.keys(map).length > 0 || reader?.emptyStatus === true ? "present" : "absent";
}

function isMalformed(counter: unknown): boolean {
  return counter !== undefined && counter !== null && !isCount(counter);
}

function malformedCounter(status: Raw, { counters, minusOne }: Reader): string | undefined {
  const isLegal = (counter: string): boolean => counter === minusOne && status[counter] === -1;
  const field = counters.find((counter) => isMalformed(status[counter]) && !isLegal(counter));
  return field && `status.${field}`;
}
