// Decides which AddOnDeploymentConfig a cluster's agent is to be rendered from, and whether it may be rendered now.
// The references in the ManagedClusterAddOn's status are the only source: reading anything else would overtake a rollout.
import { conditionOf } from "./addon-status.ts";
import { isSupported } from "./configs.ts";
import type { FindConfig } from "./configs.ts";
import type { AddOnDeploymentConfig, ConfigReference, ManagedClusterAddOn } from "../ocm/types.ts";

export type DesiredConfigState =
  | { state: "settled"; config: AddOnDeploymentConfig | undefined; references: ConfigReference[] }
  | { state: "waiting"; message: string };

/** Says what to render from; `waiting` until OCM has resolved the configs and each hash is that of the live object. */
export function planDesiredConfig(addon: ManagedClusterAddOn, findConfig: FindConfig): DesiredConfigState {
  if (conditionOf(addon, "Configured")?.status !== "True") return waiting("OCM has not resolved the configs yet");
  const references = addon.status.configReferences ?? [];
  const live: AddOnDeploymentConfig[] = [];
  for (const reference of references) {
    const found = checkReference(reference, findConfig);
    if (typeof found === "string") return waiting(found);
    if (found) live.push(found);
  }
  return { state: "settled", config: live[0], references };
}

/** The live config that a reference asks for, undefined when its type means nothing to us, or why it cannot be used yet. */
function checkReference(
  reference: ConfigReference,
  findConfig: FindConfig,
): AddOnDeploymentConfig | string | undefined {
  const { desiredConfig: desired, noDefault } = reference;
  if (noDefault) return undefined;
  const named = `${reference.resource}.${reference.group} ${desired?.namespace ?? ""}/${desired?.name ?? ""}`;
  if (!desired || desired.specHash === "")
    return `${named} has no hash yet: it does not exist, or OCM has not copied it`;
  if (!isSupported(reference)) return undefined;
  const live = findConfig(desired.namespace ?? "", desired.name);
  if (!live) return `${named} does not exist`;
  if (live.specHash !== desired.specHash)
    return `${named} has changed and the change is not released to this cluster yet`;
  return live;
}

function waiting(message: string): DesiredConfigState {
  return { state: "waiting", message };
}
