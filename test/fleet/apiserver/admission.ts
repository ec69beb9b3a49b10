// What a real cluster adds to objects of some kinds when they are written, before they are stored.
import { randomBytes } from "node:crypto";
import { invalid } from "./errors.ts";
import type { ApiObject, Json } from "./json.ts";
import { isObject, listOf, objectOf, stringOf } from "./json.ts";
import type { ResourceType } from "./resources.ts";
import { customType } from "./resources.ts";

export interface User {
  name: string;
  groups: string[];
}

/** Fills in what the server decides about a new object. Takes a copy that it may change. */
export function admitNew(type: ResourceType, object: ApiObject, user: User, now: string): ApiObject {
  const name =
    object.metadata.name || `${object.metadata.generateName ?? ""}${randomBytes(3).toString("hex").slice(0, 5)}`;
  const admitted = { ...object, metadata: { ...object.metadata, name } };
  switch (type.custom ? "" : type.plural) {
    case "namespaces":
      return {
        ...admitted,
        metadata: {
          ...admitted.metadata,
          labels: { ...admitted.metadata.labels, "kubernetes.io/metadata.name": name },
        },
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      };
    case "secrets":
      return withData(admitted);
    case "certificatesigningrequests":
      return { ...admitted, spec: { ...objectOf(admitted.spec), username: user.name, groups: user.groups } };
    case "customresourcedefinitions":
      return establish(admitted, now);
    default:
      return admitted;
  }
}

/** Checks and completes an object that replaces a former one. */
export function admitChange(type: ResourceType, former: ApiObject, next: ApiObject): ApiObject {
  if (type.custom) return next;
  if (type.plural === "secrets") return withData(next);
  const isBinding = type.plural === "rolebindings" || type.plural === "clusterrolebindings";
  if (isBinding && JSON.stringify(former["roleRef"]) !== JSON.stringify(next["roleRef"])) {
    throw invalid(type, next.metadata.name, "roleRef", "Invalid value: cannot change roleRef");
  }
  return next;
}

function withData(secret: ApiObject): ApiObject {
  const { stringData, ...rest } = secret;
  const texts = Object.entries(objectOf(stringData)).map(([key, value]): [string, Json] => [
    key,
    Buffer.from(stringOf(value)).toString("base64"),
  ]);
  const base = { type: "Opaque", ...rest };
  return texts.length === 0 ? base : { ...base, data: { ...objectOf(rest["data"]), ...Object.fromEntries(texts) } };
}

function establish(crd: ApiObject, now: string): ApiObject {
  const spec = objectOf(crd.spec);
  if (!customType(crd)) {
    throw invalid(
      { group: "apiextensions.k8s.io", kind: crd.kind },
      crd.metadata.name,
      "spec.versions",
      "Required value",
    );
  }
  const versions = listOf(spec["versions"]).filter(isObject);
  const stored = versions.filter((version) => version["storage"] === true).map((version) => version["name"] ?? null);
  const condition = (type: string, reason: string, message: string): Json => ({
    type,
    status: "True",
    reason,
    message,
    lastTransitionTime: now,
  });
  return {
    ...crd,
    status: {
      acceptedNames: spec["names"] ?? {},
      storedVersions: stored,
      conditions: [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ],
    },
  };
}
