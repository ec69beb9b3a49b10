// Whether a managed cluster is there: the klusterlet renews a Lease in the cluster namespace, the hub judges it.
import type { Log } from "../../../shared/runtime/log.ts";
import type { ApiObject } from "../apiserver/json.ts";
import { at, stringOf } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";
import { conditionOf, writeStatus } from "./conditions.ts";
import { CLUSTERS } from "./hub.ts";
import { Loop } from "./loop.ts";
import type { KlusterletDeps } from "./registration.ts";
import { whenConnected } from "./registration.ts";

const LEASE = "managed-cluster-lease";
/** A cluster is unknown when so many times its lease duration went by without a renewal. */
const MISSED_RENEWALS = 5;
const JUDGE_MS = 500;

/** Starts the klusterlet's side. Returns the way to stop it. */
export function startClusterLease(deps: KlusterletDeps & { leaseSeconds: number }): () => void {
  const renewed = (): void => whenConnected(deps, () => renew(deps.hub.registry, deps.cluster, deps.leaseSeconds));
  const loop = new Loop(deps.log, renewed).every(deps.leaseSeconds * 1000, "lease");
  loop.add("lease");
  return () => loop.stop();
}

/** Starts the hub's side. Returns the way to stop it. */
export function startAvailability(registry: Registry, log: Log): () => void {
  const loop = new Loop(log, () => {
    for (const cluster of registry.storage.list(CLUSTERS)) judge(registry, cluster);
  });
  loop.every(JUDGE_MS, "clusters");
  return () => loop.stop();
}

function renew(registry: Registry, cluster: string, leaseDurationSeconds: number): void {
  const renewTime = `${new Date().toISOString().slice(0, 23)}000Z`;
  const lease: ApiObject = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: LEASE, namespace: cluster },
    spec: { holderIdentity: LEASE, leaseDurationSeconds, renewTime },
  };
  const options = { manager: "registration", force: true };
  registry.apply(registry.typeOf(lease), { namespace: cluster, name: LEASE }, lease, options);
}

function judge(registry: Registry, cluster: ApiObject): void {
  const lease = registry.storage.get("leases.coordination.k8s.io", cluster.metadata.name, LEASE);
  if (!lease) return;
  const ageMs = Date.now() - Date.parse(stringOf(at(lease.spec, "renewTime")));
  const isThere = ageMs <= MISSED_RENEWALS * Number(at(lease.spec, "leaseDurationSeconds")) * 1000;
  const type = "ManagedClusterConditionAvailable";
  const status = isThere ? ("True" as const) : ("Unknown" as const);
  if (conditionOf(cluster, type)?.["status"] === status) return;
  const reason = isThere ? "ManagedClusterAvailable" : "ManagedClusterLeaseUpdateStopped";
  const message = isThere ? "Managed cluster is available" : "Registration agent stopped updating its lease.";
  writeStatus(registry, cluster, "registration-controller", { conditions: [{ type, status, reason, message }] });
}
