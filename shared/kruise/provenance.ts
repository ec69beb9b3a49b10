// Finds who put an object on its cluster, from what the delivering tools leave on its metadata.
// Only the names found here leave the cluster, never the labels and annotations that they were found in.
import { keepText } from "./kept-text.ts";
import { mapOrEmpty, mapsOf, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

/** The tools in the order in which they are looked for: the first that is found is the nearest to the hub. */
export const SOURCE_TYPES = ["ManifestWork", "Karmada", "ArgoCD", "Helm", "Flux"] as const;

/** One tool that delivers the object. */
export interface Source {
  t: (typeof SOURCE_TYPES)[number];
  /** ManifestWork, Work, Application, release, or Kustomization or HelmRelease; "" when it is not known. */
  n: string;
  /** Namespace of what is named, where the object tells. */
  q?: string;
}

/** Who the object says that it is. */
interface Self {
  group: string;
  kind: string;
  namespace: string;
  name: string;
}

/** Sources that a record holds: the first and four others. */
const SOURCES_MAX = 5;
const NAME_BYTES = 253;
/** Name of an AppliedManifestWork: SHA-256 of the hub's host, "-", name of the ManifestWork. */
const APPLIED_WORK = /^[0-9a-f]{64}-/;
const ARGO_FIELD_MANAGER = /^argocd-(?:application-)?controller$/;

/** Finds every source of an object, in the order of SOURCE_TYPES. */
export function readSources(metadata: Raw, self: Self): Source[] {
  const labels = mapOrEmpty(metadata["labels"]);
  const annotations = mapOrEmpty(metadata["annotations"]);
  const found = [
    ...manifestWorks(metadata, annotations),
    ...karmada(labels, annotations),
    ...argoCd({ metadata, labels, annotations }, self),
    ...helm(labels, annotations),
    ...flux(labels),
  ];
  return found.slice(0, SOURCES_MAX);
}

function source(t: Source["t"], name: unknown, qualifier: unknown): Source {
  const q = textOf(qualifier);
  return {
    t,
    n: keepText(textOf(name) ?? "", NAME_BYTES),
    ...(q !== undefined && { q: keepText(q, NAME_BYTES) }),
  };
}

function manifestWorks(metadata: Raw, annotations: Raw): Source[] {
  const owners = mapsOf(metadata["ownerReferences"]).filter(isAppliedWork);
  if (owners.length > 0) return owners.map((owner) => source("ManifestWork", workName(owner), undefined));
  // Delivered with deleteOption Orphan: there is no owner, and no work is named.
  const hash = textOf(annotations["open-cluster-management.io/config-spec-hash"]);
  const applied = hash !== undefined || isManagedBy(metadata, (manager) => manager === "work-agent");
  return applied ? [source("ManifestWork", "", undefined)] : [];
}

function isAppliedWork({ apiVersion, kind }: Raw): boolean {
  const group = textOf(apiVersion)?.startsWith("work.open-cluster-management.io/") === true;
  return group && kind === "AppliedManifestWork";
}

function workName(owner: Raw): string {
  const name = textOf(owner["name"]) ?? "";
  return APPLIED_WORK.test(name) ? name.slice(65) : "";
}

function isManagedBy(metadata: Raw, test: (manager: string) => boolean): boolean {
  return mapsOf(metadata["managedFields"]).some(({ manager }) => typeof manager === "string" && test(manager));
}

function karmada(labels: Raw, annotations: Raw): Source[] {
  const name = annotations["work.karmada.io/name"];
  const managed = labels["karmada.io/managed"] === "true" || textOf(labels["work.karmada.io/permanent-id"]);
  if (!managed && textOf(name) === undefined) return [];
  return [source("Karmada", name, annotations["work.karmada.io/namespace"])];
}

/** A tracking id names its object, because copies of an object inherit it. */
function argoCd(parts: { metadata: Raw; labels: Raw; annotations: Raw }, self: Self): Source[] {
  const { metadata, labels, annotations } = parts;
  const tracking = textOf(annotations["argocd.argoproj.io/tracking-id"]);
  if (tracking !== undefined) {
    const [app = "", object = "", path = ""] = tracking.split(":", 3);
    return app !== "" && isSelf(object, path, self) ? [argoApp(app)] : [];
  }
  // Argo CD up to 2 tracks by a label that Helm charts carry as well: believed when Argo CD's hand shows besides.
  const app = textOf(labels["app.kubernetes.io/instance"]);
  const installed = textOf(annotations["argocd.argoproj.io/installation-id"]) !== undefined;
  const applied = app !== undefined && (installed || isManagedBy(metadata, (name) => ARGO_FIELD_MANAGER.test(name)));
  return applied ? [argoApp(app)] : [];
}

/** Reads "group/Kind" and "namespace/name"; for cluster scope Argo CD writes the namespace of the Application's target. */
function isSelf(object: string, path: string, { group, kind, namespace, name }: Self): boolean {
  const slash = path.indexOf("/");
  const ownNamespace = namespace === "" || path.slice(0, slash) === namespace;
  return object === `${group}/${kind}` && slash >= 0 && ownNamespace && path.slice(slash + 1) === name;
}

/** An Application outside of Argo CD's own namespace is written "namespace_name". */
function argoApp(app: string): Source {
  const end = app.indexOf("_");
  return source("ArgoCD", app.slice(end + 1), end > 0 ? app.slice(0, end) : undefined);
}

function helm(labels: Raw, annotations: Raw): Source[] {
  const release = annotations["meta.helm.sh/release-name"];
  if (labels["app.kubernetes.io/managed-by"] !== "Helm" || textOf(release) === undefined) return [];
  return [source("Helm", release, annotations["meta.helm.sh/release-namespace"])];
}

function flux(labels: Raw): Source[] {
  return ["kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"]
    .filter((prefix) => textOf(labels[`${prefix}/name`]) !== undefined)
    .map((prefix) => source("Flux", labels[`${prefix}/name`], labels[`${prefix}/namespace`]));
}
