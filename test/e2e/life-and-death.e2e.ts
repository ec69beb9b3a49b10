// How the add-on, its agent, its cluster and OCM's agent there come and go, and what is left afterwards: nothing. Names
// begin with the number of the line of the add-on contract that they show.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isNotFound } from "../../shared/kube/errors.ts";
import { microTime } from "../../shared/kube/lease.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import {
  ADDON,
  addonPath,
  deployAddon,
  enableAddon,
  INSTALL_NAMESPACE,
  untilConditions,
  untilGone,
} from "./support/addon.ts";
import { MANAGER, readRequests } from "./support/audit.ts";
import { agentPod } from "./support/faults.ts";
import { remainsOn, remainsOnHub, untilNothingRemains } from "./support/remains.ts";
import { conditionText, followObject } from "./support/transcript.ts";
import type { Notes } from "./support/transcript.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "life-and-death-e2e";
const ADDON_API = "/apis/addon.open-cluster-management.io/v1alpha1";
const CLUSTER_API = "/apis/cluster.open-cluster-management.io";
const CLUSTERS = `${CLUSTER_API}/v1/managedclusters`;
const DEFINITION = `${ADDON_API}/clustermanagementaddons/${ADDON}`;
const FEATURE = `feature.open-cluster-management.io/addon-${ADDON}`;
/** Says why a finalizer is there; only this test takes it away. */
const HOLD = "kruise-health.test/hold";
/** OCM's agent calls an add-on, and the hub a cluster, dead five minutes after the last sign of life. */
const DEAD_AFTER_MS = 301_000;
const SOON = { limitMs: 60_000 };
const AVAILABLE = "True/ManagedClusterAddOnLeaseUpdated";
const stack = suiteStack();
let hub: Kube;
let managed: Record<string, Kube>;

type WithStatus = KubeObject & { status?: { conditions?: Condition[] } };

const workPath = (cluster: string): string =>
  `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks/addon-${ADDON}-deploy-0`;
