// Names of the feedback API that agent and manager must agree on.

export const GROUP = "kruise-health.open-cluster-management.io";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;
/** The add-on's name: of the ClusterManagementAddOn, of every ManagedClusterAddOn, of the agent's Lease. */
export const ADDON_NAME = "kruise-health";

/** Where an agent posts the reports of one managed cluster. */
export function reportPath(cluster: string): string {
  return `/apis/${API_VERSION}/namespaces/${cluster}/kruisehealthreports`;
}
