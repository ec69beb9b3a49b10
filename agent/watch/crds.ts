// What a CustomResourceDefinition says about a Kruise kind: present, established, and the version to read. Pure.
import { z } from "zod";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import type { Resource } from "../../shared/kube/types.ts";

export const CRDS: Resource = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };

/** The few fields that are read; the schemas, most of a CRD, are dropped. */
export const Crd = z.object({
  spec: z.object({
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
  | { state: "Served"; version: string };

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
  const version = kind.kind === "StatefulSet" ? preferred : (stored?.name ?? preferred);
  if (version !== undefined) return { state: "Served", version };
  const names = served.map(({ name }) => name).join(", ") || "none";
  return { state: "Unreadable", message: `served versions: ${names}; readable are ${kind.versions.join(", ")}` };
}

function isEstablished(crd: Crd): boolean {
  const conditions = crd.status?.conditions ?? [];
  const status = (type: string): string | undefined => conditions.find((condition) => condition.type === type)?.status;
  return status("Established") === "True" && status("NamesAccepted") !== "False";
}