const rolePath = (cluster: string): string =>
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${cluster}/roles/${ADDON}-agent`;
const kube = (cluster: string): Kube => {
  const found = managed[cluster];
  if (!found) throw new Error(`No cluster ${cluster}`);
  return found;
};

beforeAll(async () => {
  hub = await stack.hub.admin();
  managed = Object.fromEntries(
    await Promise.all(["c1", "c2", "c3"].map(async (name) => [name, await stack.cluster(name).admin()] as const)),
  );
  await enableAddon(stack, hub, ["c1", "c2"]);
});

afterAll(async () => {
  await stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3");
  for (const one of [hub, ...Object.values(managed)]) one.close();
});

async function untilAtWork(cluster: string): Promise<void> {
  await untilConditions(hub, cluster, {
    RegistrationApplied: "True/SetPermissionApplied",
    ManifestApplied: "True/AddonManifestApplied",
    Progressing: "False/Completed",
    Reporting: "True/",
  });
}

async function patch(target: Kube, path: string, body: object): Promise<void> {
  await target.request({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
}

/** Makes a Lease look as it does when nobody has renewed it for that long. */
async function age(target: Kube, namespace: string, name: string): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  await patch(target, path, { spec: { renewTime: microTime(Date.now() - DEAD_AFTER_MS) } });
}

function followFeature(cluster: string): Notes {
  return followObject(hub, { path: CLUSTERS, name: cluster }, ({ metadata }) => metadata.labels?.[FEATURE] ?? "none");
}

/** Follows what OCM says of the add-on of a cluster where all is well: its Available condition, the cluster's label. */
async function followWell(cluster: string): Promise<{ available: Notes; feature: Notes; stop: () => void }> {
  await untilConditions(hub, cluster, { Available: AVAILABLE, Reporting: "True/" });
  await until(
    `${cluster} to be labelled`,
    async () => {
      const { metadata } = await hub.request<KubeObject>({ method: "GET", path: `${CLUSTERS}/${cluster}` });
      return lookAt(metadata.labels?.[FEATURE] === "available", metadata.labels);
    },
    SOON,
  );
  const path = addonPath(cluster).replace(/\/[^/]+$/, "");
  const available = followObject<WithStatus>(hub, { path, name: ADDON }, (addon) => conditionText(addon, "Available"));
  const feature = followFeature(cluster);
  await untilNoted(available, AVAILABLE);
  await untilNoted(feature, "available");
  return { available, feature, stop: () => [available, feature].forEach((notes) => notes.stop()) };
}

async function untilNoted(notes: Notes, wanted: string): Promise<void> {
  await until(`${wanted} to be told`, () => lookAt(notes.notes().at(-1) === wanted, notes.notes()), SOON);
}

/** What the manager has created, changed or deleted in a cluster namespace, but for what it says of the add-on there. */
async function managerWrites(cluster: string, sinceMs: number): Promise<string[]> {
  const all = await readRequests(stack.hub, MANAGER);
  return all
    .filter(({ namespace, atMs }) => namespace === cluster && atMs >= sinceMs)
    .filter(({ verb }) => !["get", "list", "watch"].includes(verb))
    .filter(({ resource }) => resource !== "managedclusteraddons/status" && resource !== "events")
    .map(({ verb, resource, name }) => `${verb} ${resource} ${name}`);
}

// On a cluster each, side by side: OCM takes its time for them.

test.concurrent("24 and 26: a cluster whose klusterlet stops makes the add-on's Available Unknown for the cluster's reason, until it is back", async () => {
  const c2 = kube("c2");
  await createNamespace(c2, NAMESPACE);
  await applyCloneSet(c2, { namespace: NAMESPACE, name: "shop", replicas: 1 });
  await untilConditions(hub, "c2", { WorkloadsHealthy: "True/", Available: AVAILABLE });
  const { available, feature, stop } = await followWell("c2");
  for (const name of ["registration-agent", "work-agent"]) await stack.component(`c2/${name}`).stop();
  await age(hub, "c2", "managed-cluster-lease");
  await untilConditions(hub, "c2", { Available: "Unknown/ManagedClusterLeaseUpdateStopped" });
  await untilNoted(feature, "unreachable");
  // Our agent still runs, so both it and the manager write to the same status: that must not touch Available.
  const nowhere = { nodeSelector: { "kubernetes.io/hostname": "no-such-node" } };
  await applyCloneSet(c2, { namespace: NAMESPACE, name: "shop", replicas: 1, image: "shop/app:2", ...nowhere });
  await untilConditions(hub, "c2", { WorkloadsHealthy: "False/", Degraded: "True/", Reporting: "True/" });
  await applyCloneSet(c2, { namespace: NAMESPACE, name: "shop", replicas: 1, image: "shop/app:3" });
  await untilConditions(hub, "c2", { WorkloadsHealthy: "True/", Degraded: "False/" });
  for (const name of ["registration-agent", "work-agent"]) await stack.component(`c2/${name}`).start();
  await untilConditions(hub, "c2", { Available: AVAILABLE }, SOON.limitMs);
  await untilNoted(feature, "available");
  expect(available.notes()).toEqual([AVAILABLE, "Unknown/ManagedClusterLeaseUpdateStopped", AVAILABLE]);
  expect(feature.notes()).toEqual(["available", "unreachable", "available"]);
  stop();
  await deleteNamespace(c2, NAMESPACE);
});

test.concurrent("25 and 26: an agent that has died makes Available False, until it is back", async () => {
  const c1 = kube("c1");
  const { available, feature, stop } = await followWell("c1");
  const { metadata } = await agentPod(c1);
  const pod = `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods/${metadata.name}`;
  await patch(c1, pod, { metadata: { annotations: { [HOLD]: "true" } } });
  await untilConditions(hub, "c1", { Reporting: "False/" });
  // OCM looks each thirty seconds, and waits five minutes: those are taken off here.
  await age(c1, INSTALL_NAMESPACE, ADDON);
  await untilConditions(hub, "c1", { Available: "False/ManagedClusterAddOnLeaseUpdateStopped" }, SOON.limitMs);
  await untilNoted(feature, "unhealthy");
  await patch(c1, pod, { metadata: { annotations: { [HOLD]: null } } });
  await untilConditions(hub, "c1", { Available: AVAILABLE, Reporting: "True/" }, SOON.limitMs);
  await untilNoted(feature, "available");
  expect(available.notes()).toEqual([AVAILABLE, "False/ManagedClusterAddOnLeaseUpdateStopped", AVAILABLE]);
  expect(feature.notes()).toEqual(["available", "unhealthy", "available"]);
  stop();
});

test.concurrent("5: a ManagedCluster that is deleted goes, with all of the add-on; imported again, it can be enabled again", async () => {
  const path = `${CLUSTERS}/c3`;
  await deployAddon(stack, hub, ["c3"]);
  const cluster = await hub.request<KubeObject & { spec: object }>({ method: "GET", path });
  const deletedMs = Date.now();
  await hub.request({ method: "DELETE", path });
  await untilGone(hub, path);
  await untilNothingRemains(hub, "c3", kube("c3"));
  expect(await managerWrites("c3", deletedMs)).toEqual([]);

  const labels = { "cluster.open-cluster-management.io/clusterset": "default" };
  const { apiVersion, kind, spec } = cluster;
  const again = { apiVersion, kind, metadata: { name: "c3", labels }, spec };
  await hub.request({ method: "POST", path: CLUSTERS, body: again });
  await until(
    "c3 to be Available again",
    async () => {
      const text = conditionText(await hub.request({ method: "GET", path }), "ManagedClusterConditionAvailable");
      return lookAt(text.startsWith("True/"), text);
    },
    SOON,
  );
  await deployAddon(stack, hub, ["c3"]);
});

describe("a ManagedClusterAddOn", () => {
  test("4 and 26: that is deleted is let go: nothing is made again meanwhile, and nothing of it remains anywhere", async () => {
    const feature = followFeature("c1");
    await deployAddon(stack, hub, ["c1", "c2"]);
    const before = await remainsOnHub(hub, "c1");
    expect(before).toContain(`roles.rbac.authorization.k8s.io c1/${ADDON}-agent`);
    expect(await remainsOn(kube("c1"))).toContain(`leases.coordination.k8s.io ${INSTALL_NAMESPACE}/${ADDON}`);
    // Held by a finalizer of the test, so that there is a time in which something could be made again.
    await patch(hub, addonPath("c1"), { metadata: { finalizers: [HOLD] } });
    const deletedMs = Date.now();
    await hub.request({ method: "DELETE", path: addonPath("c1") });
    const roleOfC2 = await hub.request<KubeObject>({ method: "GET", path: rolePath("c2") });
    for (const path of [workPath("c1"), rolePath("c1"), rolePath("c2")]) await hub.request({ method: "DELETE", path });
    // The manager has seen it all once it has repaired what was deleted last, on another cluster.
    await until(
      "another Role of c2",
      async () => {
        const { metadata } = await hub.request<KubeObject>({ method: "GET", path: rolePath("c2") });
        return metadata.uid === roleOfC2.metadata.uid ? unmet("the old one") : met(metadata);
      },
      SOON,
    );
    for (const path of [workPath("c1"), rolePath("c1")]) await untilGone(hub, path);
    const { metadata } = await hub.request<KubeObject>({ method: "GET", path: addonPath("c1") });
    expect(metadata.finalizers).toEqual([HOLD]);
    await patch(hub, addonPath("c1"), { metadata: { finalizers: null } });
    await untilGone(hub, addonPath("c1"));
    await untilNothingRemains(hub, "c1", kube("c1"));
    expect(await managerWrites("c1", deletedMs)).toEqual([]);
    expect(feature.notes().at(-1)).toBe("none");
    feature.stop();
  });

  test("38: comes and goes as a Placement says, made by OCM alone, and the manager follows", async () => {
    const placed = `${CLUSTER_API}/v1beta1/namespaces/${NAMESPACE}/placements`;
    const startedMs = Date.now();
    const select = async (cluster: string, value: "yes" | null): Promise<void> =>
      patch(hub, `${CLUSTERS}/${cluster}`, { metadata: { labels: { [NAMESPACE]: value } } });
    await createNamespace(hub, NAMESPACE);
    await hub.request({
      method: "POST",
      path: `${CLUSTER_API}/v1beta2/namespaces/${NAMESPACE}/managedclustersetbindings`,
      body: {
        apiVersion: "cluster.open-cluster-management.io/v1beta2",
        kind: "ManagedClusterSetBinding",
        metadata: { name: "default" },
        spec: { clusterSet: "default" },
      },
    });
    const requiredClusterSelector = { labelSelector: { matchLabels: { [NAMESPACE]: "yes" } } };
    await hub.request({
      method: "POST",
      path: placed,
      body: {
        apiVersion: "cluster.open-cluster-management.io/v1beta1",
        kind: "Placement",
        metadata: { name: "some" },
        spec: { predicates: [{ requiredClusterSelector }] },
      },
    });
    await Promise.all([select("c1", "yes"), select("c2", "yes")]);
    await patch(hub, DEFINITION, {
      spec: { installStrategy: { type: "Placements", placements: [{ namespace: NAMESPACE, name: "some" }] } },
    });
    // What was enabled by hand before and is not placed OCM takes away.
    await Promise.all([untilAtWork("c1"), untilAtWork("c2"), untilNothingRemains(hub, "c3", kube("c3"))]);
    await Promise.all([select("c3", "yes"), select("c1", null)]);
    await Promise.all([untilAtWork("c2"), untilAtWork("c3"), untilNothingRemains(hub, "c1", kube("c1"))]);

    await patch(hub, DEFINITION, { spec: { installStrategy: { type: "Manual", placements: null } } });
    await Promise.all(["c2", "c3"].map(async (cluster) => select(cluster, null)));
    await deleteNamespace(hub, NAMESPACE);
    const touched = (await readRequests(stack.hub, MANAGER)).filter(
      ({ resource, atMs }) => resource.startsWith("managedclusteraddons") && atMs >= startedMs,
    );
    const writes = touched.filter(({ verb }) => !["get", "list", "watch"].includes(verb));
    expect(new Set(writes.map(({ verb, resource }) => `${verb} ${resource}`))).toEqual(
      new Set(["patch managedclusteraddons/status"]),
    );
  });
});

describe("the ClusterManagementAddOn", () => {
  test("5: that is deleted takes the add-on from every cluster, and put back it is as before", async () => {
    const clusters = ["c1", "c2", "c3"];
    await deployAddon(stack, hub, clusters);
    const { apiVersion, kind, metadata, spec } = await hub.request<KubeObject & { spec: object }>({
      method: "GET",
      path: DEFINITION,
    });
    await hub.request({ method: "DELETE", path: DEFINITION });
    await Promise.all(clusters.map(async (cluster) => untilNothingRemains(hub, cluster, kube(cluster))));
    await expect(hub.request({ method: "GET", path: DEFINITION })).rejects.toSatisfy(isNotFound);

    const { name, labels, annotations } = metadata;
    const body = { apiVersion, kind, metadata: { name, labels, annotations }, spec };
    await hub.request({ method: "POST", path: DEFINITION.replace(/\/[^/]+$/, ""), body });
    await deployAddon(stack, hub, ["c1", "c2"]);
  });
});
