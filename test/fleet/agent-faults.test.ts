// What happens to a managed cluster under the agent: CRDs that come and go, an API server that is busy, forgetful, silent
// or shut, an OpenKruise that stands still.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { installKruiseDefinitions } from "./actors/definitions.ts";
import { writeStatus } from "./actors/conditions.ts";
import type { Fault } from "./apiserver/faults.ts";
import type { ApiObject, Json } from "./apiserver/json.ts";
import type { RequestInfo } from "./apiserver/request-info.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { conditions, kindStates, rows, verdict } from "./hub-views.ts";
import { cloneSet, shop, statefulSet } from "./workloads.ts";

const SOON = { timeout: 25_000, interval: 25 };
/** Attempts that fail are some seconds apart, at random. */
const TEST_MS = 60_000;
/** A change of the CRDs is followed within this time. */
const KINDS_SOON = { timeout: 10_000, interval: 25 };
const CLUSTERS = ["busy", "crds", "bare", "still"];
const WEB = "cloneset.shop.web";
const CRD = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };

let fleet: LocalFleet;

beforeAll(async () => {
  const log = pino({ level: process.env["FLEET_LOG"] ?? "silent" });
  fleet = await startFleet({ clusters: CLUSTERS, withoutKruise: ["bare"], speed: 20, log });
  for (const cluster of CLUSTERS) {
    fleet.cluster(cluster).server.registry.create(shop(), { manager: "user" });
    if (cluster !== "bare") {
      fleet.apply(cluster, cloneSet({ name: "web", image: "web:1" }));
      fleet.apply(cluster, statefulSet({ name: "db", image: "db:1" }));
    }
    fleet.enable(cluster);
  }
});
afterAll(async () => fleet.stop());

const healthy = (cluster: string): string[] => [
  `${cluster}/${WEB}: Healthy/AllAvailable`,
  `${cluster}/statefulset.shop.db: Healthy/AllAvailable`,
];
const stateOf = (cluster: string, kind: string) => async () => (await kindStates(fleet.kube, cluster))[kind];
const isRequestFor =
  (plural: string) =>
  ({ resource }: RequestInfo) =>
    resource?.plural === plural;
const isList = ({ verb }: RequestInfo): boolean => verb === "list";

/** Lets the managed cluster's API server suffer, and everyone who watches it begin anew. */
function trouble(cluster: string, fault: Fault): () => void {
  const { server } = fleet.cluster(cluster);
  const end = server.faults.add({
    ...fault,
    matches: (info, user) => isAgent(user) && (fault.matches?.(info, user) ?? true),
  });
  // Something is written, so that nobody stands at the newest version.
  const metadata = { generateName: "write-", namespace: "shop" };
  server.registry.create({ apiVersion: "v1", kind: "ConfigMap", metadata } as ApiObject, { manager: "user" });
  server.expire();
  server.dropConnections();
  return end;
}

function isAgent(user: string): boolean {
  return user.includes("kruise-health");
}

/** Counts the agent's requests for a resource, from now on. */
function countRequests(cluster: string, plural: string): () => number {
  let count = 0;
  const matches = (info: RequestInfo, user: string): boolean => {
    if (isAgent(user) && isRequestFor(plural)(info)) count += 1;
    return false;
  };
  fleet.cluster(cluster).server.faults.add({ matches });
  return () => count;
}

function serveVersions(
  cluster: string,
  name: string,
  versions: Record<string, { served: boolean; storage: boolean }>,
): void {
  const { registry } = fleet.cluster(cluster).server;
  const change = (crd: ApiObject): ApiObject => {
    const spec = crd.spec as { versions: Record<string, Json>[] };
    const rendered = Object.entries(versions).map(([version, how]) => ({ ...spec.versions[0], name: version, ...how }));
    return { ...crd, spec: { ...spec, versions: rendered } };
  };
  registry.update(registry.typeOf(CRD), { namespace: "", name }, change, { manager: "user" });
}

test("all clusters report", async () => {
  for (const cluster of CLUSTERS.filter((name) => name !== "bare")) {
    await expect.poll(() => rows(fleet.kube, cluster), SOON).toEqual(healthy(cluster));
  }
});

