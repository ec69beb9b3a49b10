// The example of docs/using/feedback-api-clients.md: run here, so that it stays true.
import { CustomObjectsApi, KubeConfig, makeInformer } from "@kubernetes/client-node";
import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";

const workloads = { group: "kruise-health.open-cluster-management.io", version: "v1alpha1", plural: "kruiseworkloads" };
const RETRY_MS = 1000;

interface Workload extends KubernetesObject {
  status: { health: string; reason: string; message: string };
}

/** Tells of every workload of the fleet and of every change, until what it returns is called. */
export async function watchWorkloads(
  kubeconfig: string,
  tell: (event: "add" | "update" | "delete", workload: Workload) => void,
): Promise<() => Promise<void>> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CustomObjectsApi);
  const list = async () => (await api.listClusterCustomObject(workloads)) as KubernetesListObject<Workload>;
  const path = `/apis/${workloads.group}/${workloads.version}/${workloads.plural}`;
  const informer = makeInformer(config, path, list);
  for (const event of ["add", "update", "delete"] as const) informer.on(event, (workload) => tell(event, workload));
  // It stops at the first failure, at its own end too: who wants it to go on has to start it again.
  let wanted = true;
  informer.on("error", () => {
    setTimeout(() => void (wanted && informer.start()), RETRY_MS);
  });
  await informer.start();
  return async () => {
    wanted = false;
    await informer.stop();
  };
}
