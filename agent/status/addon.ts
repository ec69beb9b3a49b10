// The agent's own ManagedClusterAddOn: which API version to speak, and what of the object is read.
import * as z from "zod";
import { ApiError } from "../../shared/kube/errors.ts";
import { sameCondition } from "../../shared/kube/conditions.ts";
import type { Condition, Resource } from "../../shared/kube/types.ts";
import { CONDITION_TYPES } from "../../shared/wire/cluster-conditions.ts";
import type { ClusterCondition } from "../../shared/wire/cluster-conditions.ts";

const GROUP = "addon.open-cluster-management.io";
/** Served by every supported hub; the first is served without a conversion webhook where it is stored. */
const VERSIONS = ["v1alpha1", "v1beta1"] as const;

/** Speaks one API version until the hub cannot serve it. */
export class AddonVersion {
  #index = 0;

  get resource(): Resource {
    return { group: GROUP, version: VERSIONS[this.#index] ?? VERSIONS[0], plural: "managedclusteraddons" };
  }

  get apiVersion(): string {
    return `${GROUP}/${this.resource.version}`;
  }

  /** Goes to the other version when this error says that the spoken one is not to be had. Answers whether it did. */
  moveOn(error: unknown): boolean {
    if (!isVersionTrouble(error)) return false;
    this.#index = (this.#index + 1) % VERSIONS.length;
    return true;
  }
}

// A version that is not served is 404 with the text of an unknown path (an object that is absent names itself);
// a conversion webhook that is down is 500 "conversion webhook for ... failed".
function isVersionTrouble(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.status === 404) return !error.message.includes(`managedclusteraddons.${GROUP} "`);
  return error.status === 500 && error.message.includes("conversion");
}

const Addon = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.enum(["True", "False", "Unknown"]),
            reason: z.string().default(""),
            message: z.string().default(""),
            lastTransitionTime: z.string().default(""),
          }),
        )
        .optional(),
    })
    .optional(),
});

/** The agent's conditions as the hub has them. */
export type Observed = Condition[];

/** Reads our conditions out of a ManagedClusterAddOn; an object of another shape has none. */
export function decodeAddon(raw: unknown): Observed {
  const parsed = Addon.safeParse(raw);
  const types: readonly string[] = CONDITION_TYPES;
  return (parsed.data?.status?.conditions ?? []).filter(({ type }) => types.includes(type));
}

/** Whether the hub says what the agent wants it to say. */
export function says(observed: Observed, wanted: readonly ClusterCondition[]): boolean {
  return wanted.every((want) =>
    sameCondition(
      observed.find(({ type }) => type === want.type),
      want,
    ),
  );
}

/** The conditions to apply: a transition time moves only when the status does. */
export function stamped(wanted: readonly ClusterCondition[], observed: Observed, now: string): Condition[] {
  return wanted.map((want) => {
    const is = observed.find(({ type }) => type === want.type);
    const kept = is?.status === want.status && is.lastTransitionTime !== "" ? is.lastTransitionTime : now;
    return { ...want, lastTransitionTime: kept };
  });
}
