// AddOnDeploymentConfigs as a hub user writes them, and what has become of them: references, hashes, works, Deployments.
import { isDeepStrictEqual } from "node:util";
import type { V1Deployment } from "@kubernetes/client-node";
import { isNotFound } from "../../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject } from "../../../shared/kube/types.ts";
import { met, unmet, until } from "../harness/polling.ts";
import { kubeletPlacement } from "../kubelet/node.ts";
import { ADDON, addonPath } from "./addon.ts";

export const ADDON_API = "/apis/addon.open-cluster-management.io/v1alpha1";
export const TYPE = { group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" };
const HASHES = "open-cluster-management.io/config-spec-hash";
const SOON = { limitMs: 60_000 };

interface Desired {
  namespace?: string;
  name: string;
  specHash: string;
}

export interface ConfigReference {
  group: string;
  resource: string;
  lastObservedGeneration?: number;
  desiredConfig?: Desired;
  lastAppliedConfig?: Desired;
}

export type Addon = KubeObject & {
  status?: {
    conditions?: Condition[];
    namespace?: string;
    registrations?: object[];
    supportedConfigs?: object[];
    configReferences?: ConfigReference[];
  };
};

export type Work = KubeObject & {
  spec: { workload: { manifests: KubeObject[] }; deleteOption?: { selectivelyOrphans?: { orphaningRules: object[] } } };
  status?: { conditions?: Condition[] };
};

export async function patch(kube: Kube, path: string, body: object): Promise<void> {
  await kube.request({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
}

/** Writes a config, whether or not it is there. Pods go to the process kubelet unless the spec says otherwise. */
export async function writeConfig(hub: Kube, key: string, spec: object): Promise<void> {
  const body = { spec: { nodePlacement: kubeletPlacement, ...spec } };
  const [namespace = "", name = ""] = key.split("/");
  try {
    const found = await hub.request<KubeObject>({ method: "GET", path: configPath(key) });
    await hub.request({ method: "PUT", path: configPath(key), body: { ...found, ...body } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const { group } = TYPE;
    const object = { apiVersion: `${group}/v1alpha1`, kind: "AddOnDeploymentConfig", metadata: { namespace, name } };
    await hub.request({ method: "POST", path: configPath(key).replace(/\/[^/]+$/, ""), body: { ...object, ...body } });
  }
}

/** The path of a config NAMESPACE/NAME. */
export function configPath(key: string): string {
  const [namespace, name] = key.split("/");
  return `${ADDON_API}/namespaces/${namespace}/addondeploymentconfigs/${name}`;
}

/** Makes the add-on of a cluster, with a config of its own from the beginning. */
export async function makeAddon(
  hub: Kube,
  cluster: string,
  { key, annotations = {} }: { key: string; annotations?: Record<string, string> },
): Promise<void> {
  const [namespace, name] = key.split("/");
  await hub.request({
    method: "POST",
    path: collectionOf(addonPath(cluster)).path,
    body: {
      apiVersion: `${TYPE.group}/v1alpha1`,
      kind: "ManagedClusterAddOn",
      metadata: { name: ADDON, namespace: cluster, annotations },
      spec: { configs: [{ ...TYPE, namespace, name }] },
    },
  });
}

/** Where an object is, as those who follow it want to know. */
export function collectionOf(path: string): { path: string; name: string } {
  return { path: path.replace(/\/[^/]+$/, ""), name: path.replace(/^.*\//, "") };
}

/** The configs that a cluster's add-on names itself: NAMESPACE/NAME; none: the hub's say. */
export async function nameConfigs(hub: Kube, cluster: string, ...keys: string[]): Promise<void> {
  const configs = keys.map((key) => ({ ...TYPE, namespace: key.split("/")[0], name: key.split("/")[1] }));
  await patch(hub, addonPath(cluster), { spec: { configs } });
}

export async function addonOf(hub: Kube, cluster: string): Promise<Addon> {
  return hub.request<Addon>({ method: "GET", path: addonPath(cluster) });
}

export function conditionOf({ status }: { status?: { conditions?: Condition[] } }, type: string): string {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found ? `${found.status}/${found.reason} ${found.message}` : "none";
}

/** The works of a cluster that OCM calls the add-on's, by name. */
export async function worksOf(hub: Kube, cluster: string): Promise<Work[]> {
  const { items } = await hub.request<{ items: Work[] }>({
    method: "GET",
    path: `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks`,
    query: { labelSelector: `open-cluster-management.io/addon-name=${ADDON}` },
  });
  return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

export function manifestsOf(works: Work[]): KubeObject[] {
  return works.flatMap(({ spec }) => spec.workload.manifests);
}

/** The agent's Deployment as the works carry it. */
export function deploymentOf(works: Work[]): V1Deployment {
  const found: object | undefined = manifestsOf(works).find(({ kind }) => kind === "Deployment");
  if (!found) throw new Error(`No Deployment in ${works.length} works`);
  return found as V1Deployment;
}

/** One of the agent's variables as the works carry it. */
export function variableOf(works: Work[], name: string): string | undefined {
  const [container] = deploymentOf(works).spec?.template.spec?.containers ?? [];
  return container?.env?.find((variable) => variable.name === name)?.value;
}

/** What a work says of the configs it was made from. */
export function hashesOf({ metadata }: KubeObject): unknown {
  const text = metadata.annotations?.[HASHES];
  return text === undefined ? undefined : JSON.parse(text);
}

/** What each work has to say: built from the references as OCM builds it; undefined without any. */
export function hashesFor({ status }: Addon): unknown {
  const entries = (status?.configReferences ?? []).map(({ group, resource, desiredConfig }) => {
    const { namespace = "", name, specHash } = desiredConfig ?? { name: "", specHash: "" };
    return [`${resource}.${group}/${namespace}/${name}`, specHash] as const;
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/**
 * Waits until a cluster's add-on is complete with the config of this name as it is stored now: the reference has its
 * generation, works say its hash and are applied, and OCM has written down what is applied.
 */
export async function untilComplete(hub: Kube, cluster: string, key: string): Promise<{ addon: Addon; works: Work[] }> {
  return until(
    `${cluster} to be complete with ${key}`,
    async () => {
      const [addon, works, config] = await Promise.all([
        addonOf(hub, cluster),
        worksOf(hub, cluster),
        hub.request<KubeObject>({ method: "GET", path: configPath(key) }),
      ]);
      const missing = [...flawsOf(addon, key, config), ...works.flatMap((work) => workFlaws(work, addon))];
      if (works.length === 0) missing.push("works");
      return missing.length === 0 ? met({ addon, works }) : unmet({ missing, status: addon.status });
    },
    SOON,
  );
}

function flawsOf(addon: Addon, key: string, { metadata: { generation } }: KubeObject): string[] {
  const [reference] = addon.status?.configReferences ?? [];
  const { desiredConfig: desired, lastAppliedConfig: applied, lastObservedGeneration: observed } = reference ?? {};
  const holds: Record<string, boolean> = {
    name: `${desired?.namespace}/${desired?.name}` === key,
    hash: Boolean(desired?.specHash),
    generation: observed === generation,
    lastAppliedConfig: isDeepStrictEqual(applied, desired),
    Progressing: conditionOf(addon, "Progressing").startsWith("False/Completed"),
    ManifestApplied: conditionOf(addon, "ManifestApplied").startsWith("True/"),
  };
  return Object.keys(holds).filter((name) => holds[name] !== true);
}

function workFlaws(work: Work, addon: Addon): string[] {
  const { name, generation } = work.metadata;
  const applied = work.status?.conditions?.some(
    ({ type, status, observedGeneration }) =>
      type === "Applied" && status === "True" && observedGeneration === generation,
  );
  return [
    ...(isDeepStrictEqual(hashesOf(work), hashesFor(addon)) ? [] : [`the hashes of ${name}`]),
    ...(applied ? [] : [`${name} applied`]),
  ];
}

/** Waits until the work of a cluster has this image for the agent. */
export async function untilImage(hub: Kube, cluster: string, image: string): Promise<void> {
  await until(
    `the image ${image} in the work of ${cluster}`,
    async () => {
      const [container] = deploymentOf(await worksOf(hub, cluster)).spec?.template.spec?.containers ?? [];
      return container?.image === image ? met(undefined) : unmet(container?.image);
    },
    SOON,
  );
}

/** Which of the manager's parts of the status are there. */
export function describeStart({ status = {} }: Addon): string {
  return [
    ...(status.supportedConfigs ? ["supported"] : []),
    ...(status.registrations ? ["registered"] : []),
    ...(status.namespace ? ["namespace"] : []),
  ].join(" ");
}

/** Where the agent is to live, and its image. */
export function describeWork(work: Work): string {
  const { metadata, spec } = deploymentOf([work]);
  return `${metadata?.namespace} ${spec?.template.spec?.containers[0]?.image}`;
}
