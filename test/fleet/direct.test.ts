// The ways past the hub's kube-apiserver: agents report to the manager itself, readers come with their own token or
// certificate. The modes change while everything runs.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { staticSource } from "../../shared/kube/credentials.ts";
import type { Credentials, Kube } from "../../shared/kube/types.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import { aReport } from "../../manager/fleet/report.fixture.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { serviceAccountUser } from "./apiserver/authentication.ts";
import type { ApiObject } from "./apiserver/json.ts";
import { at, objectOf, stringOf } from "./apiserver/json.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { conditions, rows, verdict } from "./hub-views.ts";
import { cloneSet, shop } from "./workloads.ts";

const SOON = { timeout: 25_000, interval: 50 };
const WEB = "cloneset.shop.web";
const RBAC = "rbac.authorization.k8s.io";
const WORKLOADS = `/apis/${API_VERSION}/kruiseworkloads`;
const READER = {
  apiGroups: ["kruise-health.open-cluster-management.io"],
  resources: ["*"],
  verbs: ["get", "list", "watch"],
};
const AGENT_OF_C1 = "system:open-cluster-management:cluster:c1:addon:kruise-health:agent:kruise-health";

let fleet: LocalFleet;
/** What stands for a load balancer: its address stays, whichever manager there is. */
let balancer: TcpProxy;
let url: string;
const open: Kube[] = [];
const messages: string[] = [];

beforeAll(async () => {
  balancer = await startTcpProxy(() => ({ host: "127.0.0.1", port: fleet.hub.apiPort }));
  url = `https://127.0.0.1:${balancer.port}`;
  const log = pino({ level: "info" }, { write: (line) => void messages.push(line) });
  const manager = { FEEDBACK_MODE: "direct", FEEDBACK_URL: url };
  fleet = await startFleet({ clusters: ["c1", "c2"], speed: 20, log, manager });
  for (const cluster of ["c1", "c2"]) {
    fleet.cluster(cluster).server.registry.create(shop(), { manager: "user" });
    fleet.apply(cluster, cloneSet({ name: "web", image: "web:1" }));
    fleet.enable(cluster);
  }
});
afterAll(async () => {
  for (const kube of open) kube.close();
  await fleet.stop();
  balancer.close();
});

function create(object: ApiObject): void {
  fleet.hub.server.registry.create(object, { manager: "test" });
}

function stored(resource: string, namespace: string, name: string): ApiObject | undefined {
  return fleet.hub.server.registry.storage.get(resource, namespace, name);
}

const apiService = () => stored("apiservices.apiregistration.k8s.io", "", `v1alpha1.${API_VERSION.split("/")[0]}`);
const agentOf = (cluster: string) =>
  fleet.cluster(cluster).server.registry.storage.list("deployments.apps").find(isAgent);
const isAgent = ({ metadata }: ApiObject): boolean => metadata.name === "kruise-health-agent";
const servingSecret = () => stored("secrets", "kruise-health", "kruise-health-serving");
const servingCa = () => Buffer.from(stringOf(at(servingSecret()?.["data"], "ca.crt")), "base64").toString("utf8");

/** A user at the balancer's address. */
async function visit(credentials: Partial<Credentials> = {}): Promise<Kube> {
  const source = staticSource({ server: url, ca: servingCa(), ...credentials });
  const kube = await buildKube({ source, log: pino({ level: "silent" }), userAgent: "test" });
  open.push(kube);
  return kube;
}

const get = (kube: Kube, path: string) => kube.request<{ items: unknown[] }>({ method: "GET", path });

