// The resources of the feedback API by name: what discovery, OpenAPI, access rules and routes must agree on.

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
