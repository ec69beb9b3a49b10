// What a CustomResourceDefinition says about a Kruise kind: present, established, and the version to read. Pure.
import * as z from "zod";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import type { Resource } from "../../shared/kube/types.ts";

export const CRDS: Resource = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };

/** The tool that made the CRD writes its own version here: it dates the release. */
const GENERATOR = "controller-gen.kubebuilder.io/version";

/** The few fields that are read; the schemas, most of a CRD, are dropped. */
export const Crd = z.object({
  metadata: z
    .object({ annotations: z.object({ [GENERATOR]: z.string().max(63).optional() }).optional() })
    .optional()
    .catch(undefined),
  spec: z.object({
    conversion: z.object({ strategy: z.string() }).optional().catch(undefined),
    versions: z.array(z.object({ name: z.string(), served: z.boolean(), storage: z.boolean() })),
  }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }).optional(),
});
export type Crd = z.infer<typeof Crd>;

/** How a cluster serves one Kruise kind. */
export type Served =
  | { state: "NotInstalled" }
  | { state: "NotEstablished" }
  | { state: "Unreadable"; message: string }
  | ServedVersion;

/** A kind that can be read. */
export interface ServedVersion {
  state: "Served";
  /** The version that is read. */
  version: string;
  /** It is the version that etcd holds. */
  stored: boolean;
  /** The other versions that are served. */
  others: readonly string[];
  /** Whatever is not stored in the version that is asked for goes through a webhook of OpenKruise. */
  converts: boolean;
  /** Version of the tool that made the CRD. */
  generator?: string;
}

/** One kind and how the cluster serves it. */
export interface ServedKind {
  kind: KruiseKind;
  served: Served;
}

/** Name of a kind's CRD. */
export function crdName(kind: KruiseKind): string {
  return `${kind.plural}.${kind.group}`;
}

/**
 * Chooses the version to read a kind through. The stored one needs no conversion webhook, so it reads even while Kruise
 * is down; but a view that loses fields is no choice while a fuller one is served.
 */
export function chooseVersion(kind: KruiseKind, crd: Crd): Served {
  if (!isEstablished(crd)) return { state: "NotEstablished" };
  const served = crd.spec.versions.filter((version) => version.served);
  const readable = served.filter((version) => kind.versions.includes(version.name));
  const stored = readable.find((version) => version.storage);
  const preferred = kind.versions.find((name) => readable.some((version) => version.name === name));
  const version = kind.fullestView ? preferred : (stored?.name ?? preferred);
  if (version !== undefined) return servedAs(version, crd);
  const names = served.map(({ name }) => name).join(", ") || "none";
  return { state: "Unreadable", message: `served versions: ${names}; readable are ${kind.versions.join(", ")}` };
}

function servedAs(version: string, { metadata, spec }: Crd): ServedVersion {
  const generator = metadata?.annotations?.[GENERATOR];
  return {
    state: "Served",
    version,
    stored: spec.versions.some(({ name, storage }) => storage && name === version),
    others: spec.versions.filter(({ name, served }) => served && name !== version).map(({ name }) => name),
    converts: spec.conversion?.strategy === "Webhook",
    ...(generator !== undefined && { generator }),
  };
}

function isEstablished(crd: Crd): boolean {
  const conditions = crd.status?.conditions ?? [];
  const status = (type: string): string | undefined => conditions.find((condition) => condition.type === type)?.status;
  return status("Established") === "True" && status("NamesAccepted") !== "False";
}
