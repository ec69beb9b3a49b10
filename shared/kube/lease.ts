// Leases of coordination.k8s.io: a sign of life that others read. The election builds on the same object (election.ts).
import type { Clock } from "../runtime/clock.ts";
import { mergePatch } from "./apply.ts";
import { isAlreadyExists, isNotFound } from "./errors.ts";
import { collectionPath, objectPath } from "./paths.ts";
import type { Kube, KubeObject, OwnerReference, Resource } from "./types.ts";

export const LEASES: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface LeaseOptions {
  namespace: string;
  name: string;
  holder: string;
  durationSeconds: number;
  /**
   * With this object the Lease goes. Named when the Lease is made, never after: a cluster may refuse to let somebody who
   * may not delete an object change its owners (the admission plugin OwnerReferencesPermissionEnforcement).
   */
  owner?: OwnerReference | undefined;
  clock: Clock;
  signal?: AbortSignal;
}

/** Renews a Lease, or creates it. Needs the verbs patch and create. */
export async function renewLease(kube: Kube, options: LeaseOptions): Promise<void> {
  const { namespace, name, holder, durationSeconds, owner, clock, signal } = options;
  const spec = { holderIdentity: holder, leaseDurationSeconds: durationSeconds, renewTime: microTime(clock.wallMs()) };
  const renew = () => mergePatch<Lease>(kube, LEASES, { namespace, name, ...(signal && { signal }) }, { spec });
  try {
    await renew();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await createLease(
      kube,
      {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { namespace, name, ...(owner && { ownerReferences: [owner] }) },
        spec,
      },
      signal,
    )
      // Another copy of us was quicker: then the Lease is there to renew.
      .catch((cause: unknown) => (isAlreadyExists(cause) ? renew() : Promise.reject(cause as Error)));
  }
}

/** Reads a Lease; undefined when there is none. */
export async function readLease(
  kube: Kube,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<Lease | undefined> {
  try {
    return await kube.request<Lease>({ method: "GET", path: objectPath(LEASES, { namespace, name }), signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Creates a Lease; isAlreadyExists when somebody else did. */
export async function createLease(kube: Kube, lease: Lease, signal?: AbortSignal): Promise<Lease> {
  const path = collectionPath(LEASES, lease.metadata.namespace);
  return kube.request<Lease>({ method: "POST", path, body: lease, ...(signal && { signal }) });
}

/** Writes a date as metav1.MicroTime: six decimals, UTC. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace("Z", "000Z");
}
