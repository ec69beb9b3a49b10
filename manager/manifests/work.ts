// Wraps the agent's objects in the ManifestWorks that carry them to their managed cluster. Pure.
import type { KubeObject } from "../../shared/kube/types.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import type { OwnedWorkSpec } from "../ocm/decode.ts";
import {
  ADDON_NAME_LABEL,
  CONFIG_HASH_ANNOTATION,
  ORPHAN_ANNOTATION,
  WORK_API_VERSION,
  ownedBy,
} from "../ocm/types.ts";
import type { ConfigReference, ManagedClusterAddOn, ManifestWork } from "../ocm/types.ts";
import { MAX_WORKS } from "./split.ts";
import type { Placed } from "./split.ts";

/** Names that OCM's add-on contract gives to the works of an add-on. The agent fits the first but for a large CA bundle. */
export const WORK_NAMES = Array.from({ length: MAX_WORKS }, (_, index) => `addon-${ADDON_NAME}-deploy-${index}`);

/** The parts of a ManifestWork that are applied. */
export interface WantedWork extends KubeObject {
  spec: OwnedWorkSpec;
}

/** Which of the live works holds what. */
export function placedIn(works: readonly ManifestWork[]): Placed {
  return new Map(works.map(({ metadata, holds }) => [WORK_NAMES.indexOf(metadata.name), holds]));
}

/** Renders the works of one cluster from their manifests by index. */
export function renderWorks(
  addon: ManagedClusterAddOn,
  works: ReadonlyMap<number, KubeObject[]>,
  references: readonly ConfigReference[],
): WantedWork[] {
  const hashes = renderConfigHashes(references);
  return [...works].map(([index, manifests]) => ({
    apiVersion: WORK_API_VERSION,
    kind: "ManifestWork",
    metadata: {
      name: WORK_NAMES[index] ?? "",
      namespace: addon.metadata.namespace,
      labels: { [ADDON_NAME_LABEL]: ADDON_NAME },
      ...(hashes === undefined ? {} : { annotations: { [CONFIG_HASH_ANNOTATION]: hashes } }),
      ownerReferences: [{ ...ownedBy(addon), controller: true }],
    },
    spec: { workload: { manifests }, ...renderDeleteOption(manifests) },
  }));
}

/** Objects with OCM's annotation stay when the work goes. The rule's namespace is empty for what has none. */
function renderDeleteOption(manifests: readonly KubeObject[]): Pick<OwnedWorkSpec, "deleteOption"> {
  const orphans = manifests.filter(({ metadata }) => metadata.annotations?.[ORPHAN_ANNOTATION] !== undefined);
  if (orphans.length === 0) return {};
  const orphaningRules = orphans.map(({ apiVersion, kind, metadata: { name, namespace = "" } }) => ({
    group: apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "",
    // Holds for every kind that the agent consists of.
    resource: `${kind.toLowerCase()}s`,
    name,
    namespace,
  }));
  return { deleteOption: { propagationPolicy: "SelectivelyOrphan", selectivelyOrphans: { orphaningRules } } };
}

/** The annotation by which OCM sees which config contents the work was rendered from; undefined without configs. */
export function renderConfigHashes(references: readonly ConfigReference[]): string | undefined {
  const entries = references.flatMap(({ group, resource, desiredConfig }) => {
    if (!desiredConfig) return [];
    const type = group === "" ? resource : `${resource}.${group}`;
    return [[`${type}/${desiredConfig.namespace ?? ""}/${desiredConfig.name}`, desiredConfig.specHash] as const];
  });
  return entries.length === 0
    ? undefined
    : JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
