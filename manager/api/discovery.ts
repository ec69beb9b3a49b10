// Discovery documents: constants, so that every replica answers them at once and always alike.
import { createHash } from "node:crypto";
import { API_VERSION, GROUP, VERSION } from "../../shared/wire/group.ts";
import { parseMediaRange } from "./negotiation.ts";
import { API_RESOURCES } from "./resources.ts";
import type { ApiResource } from "./resources.ts";

/** A constant answer: its text is made once. */
export interface Document {
  contentType: string;
  /** Bytes, because fastify writes the content type of a string in another form, which kube-apiserver need not know. */
  body: Buffer;
  etag: string;
}

export function documentOf(value: object, contentType = "application/json"): Document {
  const body = Buffer.from(JSON.stringify(value));
  return { contentType, body, etag: `"${createHash("sha256").update(body).digest("hex")}"` };
}

const VERSIONS = ["v2", "v2beta1"] as const;

export interface Discovery {
  /** `/api`: of the core group there is nothing here. Forms as of `/apis`. */
  core: (accept: string | undefined) => Document;
  /** `/apis` in the newest form that the Accept header names. */
  groups: (accept: string | undefined) => Document;
  /** `/apis/GROUP` */
  group: Document;
  /** `/apis/GROUP/VERSION` */
  resources: Document;
}

export function buildDiscovery(): Discovery {
  const addresses = { serverAddressByClientCIDRs: [] };
  return {
    core: inNewestForm(documentOf({ kind: "APIVersions", versions: [], ...addresses }), []),
    groups: inNewestForm(documentOf({ kind: "APIGroupList", apiVersion: "v1", groups: [apiGroup()] }), [groupItem()]),
    group: documentOf({ kind: "APIGroup", apiVersion: "v1", ...apiGroup() }),
    resources: documentOf({
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: API_VERSION,
      resources: API_RESOURCES.map(legacyResource),
    }),
  };
}

function aggregatedVersions(accept = ""): string[] {
  return accept
    .split(",")
    .map(parseMediaRange)
    .filter(({ type, parameters }) => type === "application/json" && parameters.get("g") === "apidiscovery.k8s.io")
    .map(({ parameters }) => parameters.get("v") ?? "");
}

/** Chooses between the legacy document and, of the same items, the aggregated ones. */
function inNewestForm(legacy: Document, items: object[]): (accept: string | undefined) => Document {
  const aggregated = new Map(VERSIONS.map((version) => [version as string, aggregatedDocument(version, items)]));
  return (accept) => aggregatedVersions(accept).flatMap((version) => aggregated.get(version) ?? [])[0] ?? legacy;
}

function groupItem(): object {
  const resources = API_RESOURCES.map((resource) => ({
    resource: resource.plural,
    responseKind: { group: GROUP, version: VERSION, kind: resource.kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: resource.verbs,
    shortNames: resource.shortNames,
    categories: resource.categories,
    subresources: [],
  }));
  const versions = [{ version: VERSION, freshness: "Current", resources }];
  return { metadata: { name: GROUP, creationTimestamp: null }, versions };
}

function aggregatedDocument(version: string, items: object[]): Document {
  return documentOf(
    { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items },
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
  );
}

function apiGroup() {
  const version = { groupVersion: API_VERSION, version: VERSION };
  return { name: GROUP, versions: [version], preferredVersion: version };
}

function legacyResource({ plural, singular, ...resource }: ApiResource): object {
  const { namespaced, kind, verbs, shortNames, categories } = resource;
  return { name: plural, singularName: singular, namespaced, kind, verbs, shortNames, categories };
}
