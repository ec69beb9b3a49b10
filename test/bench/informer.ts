// The baseline of the memory bench: client-node's own informer over the CloneSets of one namespace.
// Arguments: kubeconfig, namespace. Prints "synced N" when it holds them all.
import { CustomObjectsApi, KubeConfig, makeInformer } from "@kubernetes/client-node";
import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";

const [, , kubeconfig = "", namespace = ""] = process.argv;
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const api = config.makeApiClient(CustomObjectsApi);
const target = { group: "apps.kruise.io", version: "v1alpha1", namespace, plural: "clonesets" };
const list = async (): Promise<KubernetesListObject<KubernetesObject>> =>
  (await api.listNamespacedCustomObject(target)) as KubernetesListObject<KubernetesObject>;
const informer = makeInformer(
  config,
  `/apis/${target.group}/${target.version}/namespaces/${namespace}/${target.plural}`,
  list,
);
await informer.start();
console.log(`synced ${informer.list().length}`);
