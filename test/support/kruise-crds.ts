// How a cluster with OpenKruise serves its kinds, for tests of the agent.
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KindName } from "../../shared/kruise/kinds.ts";
import type { Served, ServedKind, ServedVersion } from "../../agent/watch/crds.ts";

/** A kind that is stored and served in one version. */
export const SERVED: ServedVersion = {
  state: "Served",
  version: "v1alpha1",
  stored: true,
  others: [],
  converts: false,
};

/** The kinds of OpenKruise itself are served, those of its sister projects are not; unless `differing` says otherwise. */
export function kruiseCrds(differing: Partial<Record<KindName, Served>> = {}): ServedKind[] {
  return KRUISE_KINDS.map((kind) => {
    const isOwn = kind.group === "apps.kruise.io" || kind.group === "policy.kruise.io";
    return { kind, served: differing[kind.kind] ?? (isOwn ? SERVED : { state: "NotInstalled" }) };
  });
}

/** No kind is served, but those of `differing`. */
export function noCrds(differing: Partial<Record<KindName, Served>> = {}): ServedKind[] {
  return KRUISE_KINDS.map((kind) => ({ kind, served: differing[kind.kind] ?? { state: "NotInstalled" } }));
}
