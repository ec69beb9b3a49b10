// Bodies of OpenKruise objects for the situations: the least that OpenKruise 1.8.3 takes, and what a test asks for.
import type { KindName } from "../../../shared/kruise/kinds.ts";

export interface Body<K extends KindName> {
  apiVersion: string;
  kind: K;
  spec: object;
}

export const APP = { one: "shop/app:1", two: "shop/app:2", three: "shop/app:3" };
/** A node selector that fits no node keeps pods Pending. */
export const NOWHERE = { nodeSelector: { "kubernetes.io/hostname": "no-such-node" } };

/** A merge patch of `template` or of a whole spec: another image, other fields of the pod's spec. */
export function image(name: string, podSpec: object = {}): { template: object } {
  return { template: { spec: { containers: [{ name: "app", image: name }], ...podSpec } } };
}

function template(app: string, podSpec: object = {}): object {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: "app", image: APP.one }], ...podSpec } };
}

function selected(app: string): { selector: object } {
  return { selector: { matchLabels: { app } } };
}

export function cloneSet(app: string, spec: object, podSpec: object = {}): Body<"CloneSet"> {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    spec: { ...selected(app), template: template(app, podSpec), ...spec },
  };
}

export function statefulSet(app: string, spec: object, podSpec: object = {}): Body<"StatefulSet"> {
  return {
    apiVersion: "apps.kruise.io/v1beta1",
    kind: "StatefulSet",
    spec: { ...selected(app), serviceName: app, template: template(app, podSpec), ...spec },
  };
}

export function daemonSet(app: string, spec: object, podSpec: object = {}): Body<"DaemonSet"> {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "DaemonSet",
    spec: { ...selected(app), template: template(app, podSpec), ...spec },
  };
}

export function sidecarSet(namespace: string, app: string, spec: object = {}): Body<"SidecarSet"> {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "SidecarSet",
    spec: { namespace, ...selected(app), containers: [{ name: "shipper", image: "shop/shipper:1" }], ...spec },
  };
}

/** A UnitedDeployment of CloneSets. */
export function unitedDeployment(app: string, spec: object, child: object = {}): Body<"UnitedDeployment"> {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "UnitedDeployment",
    spec: {
      ...selected(app),
      topology: { subsets: [{ name: "a" }, { name: "b" }] },
      template: {
        cloneSetTemplate: {
          metadata: { labels: { app } },
          spec: { ...selected(app), template: template(app), ...child },
        },
      },
      ...spec,
    },
  };
}

export function broadcastJob(app: string, spec: object, podSpec: object = {}): Body<"BroadcastJob"> {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "BroadcastJob",
    spec: { template: template(app, { restartPolicy: "Never", ...podSpec }), ...spec },
  };
}

/** An AdvancedCronJob of core Jobs. */
export function cronJob(app: string, spec: object): Body<"AdvancedCronJob"> {
  const jobTemplate = { spec: { template: template(app, { restartPolicy: "Never" }) } };
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "AdvancedCronJob",
    spec: { template: { jobTemplate }, ...spec },
  };
}

/** Any other kind: its spec is written where it is used. */
export function other<K extends KindName>(kind: K, spec: object, group = "apps.kruise.io"): Body<K> {
  return { apiVersion: `${group}/v1alpha1`, kind, spec };
}
