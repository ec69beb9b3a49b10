// The objects that an installation of OpenKruise consists of, their names, and the little that is read of each. Pure:
// what has another shape than expected is as good as missing, nothing throws.
import { countOf, integerOf, mapOf, mapOrEmpty, mapsOf, textOf } from "../../shared/kruise/raw.ts";
import type { Raw } from "../../shared/kruise/raw.ts";
import type { Resource } from "../../shared/kube/types.ts";

/** Where charts and manifests put OpenKruise unless told otherwise. */
export const DEFAULT_NAMESPACE = "kruise-system";

/** One object as a read found it. */
export type Seen<T> = T | "Missing" | "NotReadable";

export interface Named {
  resource: Resource;
  name: string;
}

const ADMISSION = { group: "admissionregistration.k8s.io", version: "v1" };
const APPS = { group: "apps", version: "v1" };

export const VALIDATING: Named = {
  resource: { ...ADMISSION, plural: "validatingwebhookconfigurations" },
  name: "kruise-validating-webhook-configuration",
};
export const MUTATING: Named = {
  resource: { ...ADMISSION, plural: "mutatingwebhookconfigurations" },
  name: "kruise-mutating-webhook-configuration",
};
export const MANAGER: Named = { resource: { ...APPS, plural: "deployments" }, name: "kruise-controller-manager" };
export const LEASE: Named = {
  resource: { group: "coordination.k8s.io", version: "v1", plural: "leases" },
  name: "kruise-manager",
};
export const DAEMON: Named = { resource: { ...APPS, plural: "daemonsets" }, name: "kruise-daemon" };
export const ENDPOINTS: Named = {
  resource: { group: "", version: "v1", plural: "endpoints" },
  name: "kruise-webhook-service",
};

export interface ManagerDeployment {
  /** spec.replicas; 1 when absent, as the API server defaults it. */
  wanted: number;
  available: number;
  updated: number;
  observed: boolean;
  image: string | undefined;
  /** Arguments of container "manager"; undefined when there is no such container. */
  args: string[] | undefined;
}

export function readManager(raw: unknown): ManagerDeployment {
  const deployment = mapOrEmpty(raw);
  const spec = mapOrEmpty(deployment["spec"]);
  const status = mapOrEmpty(deployment["status"]);
  const containers = mapsOf(mapOrEmpty(mapOrEmpty(spec["template"])["spec"])["containers"]);
  const manager = containers.find(({ name }) => name === "manager");
  return {
    wanted: integerOf(spec["replicas"]) ?? 1,
    available: countOf(status["availableReplicas"]),
    updated: countOf(status["updatedReplicas"]),
    observed: countOf(status["observedGeneration"]) >= countOf(mapOrEmpty(deployment["metadata"])["generation"]),
    image: textOf((manager ?? containers[0])?.["image"]),
    args: manager && [...textsOf(manager["command"]), ...textsOf(manager["args"])],
  };
}

export function readLease(raw: unknown): { holder: string; renewTime: string | undefined } {
  const spec = mapOrEmpty(mapOrEmpty(raw)["spec"]);
  return { holder: textOf(spec["holderIdentity"]) ?? "", renewTime: textOf(spec["renewTime"]) };
}

/** Numbers of nodes. */
export interface DaemonNumbers {
  desired: number;
  available: number;
}

export function readDaemon(raw: unknown): DaemonNumbers {
  const status = mapOrEmpty(mapOrEmpty(raw)["status"]);
  return { desired: countOf(status["desiredNumberScheduled"]), available: countOf(status["numberAvailable"]) };
}

/** What a webhook configuration says. */
export interface WebhookConfiguration {
  /** Namespace of the Service that is called; undefined when all webhooks are called by URL. */
  namespace: string | undefined;
  /** The first webhook without a CA: OpenKruise's manager fills them in when it is ready. */
  withoutCa: string | undefined;
}

export function readWebhooks(raw: unknown): WebhookConfiguration {
  const webhooks = mapsOf(mapOrEmpty(raw)["webhooks"]);
  const services = webhooks.map((webhook) => mapOrEmpty(clientConfigOf(webhook)["service"]));
  const withoutCa = webhooks.find((webhook) => textOf(clientConfigOf(webhook)["caBundle"]) === undefined);
  return {
    namespace: services.map(({ namespace }) => textOf(namespace)).find((namespace) => namespace !== undefined),
    withoutCa: withoutCa && (textOf(withoutCa["name"]) ?? "one without a name"),
  };
}

/** Counts the addresses that are ready behind a Service. */
export function readAddresses(raw: unknown): number {
  const ready = mapsOf(mapOrEmpty(raw)["subsets"]).map(({ addresses }) => mapsOf(addresses).length);
  return ready.reduce((sum, count) => sum + count, 0);
}

function clientConfigOf(webhook: Raw): Raw {
  return mapOf(webhook["clientConfig"]) ?? {};
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
