// Discovery: which groups, versions and resources there are, in the aggregated form and in the old one.
import type { Json, JsonObject } from "./json.ts";
import { at, isObject, listOf, stringOf } from "./json.ts";
import type { ResourceType } from "./resources.ts";

/** One group and version with its resources, as GET /apis/GROUP/VERSION lists them. */
export interface GroupVersion {
  group: string;
  version: string;
  resources: JsonObject[];
  isFresh: boolean;
}

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const REVIEWS: [string, string, string][] = [
  ["authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews"],
  ["authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"],
  ["authentication.k8s.io", "TokenReview", "tokenreviews"],
];

/** What this cluster serves itself. */
export function groupVersionsOf(types: ResourceType[]): GroupVersion[] {
  const found = new Map<string, GroupVersion>();
  const add = (group: string, version: string, resources: JsonObject[]): void => {
    const key = `${group}/${version}`;
    const entry = found.get(key) ?? { group, version, resources: [], isFresh: true };
    entry.resources.push(...resources);
    found.set(key, entry);
  };
  for (const type of types) for (const version of type.versions) add(type.group, version, describe(type));
  for (const [group, kind, plural] of REVIEWS) {
    add(group, "v1", [{ name: plural, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ["create"] }]);
  }
  return [...found.values()];
}

function describe(type: ResourceType): JsonObject[] {
  const { plural: name, singular: singularName, namespaced, kind, shortNames, categories } = type;
  const more = { ...(shortNames.length > 0 ? { shortNames } : {}), ...(categories.length > 0 ? { categories } : {}) };
  const main = { name, singularName, namespaced, kind, verbs: VERBS, ...more };
  const parts = type.subresources.map((part) => ({
    name: `${name}/${part}`,
    singularName: "",
    namespaced,
    kind: part === "token" ? "TokenRequest" : kind,
    ...(part === "token" ? { group: "authentication.k8s.io", version: "v1" } : {}),
    verbs: part === "token" ? ["create"] : ["get", "patch", "update"],
  }));
  return [main, ...parts];
}

/** Answers a discovery path; undefined when it is none or names nothing. `aggregated`: the client reads the v2 form. */
export function discover(path: string, all: GroupVersion[], aggregated: boolean): Json | undefined {
  const [root, group, version] = path.split("/").filter((part) => part !== "");
  if (root === "api") return discoverCore(group, all, aggregated);
  if (root !== "apis") return undefined;
  const named = all.filter((entry) => entry.group !== "");
  if (group === undefined) return aggregated ? aggregatedList(named) : groupList(named);
  const ofGroup = named.filter((entry) => entry.group === group);
  if (version === undefined)
    return ofGroup.length === 0 ? undefined : { kind: "APIGroup", apiVersion: "v1", ...describeGroup(ofGroup) };
  const one = ofGroup.find((entry) => entry.version === version);
  return one && resourceList(one);
}

function discoverCore(version: string | undefined, all: GroupVersion[], aggregated: boolean): Json | undefined {
  const core = all.filter((entry) => entry.group === "");
  if (version !== undefined) return core.filter((entry) => entry.version === version).map(resourceList)[0];
  if (aggregated) return aggregatedList(core);
  return { kind: "APIVersions", versions: core.map((entry) => entry.version), serverAddressByClientCIDRs: [] };
}

function resourceList({ group, version, resources }: GroupVersion): JsonObject {
  const groupVersion = group === "" ? version : `${group}/${version}`;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}

function groupList(all: GroupVersion[]): JsonObject {
  const groups = [...Map.groupBy(all, (entry) => entry.group).values()].map(describeGroup);
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

function describeGroup(entries: GroupVersion[]): JsonObject {
  const name = entries[0]?.group ?? "";
  const versions = entries.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? null };
}

function aggregatedList(all: GroupVersion[]): JsonObject {
  const items = [...Map.groupBy(all, (entry) => entry.group)].map(([name, entries]) => ({
    metadata: { name, creationTimestamp: null },
    versions: entries.map(({ version, resources, isFresh, group }) => ({
      version,
      freshness: isFresh ? "Current" : "Stale",
      resources: aggregatedResources(resources, { group, version }),
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedResources(resources: JsonObject[], where: { group: string; version: string }): Json[] {
  const kindOf = (entry: JsonObject): JsonObject => ({
    group: stringOf(entry["group"]) || where.group,
    version: stringOf(entry["version"]) || where.version,
    kind: entry["kind"] ?? "",
  });
  return resources
    .filter((entry) => !stringOf(entry["name"]).includes("/"))
    .map((entry) => ({
      resource: entry["name"],
      responseKind: kindOf(entry),
      scope: entry["namespaced"] === true ? "Namespaced" : "Cluster",
      singularResource: entry["singularName"] ?? "",
      verbs: entry["verbs"] ?? [],
      shortNames: entry["shortNames"],
      categories: entry["categories"],
      subresources: resources
        .filter((part) => stringOf(part["name"]).startsWith(`${stringOf(entry["name"])}/`))
        .map((part) => ({
          subresource: stringOf(part["name"]).split("/")[1],
          responseKind: kindOf(part),
          verbs: part["verbs"] ?? [],
        })),
    }));
}

/** The resources in the answer of an aggregated server to GET /apis/GROUP/VERSION. */
export function resourcesOf(answer: Json): JsonObject[] {
  return listOf(at(answer, "resources")).filter(isObject);
}

export function wantsAggregated(accept: string | undefined): boolean {
  return (accept ?? "").includes("as=APIGroupDiscoveryList");
}

export const AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
