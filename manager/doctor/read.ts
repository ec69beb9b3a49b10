// Reads everything that the checks judge: first the servers, then what does not depend on anything, then what the objects
// read so far lead to.
import type { V1Deployment, V1Namespace, V1Pod, V1Secret } from "@kubernetes/client-node";
import { LEASES } from "../../shared/kube/lease.ts";
import type { Lease } from "../../shared/kube/lease.ts";
import type { Kube, Resource } from "../../shared/kube/types.ts";
import { ADDON_NAME, GROUP, VERSION } from "../../shared/wire/group.ts";
import { LEADER_LEASE } from "../config.ts";
import { AGENT_NAME, AGENT_SELECTOR } from "../manifests/agent-rbac.ts";
import { HUB_ROLE_NAME } from "../manifests/hub-rbac.ts";
import { decodeRole, decodeRoleBinding, decodeSigningRequest } from "../ocm/decode.ts";
import {
  ADDON_GROUP,
  ADDON_NAME_LABEL,
  CLUSTER_NAME_LABEL,
  DEFAULT_INSTALL_NAMESPACE,
  MANAGED_CLUSTERS,
  MANIFEST_WORKS,
  SIGNING_REQUESTS,
} from "../ocm/types.ts";
import { HUB_KUBECONFIG_SECRET, variableOf } from "./facts.ts";
import type { AddOn, ApiServiceObject, Cluster, Definition, Report, Seen, Server, Work } from "./facts.ts";
import { Reader } from "./reader.ts";
import { managerRights, ownRights } from "./rights.ts";

const DEPLOYMENTS: Resource = { group: "apps", version: "v1", plural: "deployments" };
const PODS: Resource = { group: "", version: "v1", plural: "pods" };
const SECRETS: Resource = { ...PODS, plural: "secrets" };
const NAMESPACES: Resource = { ...PODS, plural: "namespaces" };
const API_SERVICES: Resource = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };
const ROLES: Resource = { group: "rbac.authorization.k8s.io", version: "v1", plural: "roles" };
const REPORTS: Resource = { group: GROUP, version: VERSION, plural: "kruiseclusters" };
const MANAGER_SELECTOR = { "app.kubernetes.io/name": ADDON_NAME, "app.kubernetes.io/component": "manager" };
const SERVING_SECRET_VARIABLE = "SERVING_SECRET";

/** A connection to one API server, or why there is none. */
export type Connection = { kube: Kube; url: string } | { trouble: string };

export interface ReadOptions {
  hub: Connection;
  /** Undefined: the managed cluster itself is not looked at. */
  managed: Connection | undefined;
  /** "" for the hub alone. */
  cluster: string;
}

/** Reads the facts. Never rejects for what a server answers or does not answer. */
export async function readFacts({ hub, managed, cluster }: ReadOptions): Promise<Seen> {
  const seen: Seen = { facts: {}, troubles: {} };
  const reader = await meet("hub", hub, seen);
  if (reader) {
    await readHub(reader, cluster, seen);
    await readManager(reader, cluster, seen);
  }
  const managedReader = managed && (await meet("managed", managed, seen));
  if (managedReader) await readManaged(managedReader, seen);
  return seen;
}

/** Asks a server who it is; undefined when it does not answer. */
async function meet(fact: "hub" | "managed", connection: Connection, seen: Seen): Promise<Reader | undefined> {
  if ("trouble" in connection) {
    seen.troubles[fact] = { forbidden: false, message: connection.trouble };
    return undefined;
  }
  const reader = new Reader(connection.kube, seen);
  await reader.take(fact, () => reader.server(connection.url));
  return seen.facts[fact] && reader;
}

async function readHub(reader: Reader, cluster: string, { facts }: Seen): Promise<void> {
  const version = addonVersion(facts.hub);
  const addon = (plural: string): Resource => ({ group: ADDON_GROUP, version, plural });
  const apiService = `${VERSION}.${GROUP}`;
  await Promise.all([
    reader.take("definition", () => reader.object<Definition>(addon("clustermanagementaddons"), { name: ADDON_NAME })),
    reader.take("managers", () => reader.list<V1Deployment>(DEPLOYMENTS, { labels: MANAGER_SELECTOR })),
    reader.take("apiService", () => reader.object<ApiServiceObject>(API_SERVICES, { name: apiService })),
    ...(cluster === "" ? [] : readCluster(reader, cluster, addon("managedclusteraddons"))),
  ]);
}

