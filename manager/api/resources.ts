// The resources of the feedback API by name: what discovery, OpenAPI, access rules and routes must agree on.
import { API_VERSION } from "../../shared/wire/group.ts";

export interface ApiResource {
  plural: string;
  singular: string;
  kind: string;
  /** False: its objects belong to no cluster. */
  namespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
}

// Never "delete": the hub would delete our data with a namespace, and its garbage collector would mirror all of it.
const READ = ["get", "list", "watch"];
const CATEGORIES = ["kruise-health"];

export const WORKLOADS: ApiResource = {
  plural: "kruiseworkloads",
  singular: "kruiseworkload",
  kind: "KruiseWorkload",
  namespaced: true,
  verbs: READ,
  shortNames: ["kwl"],
  categories: CATEGORIES,
};

export const CLUSTERS: ApiResource = {
  plural: "kruiseclusters",
  singular: "kruisecluster",
  kind: "KruiseCluster",
  namespaced: true,
  verbs: READ,
  shortNames: ["kcl"],
  categories: CATEGORIES,
};

export const FLEET_WORKLOADS: ApiResource = {
  plural: "kruisefleetworkloads",
  singular: "kruisefleetworkload",
  kind: "KruiseFleetWorkload",
  namespaced: false,
  verbs: READ,
  shortNames: ["kfw"],
  categories: CATEGORIES,
};

export const REPORTS: ApiResource = {
  plural: "kruisehealthreports",
  singular: "kruisehealthreport",
  kind: "KruiseHealthReport",
  namespaced: true,
  verbs: ["create"],
  shortNames: [],
  categories: [],
};

export const API_RESOURCES: readonly ApiResource[] = [WORKLOADS, CLUSTERS, FLEET_WORKLOADS, REPORTS];

const ROOT = `/apis/${API_VERSION}`;

/** Whether some method is answered at a resource's path, so that another is refused as a method and not as a path. */
export function isResourcePath(path: string): boolean {
  if (!path.startsWith(`${ROOT}/`)) return false;
  const parts = path.slice(ROOT.length + 1).split("/");
  const inNamespace = parts[0] === "namespaces" && parts.length > 2;
  const [plural, name, ...rest] = inNamespace ? parts.slice(2) : parts;
  const resource = API_RESOURCES.find((known) => known.plural === plural);
  if (resource === undefined || rest.length > 0 || name === "") return false;
  if (!resource.namespaced) return !inNamespace;
  return inNamespace || name === undefined;
}
