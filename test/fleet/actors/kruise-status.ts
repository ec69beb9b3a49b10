// What Kruise 1.8 writes into the status of each kind, from the pods of a workload; and what it reads from the spec.
import { createHash } from "node:crypto";
import type { ApiObject, Json, JsonObject } from "../apiserver/json.ts";
import { at, listOf, objectOf, stringOf } from "../apiserver/json.ts";
import type { SimulatedPod, Wanted } from "./rollout.ts";

/** What the controller is to reach. `matched`: pods that a SidecarSet selects. */
export function wantedOf(object: ApiObject, matched: number): Wanted {
  const strategy = objectOf(at(object.spec, "updateStrategy"));
  const rolling = object.kind === "StatefulSet" ? objectOf(strategy["rollingUpdate"]) : strategy;
  const replicas = object.kind === "SidecarSet" ? matched : numberOf(at(object.spec, "replicas"), 1);
  const isPercent = rolling["maxUnavailable"] === undefined && object.kind === "CloneSet";
  return {
    replicas,
    revision: revisionOf(object),
    broken: imagesOf(object).some((image) => image.includes("broken")),
    partition: Math.min(replicas, scaled(rolling["partition"], replicas)),
    paused: rolling["paused"] === true,
    maxUnavailable: Math.max(1, isPercent ? Math.ceil(replicas / 5) : scaled(rolling["maxUnavailable"] ?? 1, replicas)),
  };
}

function scaled(value: Json | undefined, of: number): number {
  if (typeof value === "string" && value.endsWith("%")) return Math.ceil((Number.parseFloat(value) * of) / 100);
  return numberOf(value, 0);
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function containersOf(object: ApiObject): Json[] {
  const own = at(object.spec, "template", "spec", "containers");
  return listOf(object.kind === "SidecarSet" ? at(object.spec, "containers") : own);
}

function imagesOf(object: ApiObject): string[] {
  return containersOf(object).map((container) => stringOf(at(container, "image")));
}

function revisionOf(object: ApiObject): string {
  const template = object.kind === "SidecarSet" ? at(object.spec, "containers") : at(object.spec, "template");
  const hash = createHash("sha256")
    .update(JSON.stringify(template ?? null))
    .digest("hex");
  return `${object.metadata.name}-${hash.slice(0, 10)}`;
}

interface Counts {
  total: number;
  ready: number;
  updated: number;
  updatedReady: number;
}

function count(pods: readonly SimulatedPod[], revision: string): Counts {
  const updated = pods.filter((pod) => pod.revision === revision);
  const ready = (some: readonly SimulatedPod[]): number => some.filter((pod) => pod.ready).length;
  return { total: pods.length, ready: ready(pods), updated: updated.length, updatedReady: ready(updated) };
}

/** The status that the kind's controller writes. UnitedDeployments: unitedStatus. */
export function statusOf(object: ApiObject, pods: readonly SimulatedPod[], wanted: Wanted): JsonObject {
  const counts = count(pods, wanted.revision);
  const observed = { observedGeneration: object.metadata.generation ?? 1 };
  if (object.kind === "SidecarSet") {
    const { total, updated, ready, updatedReady } = counts;
    const { revision: latestRevision } = wanted;
    return {
      ...observed,
      matchedPods: total,
      updatedPods: updated,
      readyPods: ready,
      updatedReadyPods: updatedReady,
      latestRevision,
    };
  }
  const former = stringOf(at(object.status, "currentRevision")) || wanted.revision;
  const allUpdated = counts.updated === counts.total && counts.total === wanted.replicas;
  const isStateful = object.kind === "StatefulSet";
  const isCurrent = allUpdated && (!isStateful || counts.ready === counts.total);
  const common = {
    ...observed,
    replicas: counts.total,
    readyReplicas: counts.ready,
    availableReplicas: counts.ready,
    updatedReplicas: counts.updated,
    updatedReadyReplicas: counts.updatedReady,
    updatedAvailableReplicas: counts.updatedReady,
    currentRevision: isCurrent ? wanted.revision : former,
    updateRevision: wanted.revision,
  };
  if (isStateful) return { ...common, currentReplicas: counts.total - counts.updated };
  return { ...common, expectedUpdatedReplicas: Math.max(0, wanted.replicas - wanted.partition) };
}

/** The pods that a status tells of, when nobody remembers them. */
export function podsOf(object: ApiObject, wanted: Wanted): SimulatedPod[] {
  const status = object.status;
  const isSidecar = object.kind === "SidecarSet";
  const [total, updated, ready] = isSidecar
    ? ["matchedPods", "updatedPods", "readyPods"].map((field) => numberOf(at(status, field), 0))
    : ["replicas", "updatedReplicas", "readyReplicas"].map((field) => numberOf(at(status, field), 0));
  const former = stringOf(at(status, isSidecar ? "latestRevision" : "updateRevision")) || wanted.revision;
  const current = stringOf(at(status, "currentRevision")) || `${object.metadata.name}-old`;
  return Array.from({ length: total ?? 0 }, (_, index) => ({
    revision: index < (updated ?? 0) ? former : current,
    ready: index < (ready ?? 0),
  }));
}

/** A UnitedDeployment's status from those of its children, one a subset. */
export function unitedStatus(
  object: ApiObject,
  children: readonly { subset: string; child: ApiObject | undefined }[],
): JsonObject {
  const sum = (field: string): number =>
    children.reduce((total, { child }) => total + numberOf(at(child?.status, field), 0), 0);
  const replicas = Object.fromEntries(
    children.map(({ subset, child }): [string, number] => [subset, numberOf(at(child?.spec, "replicas"), 0)]),
  );
  const updatedRevision = `${object.metadata.name}-${unitedHash(object)}`;
  const isDone = sum("updatedReadyReplicas") >= numberOf(at(object.spec, "replicas"), 1);
  const condition = (type: string): Json => ({ type, status: "True" });
  return {
    observedGeneration: object.metadata.generation ?? 1,
    replicas: sum("replicas"),
    readyReplicas: sum("readyReplicas"),
    updatedReplicas: sum("updatedReplicas"),
    updatedReadyReplicas: sum("updatedReadyReplicas"),
    subsetReplicas: replicas,
    currentRevision: isDone ? updatedRevision : stringOf(at(object.status, "currentRevision")) || updatedRevision,
    updateStatus: {
      updatedRevision,
      currentPartitions: objectOf(at(object.spec, "updateStrategy", "manualUpdate", "partitions")),
    },
    conditions: [condition("SubsetProvisioned"), condition("SubsetUpdated")],
  };
}

function unitedHash(object: ApiObject): string {
  const template = at(object.spec, "template", "cloneSetTemplate", "spec", "template");
  return createHash("sha256")
    .update(JSON.stringify(template ?? null))
    .digest("hex")
    .slice(0, 10);
}