function readCluster(reader: Reader, namespace: string, addOns: Resource): Promise<void>[] {
  const role = { namespace, name: HUB_ROLE_NAME };
  const bindings = { ...ROLES, plural: "rolebindings" };
  const labels = { [ADDON_NAME_LABEL]: ADDON_NAME };
  const requestLabels = { ...labels, [CLUSTER_NAME_LABEL]: namespace };
  return [
    reader.take("cluster", () => reader.object<Cluster>(MANAGED_CLUSTERS, { name: namespace })),
    reader.take("addOn", () => reader.object<AddOn>(addOns, { namespace, name: ADDON_NAME })),
    reader.take("hubRole", async () => decoded(await reader.object(ROLES, role), decodeRole)),
    reader.take("hubBinding", async () => decoded(await reader.object(bindings, role), decodeRoleBinding)),
    reader.take("requests", async () => {
      const requests = await reader.list<unknown>(SIGNING_REQUESTS, { labels: requestLabels });
      return requests.map(decodeSigningRequest);
    }),
    reader.take("works", () => reader.list<Work>(MANIFEST_WORKS, { namespace, labels })),
    reader.take("report", () => reader.object<Report>(REPORTS, { namespace, name: namespace })),
  ];
}

/** What is around the manager's Deployment, once it is known where that is. */
async function readManager(reader: Reader, cluster: string, { facts }: Seen): Promise<void> {
  const [manager] = facts.managers ?? [];
  const namespace = manager?.metadata?.namespace;
  const own = reader.take("missingRights", () => reader.ownMissing(ownRights({ cluster, manager: namespace })));
  if (manager === undefined || namespace === undefined) return own;
  const account = { namespace, name: manager.spec?.template.spec?.serviceAccountName ?? "default" };
  const labels = manager.spec?.selector.matchLabels ?? MANAGER_SELECTOR;
  await Promise.all([
    own,
    reader.take("managerPods", () => pods(reader, namespace, labels)),
    reader.take("leaderLease", () => reader.object<Lease>(LEASES, { namespace, name: LEADER_LEASE })),
    reader.take("servingSecret", () =>
      reader.object<V1Secret>(SECRETS, {
        namespace,
        name: variableOf(manager, SERVING_SECRET_VARIABLE) ?? `${ADDON_NAME}-serving`,
      }),
    ),
    reader.take("managerMissingRights", () =>
      reader.missingOf(account, managerRights(variableOf(manager, "FEEDBACK_MODE"))),
    ),
  ]);
}

async function readManaged(reader: Reader, { facts }: Seen): Promise<void> {
  const namespace = facts.addOn?.status?.namespace ?? DEFAULT_INSTALL_NAMESPACE;
  const kruise = { namespace: "kruise-system", name: "kruise-controller-manager" };
  await Promise.all([
    reader.take("agentNamespace", () => reader.object<V1Namespace>(NAMESPACES, { name: namespace })),
    reader.take("hubKubeconfig", () => reader.object<V1Secret>(SECRETS, { namespace, name: HUB_KUBECONFIG_SECRET })),
    reader.take("agent", () => reader.object<V1Deployment>(DEPLOYMENTS, { namespace, name: AGENT_NAME })),
    reader.take("agentPods", () => pods(reader, namespace, AGENT_SELECTOR)),
    reader.take("agentLease", () => reader.object<Lease>(LEASES, { namespace, name: ADDON_NAME })),
    reader.take("kruiseManager", () => reader.object<V1Deployment>(DEPLOYMENTS, kruise)),
  ]);
}

/** Pods that are wanted: not on their way out, and not what an eviction has left behind. */
async function pods(reader: Reader, namespace: string, labels: Record<string, string>): Promise<V1Pod[]> {
  const all = await reader.list<V1Pod>(PODS, { namespace, labels });
  return all.filter(({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.phase !== "Failed");
}

/** v1alpha1 wherever it is served: it needs no conversion, so one cause of trouble less to tell apart. */
function addonVersion(hub: Server | undefined): string {
  const versions = hub?.groups[ADDON_GROUP] ?? [];
  return versions.includes("v1alpha1") ? "v1alpha1" : (versions[0] ?? "v1alpha1");
}

function decoded<T>(raw: unknown, decode: (raw: unknown) => T): T | undefined {
  return raw === undefined ? undefined : decode(raw);
}