describe("mode direct", () => {
  test("agents report to the manager itself, conditions stay right, and there is no APIService", async () => {
    create({ apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata: { name: "reader" }, rules: [READER] });
    create({
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "reader" },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "reader" },
      subjects: [{ kind: "ServiceAccount", namespace: "tools", name: "board" }],
    });
    await expect.poll(servingCa, SOON).not.toBe("");
    const token = fleet.hub.server.authentication.issueToken(serviceAccountUser("tools", "board"));
    const board = await visit({ token });
    await expect
      .poll(() => rows(board), SOON)
      .toEqual([`c1/${WEB}: Healthy/AllAvailable`, `c2/${WEB}: Healthy/AllAvailable`]);
    for (const cluster of ["c1", "c2"]) {
      await expect
        .poll(() => conditions(fleet.kube, cluster), SOON)
        .toMatchObject({ Reporting: "True/ReportsArrive", WorkloadsHealthy: "True/AllHealthy" });
    }
    expect(apiService()).toBeUndefined();
    fleet.apply("c1", cloneSet({ name: "web", image: "web:2", partition: 4 }));
    await expect.poll(() => verdict(board, "c1", WEB), SOON).toBe("Suspended/PartitionHeld");
  });

  test("a reader with a certificate sees what RBAC gives him and no more", async () => {
    create({
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata: { name: "reader", namespace: "c1" },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "reader" },
      subjects: [{ apiGroup: RBAC, kind: "Group", name: "team-1" }],
    });
    const ann = await visit(await fleet.hub.server.issue({ name: "ann", groups: ["team-1"] }));
    const own = await get(ann, `/apis/${API_VERSION}/namespaces/c1/kruiseworkloads`);
    expect(own.items.length).toBe(1);
    for (const path of [WORKLOADS, `/apis/${API_VERSION}/namespaces/c2/kruiseworkloads`]) {
      await expect(get(ann, path)).rejects.toMatchObject({ status: 403 });
    }
  });

  test("nobody without a name gets in, be it with headers of the front proxy", async () => {
    const strangers = [await visit(), await visit({ token: "made-up" })];
    const headers = { "x-remote-user": "admin", "x-remote-group": "system:masters" };
    for (const kube of strangers) {
      await expect(kube.request({ method: "GET", path: WORKLOADS, headers })).rejects.toMatchObject({ status: 401 });
    }
  });

  test("an agent reports for its own cluster and for no other", async () => {
    const agent = await visit(await fleet.hub.server.issue({ name: AGENT_OF_C1, groups: [] }));
    const send = (cluster: string) =>
      agent.request({ method: "POST", path: reportPath(cluster), body: aReport([], { form: "recall" }) });
    await expect(send("c2")).rejects.toMatchObject({ status: 403 });
    await expect(send("c1")).resolves.toMatchObject({ kind: "KruiseHealthReport" });
  });

  test("a spoilt authority is made anew, and agents learn of the new one by their ManifestWork", async () => {
    const before = servingCa();
    const { registry } = fleet.hub.server;
    const secret = servingSecret();
    if (secret === undefined) throw new Error("there is no serving Secret");
    registry.update(
      registry.typeOf(secret),
      { namespace: "kruise-health", name: secret.metadata.name },
      (now) => ({ ...now, data: { ...objectOf(now["data"]), "ca.crt": Buffer.from("spoilt").toString("base64") } }),
      { manager: "somebody" },
    );
    await expect.poll(() => [before, "spoilt"].includes(servingCa()), SOON).toBe(false);
    const told = JSON.stringify(servingCa()).slice(1, -1);
    await expect.poll(() => JSON.stringify(agentOf("c1")), SOON).toContain(told);
    balancer.cut();
    fleet.apply("c1", cloneSet({ name: "web", image: "web:3", partition: 0 }));
    const token = fleet.hub.server.authentication.issueToken(serviceAccountUser("tools", "board"));
    const board = await visit({ token });
    await expect.poll(() => verdict(board, "c1", WEB), SOON).toBe("Healthy/AllAvailable");
  }, 60_000);
});

describe("the modes", () => {
  const change = async (settings: Record<string, string>): Promise<void> => {
    await fleet.hub.stopManager();
    await fleet.hub.startManager(settings);
  };
  const served = async (kube: Kube) => rows(kube).catch(() => []);

  test("both: the APIService is there, readers take the way they like", async () => {
    await change({ FEEDBACK_MODE: "both" });
    const accepted = balancer.accepted();
    await expect.poll(() => served(fleet.kube), SOON).toContain(`c1/${WEB}: Healthy/AllAvailable`);
    expect(apiService()).toBeDefined();
    expect(balancer.accepted()).toBeGreaterThan(accepted);
  }, 60_000);

  test("direct again: the APIService goes, and the data stays within reach", async () => {
    await change({ FEEDBACK_MODE: "direct" });
    await expect.poll(apiService, SOON).toBeUndefined();
    const token = fleet.hub.server.authentication.issueToken(serviceAccountUser("tools", "board"));
    const board = await visit({ token });
    await expect.poll(() => served(board), SOON).toContain(`c2/${WEB}: Healthy/AllAvailable`);
  }, 60_000);

  test("aggregated: agents come back to kube-apiserver, and no token is looked at any more", async () => {
    await change({ FEEDBACK_MODE: "aggregated", FEEDBACK_URL: "" });
    await expect.poll(() => JSON.stringify(agentOf("c1")), SOON).not.toContain("FEEDBACK_URL");
    await expect.poll(() => served(fleet.kube), SOON).toContain(`c1/${WEB}: Healthy/AllAvailable`);
    const token = fleet.hub.server.authentication.issueToken(serviceAccountUser("tools", "board"));
    const board = await visit({ token, tlsServerName: "kruise-health.kruise-health.svc" });
    await expect(get(board, WORKLOADS)).rejects.toMatchObject({ status: 401 });
    const accepted = balancer.accepted();
    balancer.cut();
    fleet.apply("c1", cloneSet({ name: "web", image: "web:4", partition: 4 }));
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Suspended/PartitionHeld");
    expect(balancer.accepted()).toBe(accepted);
  }, 60_000);
});

test("no log line has a token in it", () => {
  expect(messages.length).toBeGreaterThan(10);
  expect(messages.filter((line) => /made-up|bearer /i.test(line))).toEqual([]);
});
