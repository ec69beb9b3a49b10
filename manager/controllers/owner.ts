// Who owns what the manager makes for itself on the hub: the ClusterRole of its chart. The garbage collector takes the
// APIService, the serving Secret and the leader's Lease with it. A ClusterRole, because a cluster-wide object needs a
// cluster-wide owner, and because an uninstall removes it after the manager's rights: nothing is made again.
import { objectPath } from "../../shared/kube/paths.ts";
import type { Kube, KubeObject, OwnerReference, Resource } from "../../shared/kube/types.ts";

const CLUSTER_ROLES: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles" };

/** Looks the owner up anew, since another object of the same name is another owner; undefined: nothing is to be owned. */
export type FindOwner = (signal: AbortSignal) => Promise<OwnerReference | undefined>;

/** Builds the look-up of a ClusterRole; without a name there is no owner. */
export function clusterRoleOwner(kube: Kube, name: string | undefined): FindOwner {
  return async (signal) => {
    if (name === undefined) return undefined;
    const path = objectPath(CLUSTER_ROLES, { name });
    const { metadata } = await kube.request<KubeObject>({ method: "GET", path, signal });
    if (metadata.uid === undefined) throw new Error(`ClusterRole "${name}" has no uid: wanted is a stored object`);
    return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name, uid: metadata.uid };
  };
}

/** Says whether the object has this owner, or needs none. */
export function isOwned(object: KubeObject | undefined, owner: OwnerReference | undefined): boolean {
  return !owner || object?.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) === true;
}
