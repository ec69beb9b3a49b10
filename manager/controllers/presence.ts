// Tells the fleet which clusters have the add-on: reports of others are not taken, and what is known of a cluster goes
// with its ManagedClusterAddOn.
import type { Fleet } from "../fleet/fleet.ts";
import type { ManagedClusterAddOn } from "../ocm/types.ts";

export interface PresenceDeps {
  fleet: Pick<Fleet, "expect" | "forget">;
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
}

/** Brings the fleet's expectation of one cluster in step with its ManagedClusterAddOn. */
export function applyPresence({ fleet, findAddon }: PresenceDeps, cluster: string): void {
  if (findAddon(cluster)) fleet.expect(cluster);
  else fleet.forget(cluster);
}
