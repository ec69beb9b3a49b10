// The whole path in one process: from a workload's status on a managed cluster to what a hub user reads.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mergePatch } from "../../shared/kube/apply.ts";
import type { Resource } from "../../shared/kube/types.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { conditionOf, writeStatus } from "./actors/conditions.ts";
import { ADDONS } from "./actors/hub.ts";
import { at, listOf, stringOf } from "./apiserver/json.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { conditions, follow, kindStates, rows, verdict } from "./hub-views.ts";
import { cloneSet, daemonSet, failedCreate, shop, sidecarSet, statefulSet, unitedDeployment } from "./workloads.ts";

const SOON = { timeout: 15_000, interval: 25 };
const CLUSTERS = ["c1", "c2", "c3", "bare"];

let fleet: LocalFleet;

beforeAll(async () => {
  fleet = await startFleet({
    clusters: CLUSTERS,
    withoutKruise: ["bare"],
    speed: 20,
    log: pino({ level: process.env["FLEET_LOG"] ?? "silent" }),
    settings: { UPDATE_STALLED_AFTER_SECONDS: "2", UNAVAILABLE_AFTER_SECONDS: "2" },
  });
  for (const cluster of CLUSTERS) fleet.cluster(cluster).server.registry.create(shop(), { manager: "user" });
});
afterAll(async () => fleet.stop());

const verdictOf = (cluster: string, name: string) => () => verdict(fleet.kube, cluster, name);
const conditionsOf = (cluster: string) => () => conditions(fleet.kube, cluster);

