// The resources that a cluster serves: a table of built-in ones, and what a CustomResourceDefinition adds.
import type { ApiObject, Json, JsonObject } from "./json.ts";
import { at, isObject, listOf, objectOf, stringOf } from "./json.ts";

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  priority: number;
}

export interface ResourceType {
  group: string;
  /** Served versions, the preferred one first. */
  versions: string[];
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  /** Subresources besides the object itself. */
  subresources: string[];
  /** metadata.generation grows with the spec. */
  generation: boolean;
  /** Fields that a field selector may name, besides metadata.name and metadata.namespace. */
  selectable: string[];
  custom: boolean;
  columns: PrinterColumn[];
  /** Keys of a list that is merged by keys, for the list at a path of field names; undefined: the list is one value. */
  listKeys: (path: string[]) => string[] | undefined;
}

const NS = "n";
// group/version, kind, plural, scope and traits: n namespaced, s status subresource, g generation; then short names.
const BUILT_IN: [string, string, string, string, string[]?, string[]?][] = [
  ["v1", "Namespace", "namespaces", "s", ["ns"], ["status.phase"]],
  ["v1", "ConfigMap", "configmaps", NS, ["cm"]],
  ["v1", "Secret", "secrets", NS, [], ["type"]],
  ["v1", "ServiceAccount", "serviceaccounts", NS, ["sa"]],
  ["v1", "Service", "services", "ns", ["svc"]],
  ["v1", "Endpoints", "endpoints", NS, ["ep"]],
  ["v1", "Pod", "pods", "nsg", ["po"], ["spec.nodeName", "status.phase"]],
  [
    "v1",
    "Event",
    "events",
    NS,
    ["ev"],
    ["involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "reason", "type"],
  ],
  ["v1", "Node", "nodes", "s", ["no"]],
  ["discovery.k8s.io/v1", "EndpointSlice", "endpointslices", NS],
  ["apps/v1", "Deployment", "deployments", "nsg", ["deploy"]],
  ["apps/v1", "DaemonSet", "daemonsets", "nsg", ["ds"]],
  ["apps/v1", "StatefulSet", "statefulsets", "nsg", ["sts"]],
  ["coordination.k8s.io/v1", "Lease", "leases", NS],
  [
    "certificates.k8s.io/v1",
    "CertificateSigningRequest",
    "certificatesigningrequests",
    "s",
    ["csr"],
    ["spec.signerName"],
  ],
  ["rbac.authorization.k8s.io/v1", "Role", "roles", NS],
  ["rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", NS],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", ""],
  ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", ""],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "sg", ["crd", "crds"]],
  ["apiregistration.k8s.io/v1", "APIService", "apiservices", "s"],
  ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "g"],
  ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "g"],
  ["policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "nsg", ["pdb"]],
  ["events.k8s.io/v1", "Event", "events", NS],
];

const MORE_SUBRESOURCES: Record<string, string[]> = {
  certificatesigningrequests: ["approval"],
  serviceaccounts: ["token"],
  namespaces: ["finalize"],
};

// Lists of built-in types that are merged by keys, by the name of the field.
const BUILT_IN_KEYS: Record<string, string[]> = {
  conditions: ["type"],
  containers: ["name"],
  initContainers: ["name"],
  volumes: ["name"],
  env: ["name"],
  volumeMounts: ["mountPath"],
  imagePullSecrets: ["name"],
};

export function builtInTypes(): ResourceType[] {
  return BUILT_IN.map(([groupVersion, kind, plural, traits, shortNames = [], selectable = []]) => {
    const [version = "", group = ""] = groupVersion.split("/").toReversed();
    return {
      group,
      versions: [version],
      kind,
      plural,
      singular: kind.toLowerCase(),
      shortNames,
      categories: [],
      namespaced: traits.includes("n"),
      subresources: [...(traits.includes("s") ? ["status"] : []), ...(MORE_SUBRESOURCES[plural] ?? [])],
      generation: traits.includes("g"),
      selectable,
      custom: false,
      columns: [],
      listKeys: (path: string[]) => builtInKeys(kind, path),
    };
  });
}

function builtInKeys(kind: string, path: string[]): string[] | undefined {
  const last = path.at(-1) ?? "";
  if (path.join(".") === "metadata.ownerReferences") return ["uid"];
  if (last === "ports") return kind === "Service" ? ["port", "protocol"] : ["containerPort", "protocol"];
  return BUILT_IN_KEYS[last];
}

/** What a CustomResourceDefinition makes served; undefined when it serves no version. */
export function customType(crd: ApiObject): ResourceType | undefined {
  const spec = objectOf(crd.spec);
  const names = objectOf(spec["names"]);
  const versions = listOf(spec["versions"])
    .filter(isObject)
    .filter((version) => version["served"] !== false);
  const [first] = versions.toSorted((a, b) => rank(b) - rank(a));
  if (!first) return undefined;
  const kind = stringOf(names["kind"]);
  return {
    group: stringOf(spec["group"]),
    versions: versions.toSorted((a, b) => rank(b) - rank(a)).map((version) => stringOf(version["name"])),
    kind,
    plural: stringOf(names["plural"]),
    singular: stringOf(names["singular"]) || kind.toLowerCase(),
    shortNames: strings(names["shortNames"]),
    categories: strings(names["categories"]),
    namespaced: spec["scope"] === "Namespaced",
    subresources: Object.keys(objectOf(first["subresources"])).filter((name) => name === "status"),
    generation: true,
    selectable: [],
    custom: true,
    columns: columns(first),
    listKeys: (path) => schemaKeys(at(first, "schema", "openAPIV3Schema"), path),
  };
}

/** Stable versions before beta before alpha; higher numbers first. */
function rank(version: JsonObject): number {
  const [, major = "0", stage = "", minor = "0"] = /^v(\d+)(alpha|beta)?(\d+)?$/.exec(stringOf(version["name"])) ?? [];
  const stages: Record<string, number> = { alpha: 0, beta: 1_000_000, "": 2_000_000 };
  return (stages[stage] ?? 0) + Number(major) * 1000 + Number(minor);
}

function schemaKeys(schema: Json | undefined, path: string[]): string[] | undefined {
  if (path[0] === "metadata") return builtInKeys("", path);
  const list = path.reduce<Json | undefined>((inner, field) => {
    const properties = at(inner, "properties") ?? at(inner, "items", "properties");
    return at(properties, field);
  }, schema);
  const type = at(list, "x-kubernetes-list-type");
  if (type === "map") return strings(at(list, "x-kubernetes-list-map-keys"));
  return type === "set" ? [] : undefined;
}

function columns(version: JsonObject): PrinterColumn[] {
  return listOf(version["additionalPrinterColumns"])
    .filter(isObject)
    .map((column) => ({
      name: stringOf(column["name"]),
      type: stringOf(column["type"]),
      jsonPath: stringOf(column["jsonPath"]),
      priority: typeof column["priority"] === "number" ? column["priority"] : 0,
    }));
}

function strings(value: Json | undefined): string[] {
  return listOf(value).filter((item) => typeof item === "string");
}
