// One object of each kind that the guides to reasons name in a command: `cart` in namespace `shop`, and what they stand
// for: the objects that a reader of docs/reasons.md looks at and patches.
import type { KindName } from "../../../shared/kruise/kinds.ts";
import {
  NOWHERE,
  broadcastJob,
  cloneSet,
  cronJob,
  daemonSet,
  other,
  sidecarSet,
  statefulSet,
  unitedDeployment,
} from "./kruise-objects.ts";
import type { Body } from "./kruise-objects.ts";

export const SHOP = "shop";
export const CART = "cart";
const CLUSTER_SCOPED = ["SidecarSet", "ResourceDistribution"];
const NEVER = "0 0 1 1 *";
const NO_PODS = { selector: { matchLabels: { app: "nobody" } } };
const PULL = { selector: { matchLabels: { nowhere: "true" } }, completionPolicy: { type: "Always" }, parallelism: 1 };

const BODIES: readonly Body<KindName>[] = [
  cloneSet(CART, { replicas: 2 }),
  statefulSet("ledger", { replicas: 0 }),
  daemonSet("shipper", {}, NOWHERE),
  unitedDeployment("search", { replicas: 0 }),
  sidecarSet(SHOP, "nobody"),
  broadcastJob("sweep", {}, NOWHERE),
  cronJob("nightly", { schedule: NEVER, paused: true }),
  other("ImagePullJob", { ...PULL, image: "shop/app:1" }),
  other("ImageListPullJob", { ...PULL, images: ["shop/app:1"] }),
  other("EphemeralJob", {
    ...NO_PODS,
    template: {
      ephemeralContainers: [
        { name: "look", image: "shop/look:1", imagePullPolicy: "IfNotPresent", terminationMessagePolicy: "File" },
      ],
    },
  }),
  other("WorkloadSpread", {
    targetRef: { apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet", name: "nobody" },
    subsets: [{ name: "a", maxReplicas: 1 }, { name: "b" }],
  }),
  other("PersistentPodState", {
    targetRef: { apiVersion: "apps.kruise.io/v1beta1", kind: "StatefulSet", name: CART },
    requiredPersistentTopology: { nodeTopologyKeys: ["kubernetes.io/hostname"] },
  }),
  other("PodUnavailableBudget", { ...NO_PODS, minAvailable: 1 }, "policy.kruise.io"),
  other("ResourceDistribution", {
    resource: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: CART }, data: { a: "1" } },
    targets: { includedNamespaces: { list: [{ name: SHOP }] } },
  }),
];

/** A list for `kubectl create -f -`, the namespace first. */
export function guideObjects(): object {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } };
  const items = BODIES.map((body) => ({
    ...body,
    metadata: { name: CART, ...(!CLUSTER_SCOPED.includes(body.kind) && { namespace: SHOP }) },
  }));
  return { apiVersion: "v1", kind: "List", items: [namespace, ...items] };
}

/** What outlives the namespace. */
export const CLUSTER_OBJECTS = ["sidecarsets.apps.kruise.io/cart", "resourcedistributions.apps.kruise.io/cart"];
