// The floor that the add-on is measured against: a bare script that watches CloneSets of one namespace on a managed
// cluster and patches one condition of the ManagedClusterAddOn on the hub. It assesses nothing and keeps nothing:
// the message is the name of the CloneSet and how many of its pods are available.
// Arguments: kubeconfig of the cluster, kubeconfig of the hub, namespace, path of the add-on.
import { pino } from "pino";
import { buildKube } from "../../shared/kube/connection.ts";
import { kubeconfigSource } from "../../shared/kube/credentials.ts";
import { watch } from "../../shared/kube/watch.ts";

const [, , managedFile = "", hubFile = "", namespace = "", addonPath = ""] = process.argv;
const log = pino({ level: "silent" });
const managed = await buildKube({ source: kubeconfigSource(managedFile), log, userAgent: "bench-floor" });
const hub = await buildKube({ source: kubeconfigSource(hubFile), log, userAgent: "bench-floor" });
const resource = { group: "apps.kruise.io", version: "v1alpha1", plural: "clonesets" };
const decode = (raw: unknown): string => {
  const { metadata, status } = raw as { metadata: { name: string }; status?: { availableReplicas?: number } };
  return `${metadata.name} ${status?.availableReplicas ?? 0}`;
};

for await (const event of watch(managed, { resource, namespace, decode, signal: new AbortController().signal })) {
  if (event.type !== "Apply") continue;
  await hub.request({
    method: "PATCH",
    path: `${addonPath}/status`,
    query: { fieldManager: "bench-floor", force: true },
    contentType: "application/apply-patch+yaml",
    body: {
      apiVersion: "addon.open-cluster-management.io/v1alpha1",
      kind: "ManagedClusterAddOn",
      metadata: { name: "kruise-health" },
      status: {
        conditions: [
          {
            type: "BenchFloor",
            status: "True",
            reason: "Seen",
            message: event.object,
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
      },
    },
  });
}
