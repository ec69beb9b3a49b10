// Writes the manager's part of a ManagedClusterAddOn's status. Four parties write this object, and a blind patch of its
// lists would undo their work: so every write carries the resourceVersion it was planned from, holds only what
// differs, and is not made at all when nothing does. A conflict is an ordinary event: the loop plans again.
import { isDeepStrictEqual } from "node:util";
import { mergePatch } from "../../shared/kube/apply.ts";
import { withCondition } from "../../shared/kube/conditions.ts";
import type { NextCondition } from "../../shared/kube/conditions.ts";
import type { Condition, Kube } from "../../shared/kube/types.ts";
import { apiOf } from "../ocm/addon-api.ts";
import type { ManagedClusterAddOn, ManagedClusterAddOnStatus } from "../ocm/types.ts";

/** The fields of `wanted` that differ from what the object has; undefined when none does. */
export function planStatus(
  current: ManagedClusterAddOnStatus,
  wanted: ManagedClusterAddOnStatus,
): ManagedClusterAddOnStatus | undefined {
  const changed = Object.entries(wanted).filter(
    ([key, value]) => !isDeepStrictEqual(value, current[key as keyof ManagedClusterAddOnStatus]),
  );
  return changed.length === 0 ? undefined : (Object.fromEntries(changed) as ManagedClusterAddOnStatus);
}

/** The object's conditions with these set; each keeps its time unless its status changes. */
export function withConditions(addon: ManagedClusterAddOn, next: NextCondition[], now: string): Condition[] {
  return next.reduce(
    (conditions, condition) => withCondition(conditions, condition, now),
    addon.status.conditions ?? [],
  );
}

/** Finds one condition of a ManagedClusterAddOn. */
export function conditionOf(addon: ManagedClusterAddOn, type: string): Condition | undefined {
  return addon.status.conditions?.find((condition) => condition.type === type);
}

/** Applies what planStatus() found. */
export async function patchStatus(
  kube: Kube,
  addon: ManagedClusterAddOn,
  status: ManagedClusterAddOnStatus,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid, resourceVersion } = addon.metadata;
  const api = apiOf(addon);
  await mergePatch(
    kube,
    api.addons,
    { namespace, name, subresource: "status", signal },
    { metadata: { uid, resourceVersion }, status: api.encodeAddonStatus(status, addon) },
  );
}
