// The agent's own ManagedClusterAddOn: which API version to speak, and what of the object is read.
import * as z from "zod";
import { isVersionUnavailable } from "../../shared/kube/errors.ts";
import { sameCondition } from "../../shared/kube/conditions.ts";
import type { Condition, Resource } from "../../shared/kube/types.ts";
import { CONDITION_TYPES } from "../../shared/wire/cluster-conditions.ts";
import type { ClusterCondition } from "../../shared/wire/cluster-conditions.ts";

const GROUP = "addon.open-cluster-management.io";
/** In the order in which they are tried: hubs store the first one, so that no conversion webhook is in the way. */
const VERSIONS = ["v1alpha1", "v1beta1"] as const;

/** Speaks one API version until the hub cannot serve it: found out by the requests that are made anyway. */
export class AddonVersion {
  #index = 0;
  /** How many versions have failed since one worked. */
  #failures = 0;

  get resource(): Resource {
    return { group: GROUP, version: VERSIONS[this.#index] ?? VERSIONS[0], plural: "managedclusteraddons" };
  }

  /**
   * Goes to the other version when this error says that `tried` is not to be had. Answers whether to try again at once:
   * not before a pause when all have failed.
   */
  moveOn(error: unknown, tried: Resource): boolean {
    if (!isVersionUnavailable(error)) return false;
    // The watch and the writes share the version: the other one may have gone on already.
    if (tried.version !== this.resource.version) return true;
    this.#index = (this.#index + 1) % VERSIONS.length;
    this.#failures += 1;
    return this.#failures % VERSIONS.length !== 0;
  }

  worked(tried: Resource): void {
    if (tried.version === this.resource.version) this.#failures = 0;
  }
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