describe("kinds", () => {
  test("fault 13: that are installed later are there within ten seconds, with their workloads", async () => {
    await expect.poll(stateOf("bare", "CloneSet"), SOON).toBe("NotInstalled");
    installKruiseDefinitions(fleet.cluster("bare").server.registry);
    await expect.poll(stateOf("bare", "CloneSet"), KINDS_SOON).toBe("Watching");
    fleet.apply("bare", cloneSet({ name: "web", image: "web:1" }));
    await expect.poll(() => rows(fleet.kube, "bare"), SOON).toHaveLength(1);
  });

  test("fault 12: that are removed take their rows with them, and nobody asks for them any more", async () => {
    const { registry } = fleet.cluster("crds").server;
    registry.delete(registry.typeOf(CRD), { namespace: "", name: "clonesets.apps.kruise.io" });
    await expect.poll(stateOf("crds", "CloneSet"), KINDS_SOON).toBe("NotInstalled");
    await expect.poll(() => rows(fleet.kube, "crds"), SOON).toEqual(healthy("crds").slice(1));
    const count = countRequests("crds", "clonesets");
    fleet.cluster("crds").server.dropConnections();
    fleet.apply("crds", statefulSet({ name: "db", image: "db:2", partition: 2 }));
    await expect.poll(() => verdict(fleet.kube, "crds", "statefulset.shop.db"), SOON).toBe("Suspended/PartitionHeld");
    expect(count()).toBe(0);
  });

  test("fault 39: that are not there on purpose are absent, and nothing is wrong with that", async () => {
    const { registry } = fleet.cluster("still").server;
    registry.delete(registry.typeOf(CRD), { namespace: "", name: "imagepulljobs.apps.kruise.io" });
    await expect.poll(stateOf("still", "ImagePullJob"), KINDS_SOON).toBe("NotInstalled");
    const expected = { WorkloadsHealthy: "True/AllHealthy", Degraded: "False/AsExpected" };
    await expect.poll(() => conditions(fleet.kube, "still"), SOON).toMatchObject(expected);
  });

  test("fault 14: that change their version are read on; of versions we cannot read nothing is said to be Healthy", async () => {
    const name = "statefulsets.apps.kruise.io";
    const count = countRequests("crds", "statefulsets");
    serveVersions("crds", name, {
      v1beta1: { served: false, storage: true },
      v1alpha1: { served: true, storage: false },
    });
    await expect.poll(count, KINDS_SOON).toBeGreaterThan(0);
    await expect.poll(stateOf("crds", "StatefulSet"), KINDS_SOON).toBe("Watching");
    expect(await rows(fleet.kube, "crds")).toHaveLength(1);

    serveVersions("crds", name, { v2: { served: true, storage: true } });
    await expect.poll(stateOf("crds", "StatefulSet"), KINDS_SOON).toBe("UnsupportedVersion");
    await expect.poll(() => rows(fleet.kube, "crds"), SOON).toEqual([]);
    await expect
      .poll(() => conditions(fleet.kube, "crds"), SOON)
      .toMatchObject({ WorkloadsHealthy: "Unknown/KindsNotReadable" });

    serveVersions("crds", name, { v1beta1: { served: true, storage: true } });
    await expect.poll(stateOf("crds", "StatefulSet"), KINDS_SOON).toBe("Watching");
    await expect.poll(() => rows(fleet.kube, "crds"), SOON).toHaveLength(1);
  });
});

