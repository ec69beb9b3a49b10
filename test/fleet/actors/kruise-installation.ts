// Plays the installation of Kruise 1.8 on one managed cluster: the manager's Deployment and Lease, its webhooks with the
// Service's Endpoints, and the daemon. Nothing of it runs; it is there to be read.
import type { ApiObject, Json, JsonObject } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";
import { writeStatus } from "./conditions.ts";

const NAMESPACE = "kruise-system";
const SERVICE = "kruise-webhook-service";
const IMAGE = "openkruise/kruise-manager:v1.8.3";
const ADMISSION = "admissionregistration.k8s.io/v1";
const NODES = 3;

/** Creates the objects that Kruise's chart and its manager create. */
export function installKruise(registry: Registry): void {
  const meta = { manager: "install" };
  registry.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } }, meta);
  const manager = registry.create(workload("Deployment", "kruise-controller-manager", { replicas: 2 }), meta);
  const pods = { observedGeneration: 1, replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 };
  writeStatus(registry, manager, "deployment-controller", { fields: pods });
  const daemon = registry.create(workload("DaemonSet", "kruise-daemon"), meta);
  const nodes = { observedGeneration: 1, desiredNumberScheduled: NODES, currentNumberScheduled: NODES };
  const ready = { numberReady: NODES, numberAvailable: NODES, numberMisscheduled: 0, updatedNumberScheduled: NODES };
  writeStatus(registry, daemon, "daemon-set-controller", { fields: { ...nodes, ...ready } });
  registry.create(webhooks("Validating", "vpod.kb.io"), meta);
  registry.create(webhooks("Mutating", "mpod.kb.io"), meta);
  registry.create(endpoints(), meta);
}

/** Renews the Lease of Kruise's manager. */
export function renewLease(registry: Registry): void {
  const renewTime = `${new Date().toISOString().slice(0, 23)}000Z`;
  const lease: ApiObject = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "kruise-manager", namespace: NAMESPACE },
    spec: { holderIdentity: "kruise-controller-manager-0", leaseDurationSeconds: 15, renewTime },
  };
  const key = { namespace: NAMESPACE, name: lease.metadata.name };
  registry.apply(registry.typeOf(lease), key, lease, { manager: "kruise-manager", force: true });
}

function workload(kind: "Deployment" | "DaemonSet", name: string, spec: JsonObject = {}): ApiObject {
  const [role, container] = kind === "Deployment" ? ["controller-manager", "manager"] : ["daemon", "daemon"];
  const labels = { "control-plane": role };
  const containers: Json = [{ name: container, image: IMAGE, args: ["--feature-gates=ImagePullJobGate=true"] }];
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: NAMESPACE, labels },
    spec: { ...spec, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

function webhooks(type: "Validating" | "Mutating", name: string): ApiObject {
  const service = { name: SERVICE, namespace: NAMESPACE, path: `/${type.toLowerCase()}-pod` };
  const clientConfig = { service, caBundle: "Q0E=" };
  return {
    apiVersion: ADMISSION,
    kind: `${type}WebhookConfiguration`,
    metadata: { name: `kruise-${type.toLowerCase()}-webhook-configuration` },
    // Of no resource: this cluster has nobody who would answer.
    webhooks: [{ name, clientConfig, rules: [], failurePolicy: "Fail", sideEffects: "None" }],
  };
}

function endpoints(): ApiObject {
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: SERVICE, namespace: NAMESPACE },
    subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 9876, protocol: "TCP" }] }],
  };
}
