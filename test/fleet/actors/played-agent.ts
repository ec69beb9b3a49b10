// Stands in for the add-on's agent on a managed cluster where none runs: once its Deployment and its Secret are there, its
// Lease is renewed, once. That is all that OCM looks at.
import type { Log } from "../../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../../shared/wire/group.ts";
import type { Registry } from "../apiserver/registry.ts";
import { Loop } from "./loop.ts";

const SECRET = `${ADDON_NAME}-hub-kubeconfig`;

/** Starts it. Returns the way to stop it. */
export function startPlayedAgent(registry: Registry, log: Log): () => void {
  const loop = new Loop(log, (namespace) => {
    const hasSecret = registry.storage.get("secrets", namespace, SECRET) !== undefined;
    if (hasSecret && registry.storage.list("deployments.apps", namespace).length > 0) renew(registry, namespace);
  });
  for (const resource of ["secrets", "deployments.apps"]) {
    loop.watch(registry, resource, ({ metadata }) => metadata.namespace);
  }
  return () => loop.stop();
}

function renew(registry: Registry, namespace: string): void {
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: ADDON_NAME, namespace },
    spec: { holderIdentity: ADDON_NAME, leaseDurationSeconds: 60, renewTime: new Date().toISOString() },
  };
  registry.apply(registry.typeOf(lease), lease.metadata, lease, { manager: ADDON_NAME, force: true });
}
