// Trouble: agents that fall silent, managers that restart, hubs that fail, identities that reach too far.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { GROUP, VERSION, reportPath } from "../../shared/wire/group.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { at, stringOf } from "./apiserver/json.ts";
import { conditions, rows, verdict } from "./hub-views.ts";
import { cloneSet, shop } from "./workloads.ts";

const SOON = { timeout: 20_000, interval: 25 };
const WEB = "cloneset.shop.web";
const log = pino({ level: process.env["FLEET_LOG"] ?? "silent" });

let fleet: LocalFleet;

beforeAll(async () => {
  fleet = await startFleet({ clusters: ["c1", "c2"], speed: 20, log, clusterLeaseSeconds: 1 });
  for (const cluster of ["c1", "c2"]) {
    fleet.cluster(cluster).server.registry.create(shop(), { manager: "user" });
    fleet.apply(cluster, cloneSet({ name: "web", image: "web:1" }));
    fleet.enable(cluster);
  }
});
afterAll(async () => fleet.stop());

test("both clusters report", async () => {
  await expect
    .poll(() => rows(fleet.kube), SOON)
    .toEqual([`c1/${WEB}: Healthy/AllAvailable`, `c2/${WEB}: Healthy/AllAvailable`]);
});

describe("silence", () => {
  test("turns a cluster's rows and conditions Unknown, and no other cluster's; the agent's return heals both", async () => {
    await expect.poll(() => conditions(fleet.kube, "c1"), SOON).toMatchObject({ WorkloadsHealthy: "True/AllHealthy" });
    await fleet.silence("c1");
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Unknown/ReportStale");
    await expect
      .poll(() => conditions(fleet.kube, "c1"), SOON)
      .toMatchObject({
        Reporting: expect.stringMatching(/^False\//),
        KruiseReady: "Unknown/ReportStale",
        WorkloadsHealthy: "Unknown/ReportStale",
        Degraded: "Unknown/ReportStale",
      });
    expect(await verdict(fleet.kube, "c2", WEB)).toBe("Healthy/AllAvailable");
    expect(await conditions(fleet.kube, "c2")).toMatchObject({ WorkloadsHealthy: "True/AllHealthy" });

    fleet.revive("c1");
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Healthy/AllAvailable");
    await expect
      .poll(() => conditions(fleet.kube, "c1"), SOON)
      .toMatchObject({
        Reporting: expect.stringMatching(/^True\//),
        KruiseReady: "True/Ready",
        WorkloadsHealthy: "True/AllHealthy",
        Degraded: "False/AsExpected",
      });
  });
});

describe("a cluster that is cut off", () => {
  test("is Unknown to OCM and to us; when it is back, so is everything", async () => {
    await fleet.disconnect("c2");
    await expect
      .poll(() => conditions(fleet.kube, "c2"), SOON)
      .toMatchObject({
        Available: "Unknown/ManagedClusterLeaseUpdateStopped",
        WorkloadsHealthy: "Unknown/ReportStale",
      });
    expect(await verdict(fleet.kube, "c2", WEB)).toBe("Unknown/ReportStale");
    fleet.connect("c2");
    await expect
      .poll(() => conditions(fleet.kube, "c2"), SOON)
      .toMatchObject({ Available: "True/ManagedClusterAddOnLeaseUpdated", WorkloadsHealthy: "True/AllHealthy" });
  });
});

describe("a restart of the manager", () => {
  test("leaves an index that the agents fill again within a heartbeat", async () => {
    await fleet.restartManager();
    await expect
      .poll(() => rows(fleet.kube), SOON)
      .toEqual([`c1/${WEB}: Healthy/AllAvailable`, `c2/${WEB}: Healthy/AllAvailable`]);
    fleet.apply("c2", cloneSet({ name: "web", image: "web:2", partition: 4 }));
    await expect.poll(() => verdict(fleet.kube, "c2", WEB), SOON).toBe("Suspended/PartitionHeld");
  });
});

describe("a hub in trouble", () => {
  test("that fails and drops connections is found again", async () => {
    const remove = fleet.hub.server.faults.add({ status: 500, matches: (_, user) => user.includes(":agent:") });
    fleet.hub.server.dropConnections();
    fleet.apply("c1", cloneSet({ name: "web", image: "web:2", partition: 4 }));
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Unknown/ReportStale");
    remove();
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Suspended/PartitionHeld");
  });

  test("fault 16: that forgets its history makes nobody miss a change", async () => {
    for (const server of [fleet.hub.server, fleet.cluster("c1").server]) {
      server.expire();
      server.dropConnections();
    }
    fleet.apply("c1", cloneSet({ name: "web", image: "web:2" }));
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Healthy/AllAvailable");
  });
});

describe("an agent's identity", () => {
  let agent: Kube;
  beforeAll(async () => {
    const secret = fleet
      .cluster("c1")
      .server.registry.storage.list("secrets")
      .find(({ data }) => at(data, "tls.key"));
    const file = (name: string) => Buffer.from(stringOf(at(secret?.["data"], name)), "base64").toString("utf8");
    const { url, ca } = fleet.hub.server;
    const source = staticSource({ server: url, ca, cert: file("tls.crt"), key: file("tls.key") });
    agent = await buildKube({ source, log, userAgent: "stolen" });
    return () => agent.close();
  });
  const status = (method: "GET" | "POST", path: string, query: Record<string, string> = {}) =>
    agent.request({ method, path, query, ...(method === "POST" ? { body: {} } : {}) }).then(
      () => 200,
      (error: unknown) => (error instanceof ApiError ? error.status : 0),
    );
  const addons = `/apis/addon.open-cluster-management.io/v1alpha1/namespaces/c1/managedclusteraddons`;
  const own = `${addons}/kruise-health`;

  test("reads its own ManagedClusterAddOn and may report for its own cluster", async () => {
    expect(await status("GET", addons, { fieldSelector: "metadata.name=kruise-health" })).toBe(200);
    expect(await status("POST", reportPath("c1"))).not.toBe(403);
  });

  test.each([
    ["GET", addons],
    ["GET", own.replace("/c1/", "/c2/")],
    ["POST", reportPath("c2")],
    ["GET", `/apis/${GROUP}/${VERSION}/namespaces/c2/kruiseworkloads`],
    ["GET", `/apis/${GROUP}/${VERSION}/kruiseworkloads`],
    ["GET", "/api/v1/namespaces/c1/secrets"],
    ["GET", "/apis/cluster.open-cluster-management.io/v1/managedclusters"],
  ] as const)("is refused %s %s", async (method, path) => {
    expect(await status(method, path)).toBe(403);
  });
});
