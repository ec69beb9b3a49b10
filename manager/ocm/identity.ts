// Who the agent of one managed cluster is on the hub. Stable for ever: a changed name makes the klusterlet throw the
// agent's credentials away and ask for new ones.
import { ADDON_NAME } from "../../shared/wire/group.ts";

/** User of the agent with the csr driver. */
export function agentUser(cluster: string): string {
  return `${clusterGroup(cluster)}:agent:${ADDON_NAME}`;
}

/** Group of this cluster's agent alone. */
export function clusterGroup(cluster: string): string {
  return `system:open-cluster-management:cluster:${cluster}:addon:${ADDON_NAME}`;
}

/** Group of the agents of all clusters: never the subject of a binding in a cluster namespace. */
const ADDON_WIDE_GROUP = `system:open-cluster-management:addon:${ADDON_NAME}`;

/** Both groups, in the order in which they are registered. */
export function agentGroups(cluster: string): string[] {
  return [clusterGroup(cluster), ADDON_WIDE_GROUP];
}
