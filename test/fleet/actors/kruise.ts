// Plays the Kruise controllers of one managed cluster: moves simulated pods step by step and writes statuses as Kruise
// 1.8 does, for CloneSet, Advanced StatefulSet, SidecarSet and UnitedDeployment; objects of other kinds get no status.
// An image with "broken" in it never gets ready.
import type { Log } from "../../../shared/runtime/log.ts";
import type { ApiObject, JsonObject } from "../apiserver/json.ts";
import { at, listOf, objectOf, sameJson, stringOf } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";
import { writeStatus } from "./conditions.ts";
import { installKruiseDefinitions } from "./definitions.ts";
import { installKruise, renewLease } from "./kruise-installation.ts";
import { podsOf, statusOf, unitedStatus, wantedOf } from "./kruise-status.ts";
import { Loop } from "./loop.ts";
import type { SimulatedPod } from "./rollout.ts";
import { isSettled, step } from "./rollout.ts";

const KINDS: Record<string, string> = {
  CloneSet: "clonesets.apps.kruise.io",
  StatefulSet: "statefulsets.apps.kruise.io",
  SidecarSet: "sidecarsets.apps.kruise.io",
  UnitedDeployment: "uniteddeployments.apps.kruise.io",
};
const MANAGER = "kruise-manager";
const LEASE_MS = 2000;

export interface KruiseDeps {
  registry: Registry;
  log: Log;
  /** Time of one step of a rollout. */
  stepMs: number;
}

/** Installs Kruise and starts its controllers. Returns the way to stop them. */
export function startKruise({ registry, log, stepMs }: KruiseDeps): () => void {
  installKruiseDefinitions(registry);
  installKruise(registry);
  const pods = new Map<string, SimulatedPod[]>();
  const timers = new Set<NodeJS.Timeout>();
  const workloads = new Loop(log, (key) => {
    const [kind = "", namespace = "", name = ""] = key.split("/");
    const object = registry.storage.get(KINDS[kind] ?? "", namespace, name);
    if (!object || object.metadata.deletionTimestamp !== undefined) {
      pods.delete(key);
      return;
    }
    const isMoving = kind === "UnitedDeployment" ? reconcileUnited(registry, object) : advance(registry, object, pods);
    if (!isMoving) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      workloads.add(key);
    }, stepMs);
    timers.add(timer);
  });
  const seen = new Map<string, string>();
  for (const [kind, resource] of Object.entries(KINDS)) {
    workloads.watch(registry, resource, (object) => {
      const { namespace = "", name, generation = 0, uid = "" } = object.metadata;
      wakeDependents(registry, object, workloads);
      const key = `${kind}/${namespace}/${name}`;
      const version = `${uid}/${generation}`;
      // Its own status writes must not make it turn faster.
      if (seen.get(key) === version && kind !== "UnitedDeployment") return undefined;
      seen.set(key, version);
      return key;
    });
  }
  const leases = new Loop(log, () => renewLease(registry)).every(LEASE_MS, "lease");
  leases.add("lease");
  return () => {
    workloads.stop();
    leases.stop();
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Takes one step and writes the status. Returns whether there is more to do. */
function advance(registry: Registry, object: ApiObject, all: Map<string, SimulatedPod[]>): boolean {
  const { namespace = "", name } = object.metadata;
  const key = `${object.kind}/${namespace}/${name}`;
  const wanted = wantedOf(object, object.kind === "SidecarSet" ? matchedPods(registry, object) : 0);
  const pods = step(all.get(key) ?? podsOf(object, wanted), wanted);
  all.set(key, pods);
  setStatus(registry, object, statusOf(object, pods, wanted));
  return !isSettled(pods, wanted);
}

function setStatus(registry: Registry, object: ApiObject, fields: JsonObject): void {
  if (!sameJson({ ...objectOf(object.status), ...fields }, objectOf(object.status))) {
    writeStatus(registry, object, MANAGER, { fields });
  }
}

/** Pods of the CloneSets and StatefulSets whose template has the labels that a SidecarSet selects. */
function matchedPods(registry: Registry, sidecarSet: ApiObject): number {
  const labels = Object.entries(objectOf(at(sidecarSet.spec, "selector", "matchLabels")));
  const owners = ["CloneSet", "StatefulSet"].flatMap((kind) => registry.storage.list(KINDS[kind] ?? ""));
  const matching = owners.filter(({ spec }) =>
    labels.every(([key, value]) => at(spec, "template", "metadata", "labels", key) === value),
  );
  return matching.reduce((sum, { status }) => sum + Number(at(status, "replicas") ?? 0), 0);
}

/** Keeps one CloneSet a subset and sums their statuses up. */
function reconcileUnited(registry: Registry, object: ApiObject): boolean {
  const { namespace = "", name, uid = "" } = object.metadata;
  const subsets = listOf(at(object.spec, "topology", "subsets"));
  const replicas = Number(at(object.spec, "replicas") ?? 1);
  const children = subsets.map((subset, index) => {
    const subsetName = stringOf(at(subset, "name"));
    const share = Math.floor(replicas / subsets.length) + (index < replicas % subsets.length ? 1 : 0);
    const partition = at(object.spec, "updateStrategy", "manualUpdate", "partitions", subsetName) ?? 0;
    const template = objectOf(at(object.spec, "template", "cloneSetTemplate", "spec"));
    const spec = {
      ...template,
      replicas: share,
      updateStrategy: { ...objectOf(template["updateStrategy"]), partition },
    };
    const owner = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const child: ApiObject = {
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "CloneSet",
      metadata: { name: `${name}-${subsetName}`, namespace, ownerReferences: [owner] },
      spec,
    };
    const type = registry.typeOf(child);
    const key = { namespace, name: child.metadata.name };
    const isThere = registry.find(type, key);
    if (!isThere) registry.create(child, { manager: MANAGER });
    else registry.update(type, key, (current) => ({ ...current, spec }), { manager: MANAGER });
    return { subset: subsetName, child: registry.find(type, key) };
  });
  setStatus(registry, object, unitedStatus(object, children));
  return false;
}

/** A child's change concerns its UnitedDeployment; a change of pod numbers concerns every SidecarSet. */
function wakeDependents(registry: Registry, object: ApiObject, workloads: Loop): void {
  const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === "UnitedDeployment");
  if (owner) workloads.add(`UnitedDeployment/${object.metadata.namespace ?? ""}/${owner.name}`);
  if (object.kind === "SidecarSet") return;
  for (const { metadata } of registry.storage.list("sidecarsets.apps.kruise.io"))
    workloads.add(`SidecarSet//${metadata.name}`);
}