describe("enabling the add-on", () => {
  test("brings the agent, its rows and its conditions to the hub", async () => {
    fleet.apply("c1", cloneSet({ name: "web", image: "web:1" }));
    fleet.apply("c1", statefulSet({ name: "db", image: "db:1" }));
    fleet.apply("c1", sidecarSet({ name: "mesh", image: "mesh:1", app: "web" }));
    fleet.apply("c1", unitedDeployment({ name: "api", image: "api:1" }));
    fleet.enable("c1");
    await expect
      .poll(() => rows(fleet.kube, "c1"), SOON)
      .toEqual([
        "c1/cloneset.shop.api-zone-a: Healthy/AllAvailable",
        "c1/cloneset.shop.api-zone-b: Healthy/AllAvailable",
        "c1/cloneset.shop.web: Healthy/AllAvailable",
        "c1/sidecarset.mesh: Healthy/AllUpdated",
        "c1/statefulset.shop.db: Healthy/AllAvailable",
        "c1/uniteddeployment.shop.api: Healthy/AllAvailable",
      ]);
    await expect.poll(conditionsOf("c1"), SOON).toMatchObject({
      Available: "True/ManagedClusterAddOnLeaseUpdated",
      Progressing: "False/Completed",
      RegistrationApplied: "True/SetPermissionApplied",
      ManifestApplied: "True/AddonManifestApplied",
      Reporting: expect.stringMatching(/^True\//),
      KruiseReady: "True/Ready",
      WorkloadsHealthy: "True/AllHealthy",
      Degraded: "False/AsExpected",
    });
    const states = await kindStates(fleet.kube, "c1");
    expect(states).toMatchObject({ CloneSet: "Watching", PodUnavailableBudget: "Watching", Rollout: "NotInstalled" });
    expect(Object.values(states).filter((state) => state === "Watching")).toHaveLength(16);
  });

  test("on a cluster without Kruise says NotInstalled", async () => {
    fleet.enable("bare");
    await expect.poll(conditionsOf("bare"), SOON).toMatchObject({
      Progressing: "False/Completed",
      KruiseReady: "False/NotInstalled",
      WorkloadsHealthy: "Unknown/NotInstalled",
      Degraded: "False/NotInstalled",
    });
    expect(await rows(fleet.kube, "bare")).toEqual([]);
  });
});

describe("a rollout", () => {
  test("of a broken image goes from Progressing to Degraded, and to Healthy only when it is repaired", async () => {
    fleet.apply("c1", cloneSet({ name: "shaky", image: "shaky:1" }));
    await expect.poll(verdictOf("c1", "cloneset.shop.shaky"), SOON).toBe("Healthy/AllAvailable");
    const seen: string[] = [];
    const stop = new AbortController();
    const following = follow(fleet.kube, { cluster: "c1", name: "cloneset.shop.shaky" }, seen, stop.signal);
    await expect.poll(() => seen, SOON).toEqual(["Healthy/AllAvailable"]);
    fleet.apply("c1", cloneSet({ name: "shaky", image: "shaky:broken" }));
    await expect.poll(verdictOf("c1", "cloneset.shop.shaky"), SOON).toBe("Degraded/UpdateStalled");
    expect(seen.slice(1).map((each) => each.split("/")[0])).not.toContain("Healthy");
    expect(seen).toContain("Progressing/Updating");
    await expect.poll(conditionsOf("c1"), SOON).toMatchObject({
      WorkloadsHealthy: "False/WorkloadsDegraded",
      Degraded: "True/WorkloadsDegraded",
      Available: "True/ManagedClusterAddOnLeaseUpdated",
    });

    const brokenUntil = seen.length;
    fleet.apply("c1", cloneSet({ name: "shaky", image: "shaky:2" }));
    await expect.poll(verdictOf("c1", "cloneset.shop.shaky"), SOON).toBe("Healthy/AllAvailable");
    await expect.poll(() => seen.at(-1), SOON).toBe("Healthy/AllAvailable");
    expect(seen.slice(brokenUntil).filter((each) => each.startsWith("Healthy"))).toHaveLength(1);
    await expect.poll(conditionsOf("c1"), SOON).toMatchObject({ WorkloadsHealthy: "True/AllHealthy" });
    stop.abort();
    await following;
  });

  test("held by a partition is Suspended and not unhealthy; a broken canary under it is Degraded", async () => {
    fleet.apply("c2", cloneSet({ name: "web", image: "web:1" }));
    fleet.apply("c2", cloneSet({ name: "canary", image: "canary:1" }));
    fleet.enable("c2");
    await expect.poll(verdictOf("c2", "cloneset.shop.canary"), SOON).toBe("Healthy/AllAvailable");
    fleet.apply("c2", cloneSet({ name: "web", image: "web:2", partition: 3 }));
    await expect.poll(verdictOf("c2", "cloneset.shop.web"), SOON).toBe("Suspended/PartitionHeld");
    await expect.poll(conditionsOf("c2"), SOON).toMatchObject({ WorkloadsHealthy: "True/AllHealthy" });

    const seen: string[] = [];
    const stop = new AbortController();
    const following = follow(fleet.kube, { cluster: "c2", name: "cloneset.shop.canary" }, seen, stop.signal);
    await expect.poll(() => seen, SOON).toEqual(["Healthy/AllAvailable"]);
    fleet.apply("c2", cloneSet({ name: "canary", image: "canary:broken", partition: 4 }));
    await expect.poll(verdictOf("c2", "cloneset.shop.canary"), SOON).toBe("Degraded/UpdateStalled");
    expect(seen.slice(1).filter((each) => /^(Healthy|Suspended)/.test(each))).toEqual([]);
    await expect.poll(conditionsOf("c2"), SOON).toMatchObject({ WorkloadsHealthy: "False/WorkloadsDegraded" });
    stop.abort();
    await following;
  });

  test("of a broken StatefulSet and a broken sidecar ends Degraded as well", async () => {
    fleet.apply("c3", cloneSet({ name: "web", image: "web:1" }));
    fleet.apply("c3", sidecarSet({ name: "mesh", image: "mesh:1", app: "web" }));
    fleet.apply("c3", statefulSet({ name: "db", image: "db:1" }));
    fleet.enable("c3");
    await expect.poll(verdictOf("c3", "statefulset.shop.db"), SOON).toBe("Healthy/AllAvailable");
    await expect.poll(verdictOf("c3", "sidecarset.mesh"), SOON).toBe("Healthy/AllUpdated");
    fleet.apply("c3", statefulSet({ name: "db", image: "db:broken" }));
    fleet.apply("c3", sidecarSet({ name: "mesh", image: "mesh:broken", app: "web" }));
    await expect.poll(verdictOf("c3", "statefulset.shop.db"), SOON).toMatch(/^Degraded\//);
    await expect.poll(verdictOf("c3", "sidecarset.mesh"), SOON).toMatch(/^Degraded\//);
  });
});

describe("a DaemonSet", () => {
  test("whose status froze is Degraded by the event that tells why", async () => {
    const { registry } = fleet.cluster("c1").server;
    const logs = daemonSet({ name: "logs", image: "logs:1" });
    fleet.apply("c1", logs);
    const stored = registry.get(registry.typeOf(logs), { namespace: "shop", name: "logs" });
    const numbers = { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 3 };
    const fields = { observedGeneration: 1, ...numbers, numberReady: 3, numberAvailable: 3, numberMisscheduled: 0 };
    writeStatus(registry, stored, "kruise-manager", { fields });
    await expect.poll(verdictOf("c1", "daemonset.shop.logs"), SOON).toBe("Healthy/AllAvailable");
    registry.create(failedCreate(stored, "exceeded quota: pods"), { manager: "kruise-manager" });
    await expect.poll(verdictOf("c1", "daemonset.shop.logs"), SOON).toBe("Degraded/FailedCreatePod");
    registry.delete(registry.typeOf(logs), { namespace: "shop", name: "logs" });
    await expect.poll(verdictOf("c1", "daemonset.shop.logs"), SOON).toBeUndefined();
  });
});

describe("the add-on's configuration", () => {
  const CONFIGS: Resource = {
    group: "addon.open-cluster-management.io",
    version: "v1alpha1",
    plural: "addondeploymentconfigs",
  };
  const configure = (settings: Record<string, string>) => {
    const customizedVariables = Object.entries(settings).map(([name, value]) => ({ name, value }));
    return mergePatch(
      fleet.kube,
      CONFIGS,
      { namespace: "kruise-health", name: "kruise-health" },
      { spec: { customizedVariables } },
    );
  };
  const agents = () =>
    fleet.cluster("c2").server.registry.storage.list("deployments.apps", "open-cluster-management-agent-addon");
  const environment = () => JSON.stringify(agents().map(({ spec }) => at(spec, "template", "spec", "containers")));

  test("changes running agents, and OCM calls the rollout complete", async () => {
    await configure({ UPDATE_STALLED_AFTER_SECONDS: "2", UNAVAILABLE_AFTER_SECONDS: "3" });
    await expect.poll(environment, SOON).toContain('{"name":"UNAVAILABLE_AFTER_SECONDS","value":"3"}');
    const references = () =>
      at(fleet.hub.server.registry.storage.get(ADDONS, "c2", ADDON_NAME)?.status, "configReferences");
    await expect
      .poll(() => at(listOf(references())[0], "lastAppliedConfig"), SOON)
      .toEqual(at(listOf(references())[0], "desiredConfig"));
    await expect.poll(conditionsOf("c2"), SOON).toMatchObject({ Progressing: "False/Completed" });
    await expect.poll(verdictOf("c2", "cloneset.shop.web"), SOON).toBe("Suspended/PartitionHeld");
  });

  test("that is wrong is named on the hub and changes no agent", async () => {
    const before = environment();
    await configure({ UPDATE_STALLED_AFTER_SECONDS: "soon", NO_SUCH_SETTING: "1" });
    await expect.poll(conditionsOf("c2"), SOON).toMatchObject({ ManifestApplied: "False/ManifestWorkApplyFailed" });
    const addon = fleet.hub.server.registry.storage.get(ADDONS, "c2", ADDON_NAME);
    const message = stringOf(conditionOf(addon, "ManifestApplied")?.["message"]);
    expect(message).toContain("UPDATE_STALLED_AFTER_SECONDS");
    expect(message).toContain("NO_SUCH_SETTING");
    expect(environment()).toBe(before);
    await configure({ UPDATE_STALLED_AFTER_SECONDS: "2", UNAVAILABLE_AFTER_SECONDS: "2" });
    await expect.poll(conditionsOf("c2"), SOON).toMatchObject({ ManifestApplied: "True/AddonManifestApplied" });
  });
});

describe("disabling the add-on", () => {
  test("leaves nothing on the hub and nothing on the cluster but the namespace", async () => {
    const { registry } = fleet.cluster("c3").server;
    fleet.disable("c3");
    await expect.poll(() => rows(fleet.kube, "c3"), SOON).toEqual([]);
    const onHub = [
      "managedclusteraddons.addon.open-cluster-management.io",
      "manifestworks.work.open-cluster-management.io",
    ];
    const rbac = ["roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"];
    const left = () =>
      [...onHub, ...rbac].flatMap((resource) => fleet.hub.server.registry.storage.list(resource, "c3"));
    await expect.poll(left, SOON).toEqual([]);
    const resources = ["deployments.apps", "secrets", "serviceaccounts", ...rbac];
    const namespace = "open-cluster-management-agent-addon";
    const onCluster = () => resources.flatMap((resource) => registry.storage.list(resource, namespace));
    await expect.poll(onCluster, SOON).toEqual([]);
    expect(registry.storage.get("namespaces", "", namespace)).toBeDefined();
    expect(registry.storage.get("clusterroles.rbac.authorization.k8s.io", "", "kruise-health-agent")).toBeUndefined();
  });

  test("and enabling it again works", async () => {
    fleet.enable("c3");
    await expect.poll(verdictOf("c3", "cloneset.shop.web"), SOON).toBe("Healthy/AllAvailable");
    await expect.poll(conditionsOf("c3"), SOON).toMatchObject({ Progressing: "False/Completed" });
  });
});
