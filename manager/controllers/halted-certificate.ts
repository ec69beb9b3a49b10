// Recognises that OCM has stopped asking for the agent's certificate, and says what helps. The klusterlet stops once ten
// signing requests of one add-on of its cluster are on the hub, as after many re-installations; they go by themselves
// after an hour, or a day when nobody approved them. The agent cannot see any of it.
import { ADDON_NAME } from "../../shared/wire/group.ts";
import type { ManagedClusterAddOn } from "../ocm/types.ts";
import { ADDON_NAME_LABEL, CLUSTER_NAME_LABEL } from "../ocm/types.ts";
import { conditionOf } from "./addon-status.ts";

/** What to do about a certificate that is not asked for any more; undefined when that is not so. */
export function haltedCertificateHint(addon: ManagedClusterAddOn): string | undefined {
  const rotated = conditionOf(addon, "ClusterCertificateRotated");
  if (rotated?.status !== "False" || !rotated.message.includes("too many csr")) return undefined;
  const selector = `${ADDON_NAME_LABEL}=${ADDON_NAME},${CLUSTER_NAME_LABEL}=${addon.metadata.namespace}`;
  return `the agent gets no certificate while so many of its signing requests are on the hub: kubectl delete csr -l ${selector}`;
}
