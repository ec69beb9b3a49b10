// The objects that the contract cases work on: namespaces of their own, ConfigMaps, and a small custom resource.
import { randomBytes } from "node:crypto";
import { isAlreadyExists, isNotFound } from "../../shared/kube/errors.ts";
import { collectionPath, objectPath } from "../../shared/kube/paths.ts";
import { withRetry } from "../../shared/kube/retry.ts";
import { sleep } from "../../shared/runtime/sleep.ts";
import type { Condition, Kube, KubeObject, Resource } from "../../shared/kube/types.ts";

export const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps" };
const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces" };
export const GADGETS: Resource = { group: "contract.kruise-health.test", version: "v1", plural: "gadgets" };
export const LEASES: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases" };
const CRDS: Resource = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** A custom resource like a ManagedClusterAddOn: a spec, and conditions that several managers share. */
export interface Gadget extends KubeObject {
  spec?: { size?: number; note?: string };
  status?: { phase?: string; conditions?: Condition[] };
}

export function configMap(namespace: string, name: string, more: Partial<ConfigMap["metadata"]> = {}): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name, ...more }, data: { a: "1" } };
}

export function lease(namespace: string, name: string): KubeObject {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name } };
}

export function gadget(namespace: string, name: string): Gadget {
  return {
    apiVersion: "contract.kruise-health.test/v1",
    kind: "Gadget",
    metadata: { namespace, name },
    spec: { size: 1 },
  };
}

/** Creates a namespace that no other case uses. */
export async function makeNamespace(kube: Kube): Promise<string> {
  const name = `contract-${randomBytes(5).toString("hex")}`;
  await create(kube, NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

export async function create<T extends KubeObject>(kube: Kube, resource: Resource, object: T): Promise<T> {
  return kube.request<T>({ method: "POST", path: collectionPath(resource, object.metadata.namespace), body: object });
}

export async function get<T extends KubeObject>(kube: Kube, resource: Resource, object: KubeObject): Promise<T> {
  return kube.request<T>({ method: "GET", path: pathOf(resource, object) });
}

export async function replace<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  object: T,
  subresource?: string,
): Promise<T> {
  return kube.request<T>({ method: "PUT", path: pathOf(resource, object, subresource), body: object });
}

export async function remove(kube: Kube, resource: Resource, object: KubeObject): Promise<void> {
  await kube.request({ method: "DELETE", path: pathOf(resource, object) });
}

function pathOf(resource: Resource, { metadata: { namespace, name } }: KubeObject, subresource?: string): string {
  return objectPath(resource, {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(subresource !== undefined && { subresource }),
  });
}

/** Runs `run` and returns what it throws; fails when it does not. */
export async function errorOf(run: Promise<unknown>): Promise<unknown> {
  const outcome = await run.then(
    () => ({ failed: false as const }),
    (error: unknown) => ({ failed: true as const, error }),
  );
  if (!outcome.failed) throw new Error("Expected a failure, but the request succeeded");
  return outcome.error;
}

/** Reads the first `count` items of a stream, then ends it. */
export async function take<T>(count: number, source: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of source) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

/** Installs the CustomResourceDefinition of gadgets and waits until the server serves it. */
export async function installGadgets(kube: Kube): Promise<void> {
  await create(kube, CRDS, gadgetDefinition()).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const signal = AbortSignal.timeout(15_000);
  // A definition takes a moment until it is served (404), then its storage until it is ready (429).
  while (!(await withRetry(() => isServed(kube), { deadlineMs: 15_000, signal }))) await sleep(50, signal);
}

async function isServed(kube: Kube): Promise<boolean> {
  try {
    await kube.request({ method: "GET", path: collectionPath(GADGETS) });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function gadgetDefinition(): KubeObject & { spec: unknown } {
  const text = { type: "string" };
  const condition = {
    type: "object",
    required: ["type", "status", "reason", "message", "lastTransitionTime"],
    properties: { type: text, status: text, reason: text, message: text, lastTransitionTime: text },
  };
  const conditions = {
    type: "array",
    items: condition,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
  };
  const properties = {
    spec: { type: "object", properties: { size: { type: "integer" }, note: text } },
    status: { type: "object", properties: { phase: text, conditions } },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gadgets.contract.kruise-health.test" },
    spec: {
      group: GADGETS.group,
      scope: "Namespaced",
      names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", properties } },
        },
      ],
    },
  };
}
