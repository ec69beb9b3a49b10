// Workloads for the local fleet, in the shape of Kruise 1.8. An image with "broken" in it never becomes ready.
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { ApiObject, Json } from "./apiserver/json.ts";

export interface WorkloadOptions {
  name: string;
  replicas?: number;
  image: string;
  /** Pods that keep the old revision. */
  partition?: number;
  paused?: boolean;
}

const NAMESPACE = "shop";

function podTemplate(name: string, image: string): Json {
  return { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } };
}

export function shop(): ApiObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
}

export function cloneSet({ name, replicas = 5, image, partition = 0, paused = false }: WorkloadOptions): ApiObject {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, image),
      updateStrategy: { type: "InPlaceIfPossible", partition, paused },
    },
  };
}

export function statefulSet({ name, replicas = 3, image, partition = 0, paused = false }: WorkloadOptions): ApiObject {
  return {
    apiVersion: "apps.kruise.io/v1beta1",
    kind: "StatefulSet",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, image),
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition, paused } },
    },
  };
}

/** Injects a sidecar into the pods of one app. */
export function sidecarSet({ name, image, app }: { name: string; image: string; app: string }): ApiObject {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "SidecarSet",
    metadata: { name },
    spec: {
      selector: { matchLabels: { app } },
      containers: [{ name: "sidecar", image }],
      updateStrategy: { type: "RollingUpdate", maxUnavailable: 1 },
    },
  };
}

/** Spreads a CloneSet over two zones. */
export function unitedDeployment({ name, replicas = 4, image }: WorkloadOptions): ApiObject {
  const labels = { app: name };
  const cloneSetTemplate: Json = {
    metadata: { labels },
    spec: { selector: { matchLabels: labels }, template: podTemplate(name, image) },
  };
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "UnitedDeployment",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { cloneSetTemplate },
      topology: { subsets: [{ name: "zone-a" }, { name: "zone-b" }] },
    },
  };
}

/** A pod on each node. */
export function daemonSet({ name, image }: Pick<WorkloadOptions, "name" | "image">): ApiObject {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "DaemonSet",
    metadata: { name, namespace: NAMESPACE },
    spec: { selector: { matchLabels: { app: name } }, template: podTemplate(name, image) },
  };
}

/** What a controller says when it cannot create a pod of an object. */
export function failedCreate({ apiVersion, kind, metadata }: ApiObject, message: string): ApiObject {
  const { name, namespace = "", uid = "" } = metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.1`, namespace },
    involvedObject: { apiVersion, kind, name, namespace, uid },
    type: "Warning",
    reason: "FailedCreate",
    message,
    lastTimestamp: rfc3339Seconds(Date.now()),
  };
}
