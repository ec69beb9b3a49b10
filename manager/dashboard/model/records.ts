// What the page keeps of an API object: a healthy workload is little more than a name, all others what tables show.
// Objects come as the API's schemas have them, but nothing here trusts more than that they are objects.
import type { KruiseWorkload } from "../../api/schemas.ts";
import { healthOf } from "./health.ts";
import type { Health } from "./health.ts";
import { timeOf } from "./age.ts";

/** A workload's name as the API and its reader know it. */
export interface Identity {
  /** kind.namespace.name in lower case: the name of its row. */
  name: string;
  kind: string;
  namespace: string;
  /** namespace/name, or name alone. */
  title: string;
}

/** What tables show of one row. */
export interface Detail {
  reason: string;
  message: string;
  sinceMs: number;
  /** Pods that are ready, updated, wanted: as far as the kind has them. */
  ready: number | undefined;
  updated: number | undefined;
  wanted: number | undefined;
  /** Pods that may be updated now. */
  target: number | undefined;
  partition: string;
  paused: boolean;
  revision: string;
  images: string;
}

export interface Read {
  cluster: string;
  identity: Identity;
  version: number;
  health: Health;
  /** Absent of what was read as metadata alone. */
  detail: Detail | undefined;
}

const GROUP_LABEL = "kruise-health.open-cluster-management.io/";

/** Reads a whole object. */
export function readWorkload(object: KruiseWorkload): Read & { detail: Detail } {
  const { metadata, workload, status } = object;
  return {
    cluster: metadata.namespace ?? "",
    identity: identityOf(metadata.name, workload.kind, workload.namespace ?? "", workload.name),
    version: Number(metadata.resourceVersion),
    health: healthOf(status.health),
    detail: {
      reason: status.reason,
      message: status.message,
      sinceMs: timeOf(status.since),
      ...numbersOf(status.counts),
      ...rolloutOf(status.rollout),
      images: imagesText(status.images ?? []),
    },
  };
}

/** Kinds count different things: of each meaning the first that there is. */
function numbersOf(counts: KruiseWorkload["status"]["counts"]): Pick<Detail, "ready" | "updated" | "wanted"> {
  return {
    ready: counts.ready ?? counts.available ?? counts.succeeded,
    updated: counts.updated,
    wanted: counts.wanted ?? counts.desired ?? counts.matched,
  };
}

function rolloutOf(rollout: KruiseWorkload["status"]["rollout"] = {}) {
  const { updateTarget: target, partition = "", paused = false, updateRevision: revision = "" } = rollout;
  return { target, partition, paused, revision };
}

/** Reads metadata of a row whose health is known from the selector that it was asked for with. */
export function readMetadata(object: { metadata: KruiseWorkload["metadata"] }, health: Health): Read {
  const { metadata } = object;
  const kind = metadata.labels[`${GROUP_LABEL}kind`] ?? "";
  const namespace = metadata.labels[`${GROUP_LABEL}namespace`] ?? "";
  const before = namespace === "" ? kind.length + 1 : kind.length + namespace.length + 2;
  return {
    cluster: metadata.namespace ?? "",
    identity: identityOf(metadata.name, kind, namespace, metadata.name.slice(before)),
    version: Number(metadata.resourceVersion),
    health,
    detail: undefined,
  };
}

function identityOf(name: string, kind: string, namespace: string, own: string): Identity {
  return { name, kind, namespace, title: namespace === "" ? own : `${namespace}/${own}` };
}

/** Images without registry and digest: enough to tell versions apart. */
export function imagesText(images: readonly { image: string }[]): string {
  return images.map(({ image }) => shortImage(image)).join(" + ");
}

function shortImage(image: string): string {
  const [named = image] = image.split("@");
  return named.slice(named.lastIndexOf("/") + 1);
}

/** The identity that a row's name tells when there is nothing else: cluster-scoped kinds have no namespace in it. */
export function identityOfName(name: string): Identity {
  const [kind = name, ...rest] = name.split(".");
  const [namespace = "", ...own] = rest;
  return own.length === 0 ? identityOf(name, kind, "", namespace) : identityOf(name, kind, namespace, own.join("."));
}