describe("an API server", { timeout: TEST_MS }, () => {
  test.each([429, 503])(
    "fault 15: that answers %i is left alone as long as it says, and loses no change",
    async (status) => {
      const refused: number[] = [];
      const matches = (info: RequestInfo, user: string): boolean => {
        if (!isAgent(user) || !isRequestFor("clonesets")(info)) return false;
        refused.push(performance.now());
        return true;
      };
      const { server } = fleet.cluster("busy");
      server.faults.add({ status, retryAfterSeconds: 1, times: 2, matches });
      server.dropConnections();
      fleet.apply("busy", cloneSet({ name: "web", image: `web:${status}`, partition: 4 }));
      await expect.poll(() => verdict(fleet.kube, "busy", WEB), SOON).toBe("Suspended/PartitionHeld");
      const pauses = refused.slice(1).map((atMs, index) => atMs - (refused[index] ?? 0));
      expect(Math.min(...pauses)).toBeGreaterThan(950);
      expect(await kindStates(fleet.kube, "busy")).toMatchObject({ CloneSet: "Watching", StatefulSet: "Watching" });
      fleet.apply("busy", cloneSet({ name: "web", image: "web:1" }));
      await expect.poll(() => rows(fleet.kube, "busy"), SOON).toEqual(healthy("busy"));
    },
  );

  test("fault 16: that has forgotten its history is listed again, kind after kind, while the old verdicts stay", async () => {
    let [running, most] = [0, 0];
    const { server } = fleet.cluster("busy");
    const plurals = new Set(KRUISE_KINDS.map(({ plural }) => plural));
    const isKindList = (info: RequestInfo): boolean => isList(info) && plurals.has(info.resource?.plural ?? "");
    const matches = (info: RequestInfo): boolean => {
      if (!isKindList(info)) return false;
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => (running -= 1), 95);
      return true;
    };
    const end = trouble("busy", { delayMs: 100, matches });
    await expect.poll(stateOf("busy", "CloneSet"), SOON).toBe("Listing");
    expect(await rows(fleet.kube, "busy")).toEqual(healthy("busy"));
    expect(await conditions(fleet.kube, "busy")).toMatchObject({ WorkloadsHealthy: "True/AllHealthy" });
    await expect
      .poll(
        async () => Object.values(await kindStates(fleet.kube, "busy")).filter((state) => state === "Listing"),
        SOON,
      )
      .toEqual([]);
    end();
    expect(most).toBe(1);
    expect(await rows(fleet.kube, "busy")).toEqual(healthy("busy"));
    expect(server.registry.storage.list("clonesets.apps.kruise.io")).toHaveLength(1);
  });

  test("fault 31: that shuts one kind costs that kind only, and the whole is Unknown; it heals by itself", async () => {
    const end = trouble("busy", { status: 403, matches: isRequestFor("statefulsets") });
    await expect.poll(stateOf("busy", "StatefulSet"), SOON).toBe("Forbidden");
    const unknown = { WorkloadsHealthy: "Unknown/KindsNotReadable" };
    await expect.poll(() => conditions(fleet.kube, "busy"), SOON).toMatchObject(unknown);
    fleet.apply("busy", cloneSet({ name: "web", image: "web:2", partition: 4 }));
    await expect.poll(() => verdict(fleet.kube, "busy", WEB), SOON).toBe("Suspended/PartitionHeld");
    end();
    const known = { WorkloadsHealthy: "True/AllHealthy" };
    await expect.poll(() => conditions(fleet.kube, "busy"), SOON).toMatchObject(known);
    await expect.poll(stateOf("busy", "StatefulSet"), SOON).toBe("Watching");
  });

  test("fault 32: whose list breaks off in the middle makes no workload vanish", async () => {
    const { server } = fleet.cluster("busy");
    const names = Array.from({ length: 25 }, (_, index) => `many-${index}`);
    for (const name of names) fleet.apply("busy", cloneSet({ name, image: "web:1", replicas: 1 }));
    await expect.poll(() => rows(fleet.kube, "busy"), SOON).toHaveLength(27);
    let broken = 0;
    const isSecondPage = (info: RequestInfo): boolean => {
      const hits = isList(info) && isRequestFor("clonesets")(info) && info.query.has("continue") && broken < 1;
      if (hits) broken += 1;
      return hits;
    };
    const end = trouble("busy", { status: 410, matches: isSecondPage });
    const counts = new Set<number>();
    await expect
      .poll(async () => {
        counts.add((await rows(fleet.kube, "busy")).length);
        return [broken, await stateOf("busy", "CloneSet")()];
      }, SOON)
      .toEqual([1, "Watching"]);
    end();
    expect(counts).toEqual(new Set([27]));
    const type = server.registry.typeOf({ apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet" });
    for (const name of names) server.registry.delete(type, { namespace: "shop", name });
    await expect.poll(() => rows(fleet.kube, "busy"), SOON).toHaveLength(2);
  });
});

describe("a slow hub", () => {
  test("fault 18: is asked once at a time, and told the newest state when it answers", async () => {
    let [running, most] = [0, 0];
    const matches = ({ resource }: RequestInfo, user: string): boolean => {
      if (resource?.plural !== "kruisehealthreports" || !user.includes("cluster:busy:")) return false;
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => (running -= 1), 1_450);
      return true;
    };
    const end = fleet.hub.server.faults.add({ delayMs: 1_500, matches });
    for (const partition of [1, 2, 3]) {
      fleet.apply("busy", cloneSet({ name: "web", image: `web:${partition + 5}`, partition }));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    // The agent may still rest from a fault before this one.
    await expect.poll(() => most, SOON).toBe(1);
    await expect.poll(() => verdict(fleet.kube, "busy", WEB), SOON).toBe("Suspended/PartitionHeld");
    end();
    expect(most).toBe(1);
  });
});

describe("an OpenKruise that stands still", { timeout: TEST_MS }, () => {
  test("fault 37: makes nothing Healthy that it has not seen, and is named", async () => {
    const { server, stopKruise } = fleet.cluster("still");
    const { registry } = server;
    stopKruise();
    const [deployment] = registry.storage
      .list("deployments.apps")
      .filter(({ metadata }) => metadata.name === "kruise-controller-manager");
    if (deployment === undefined) throw new Error("the manager of OpenKruise is not there");
    const fields = { replicas: 2, readyReplicas: 0, availableReplicas: 0, updatedReplicas: 2 };
    writeStatus(registry, deployment, "deployment-controller", { fields });
    fleet.apply("still", cloneSet({ name: "web", image: "web:2" }));
    await expect.poll(() => verdict(fleet.kube, "still", WEB), SOON).toMatch(/^(Progressing|Unknown)\//);
    await expect
      .poll(() => conditions(fleet.kube, "still"), SOON)
      .toMatchObject({ KruiseReady: "False/ManagerUnavailable", Degraded: "True/KruiseManagerUnavailable" });
    expect(await verdict(fleet.kube, "still", WEB)).not.toMatch(/^Healthy/);
    expect(await verdict(fleet.kube, "still", "statefulset.shop.db")).toBe("Healthy/AllAvailable");
  });
});
