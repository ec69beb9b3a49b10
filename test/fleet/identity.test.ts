// The agent's identity on the hub changes, ends and is given anew; none of it needs a restart.
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { IssueOptions } from "../support/certificates.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { at, objectOf, stringOf } from "./apiserver/json.ts";
import { conditions, rows, verdict } from "./hub-views.ts";
import { cloneSet, shop } from "./workloads.ts";

const SOON = { timeout: 25_000, interval: 50 };
const WEB = "cloneset.shop.web";
const SECRET = "kruise-health-hub-kubeconfig";
const USER = "system:open-cluster-management:cluster:c1:addon:kruise-health:agent:kruise-health";
const GROUPS = [
  "system:open-cluster-management:cluster:c1:addon:kruise-health",
  "system:open-cluster-management:addon:kruise-health",
];
const CLUSTERS = { apiVersion: "cluster.open-cluster-management.io/v1", kind: "ManagedCluster" };

let fleet: LocalFleet;
let logged: { msg: string; server?: string; identity?: string; err?: { message: string } }[] = [];

beforeAll(async () => {
  const log = pino({ level: "info" }, { write: (line) => void logged.push(JSON.parse(line) as { msg: string }) });
  fleet = await startFleet({ clusters: ["c1"], speed: 20, log });
  fleet.cluster("c1").server.registry.create(shop(), { manager: "user" });
  fleet.apply("c1", cloneSet({ name: "web", image: "web:1" }));
  fleet.enable("c1");
});
afterAll(async () => fleet.stop());
beforeEach(() => {
  logged = [];
});

/** Gives the agent another certificate, as the klusterlet does: by writing it into the Secret. */
async function rotate(times: Pick<IssueOptions, "notBefore" | "notAfter">): Promise<void> {
  const { registry } = fleet.cluster("c1").server;
  const [secret] = registry.storage.list("secrets").filter(({ metadata }) => metadata.name === SECRET);
  if (secret === undefined) throw new Error(`No Secret ${SECRET}`);
  const options = { cn: USER, organizations: GROUPS, client: true, ...times };
  const { cert, key } = await fleet.hub.server.clientAuthority.issue(options);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const { namespace = "", name } = secret.metadata;
  registry.update(
    registry.typeOf(secret),
    { namespace, name },
    (now) => ({ ...now, data: { ...objectOf(now["data"]), "tls.crt": base64(cert), "tls.key": base64(key) } }),
    { manager: "registration" },
  );
}

function certificate(): string {
  const [secret] = fleet
    .cluster("c1")
    .server.registry.storage.list("secrets")
    .filter(({ metadata }) => metadata.name === SECRET);
  return stringOf(at(secret?.["data"], "tls.crt"));
}

const messages = (): string[] => logged.map(({ msg }) => msg);

describe("fault 5: the agent's certificate", () => {
  test("is rotated: reports go on, nobody notices", async () => {
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Healthy/AllAvailable");
    await rotate({});
    await expect.poll(messages, SOON).toContain("credentials reloaded");
    fleet.apply("c1", cloneSet({ name: "web", image: "web:2", partition: 4 }));
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Suspended/PartitionHeld");

    expect(messages()).not.toContain("hub does not take reports");
    expect(logged.filter(({ msg }) => msg === "credentials have expired")).toEqual([]);
  });

  test("expires: the log names it once; with a new one all heals by itself", async () => {
    const [notBefore, notAfter] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-02T00:00:00Z")];
    await rotate({ notBefore, notAfter });
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Unknown/ReportStale");
    const told = logged.filter(({ msg }) => msg === "credentials have expired");
    expect(told).toMatchObject([{ server: "hub", identity: USER, since: "2026-01-02T00:00:00Z" }]);
    const refused = logged.find(({ msg }) => msg === "hub does not take reports");
    expect(refused?.err?.message).toContain(
      `the client certificate of ${USER} for the hub has been expired since 2026-01-02T00:00:00Z`,
    );
    await rotate({});
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Suspended/PartitionHeld");
    await expect.poll(messages, SOON).toContain("hub takes reports again");
  }, 60_000);
});

describe("fault 28: the registration agent writes the same object at the same moment", () => {
  test("409s are tried again until the conditions stand, beside the ones of others", async () => {
    await expect.poll(() => conditions(fleet.kube, "c1"), SOON).toMatchObject({ WorkloadsHealthy: "True/AllHealthy" });
    let conflicts = 0;
    const remove = fleet.hub.server.faults.add({
      status: 409,
      times: 4,
      matches: ({ verb, resource }, user) => {
        const hit = verb === "patch" && resource?.subresource === "status" && user === USER;
        conflicts += Number(hit);
        return hit;
      },
    });
    fleet.apply("c1", { ...cloneSet({ name: "odd", image: "web:1" }), spec: { replicas: "many" } });
    await expect
      .poll(() => conditions(fleet.kube, "c1"), SOON)
      .toMatchObject({
        WorkloadsHealthy: "Unknown/WorkloadsUnknown",
        Available: expect.stringMatching(/^True\//),
      });
    expect(conflicts).toBeGreaterThanOrEqual(4);
    expect(messages()).not.toContain("conditions not written");
    remove();
  }, 60_000);
});

describe("fault 9: the cluster is detached and imported again", () => {
  test("all of it goes with the cluster; with a new identity all of it comes back", async () => {
    const { registry } = fleet.hub.server;
    const old = certificate();
    fleet.disable("c1");
    await expect.poll(() => rows(fleet.kube), SOON).toEqual([]);
    await expect.poll(certificate, SOON).toBe("");
    registry.delete(registry.typeOf(CLUSTERS), { namespace: "", name: "c1" });
    registry.delete(registry.typeOf({ apiVersion: "v1", kind: "Namespace" }), { namespace: "", name: "c1" });
    await expect.poll(() => registry.storage.get("namespaces", "", "c1"), SOON).toBeUndefined();

    fleet.hub.join("c1");
    fleet.enable("c1");
    await expect.poll(() => rows(fleet.kube), SOON).toContain(`c1/${WEB}: Suspended/PartitionHeld`);
    expect(certificate()).not.toBe("");
    expect(certificate()).not.toBe(old);
  }, 60_000);
});
