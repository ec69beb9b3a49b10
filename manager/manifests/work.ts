// Wraps the agent's objects in the ManifestWork that carries them to their managed cluster. Pure.
import type { KubeObject } from "../../shared/kube/types.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import type { OwnedWorkSpec } from "../ocm/decode.ts";
import { ADDON_NAME_LABEL, CONFIG_HASH_ANNOTATION, WORK_API_VERSION, ownedBy } from "../ocm/types.ts";
import type { ConfigReference, ManagedClusterAddOn } from "../ocm/types.ts";

/** Name that OCM's add-on contract gives to the first work of an add-on; the agent needs no second one. */
export const WORK_NAME = `addon-${ADDON_NAME}-deploy-0`;

/** The parts of a ManifestWork that are applied. */
export interface WantedWork extends KubeObject {
  spec: OwnedWorkSpec;
}

/** Renders the work of one cluster. */
export function renderWork(
  addon: ManagedClusterAddOn,
  manifests: object[],
  { namespace, references }: { namespace: string; references: readonly ConfigReference[] },
): WantedWork {
  const hashes = renderConfigHashes(references);
  return {
    apiVersion: WORK_API_VERSION,
    kind: "ManifestWork",
    metadata: {
      name: WORK_NAME,
      namespace: addon.metadata.namespace,
      labels: { [ADDON_NAME_LABEL]: ADDON_NAME },
      ...(hashes === undefined ? {} : { annotations: { [CONFIG_HASH_ANNOTATION]: hashes } }),
      ownerReferences: [{ ...ownedBy(addon), controller: true }],
    },
    spec: {
      workload: { manifests },
      deleteOption: {
        propagationPolicy: "SelectivelyOrphan",
        selectivelyOrphans: { orphaningRules: [{ group: "", resource: "namespaces", name: namespace, namespace: "" }] },
      },
    },
  };
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
