// An agent reaches its own cluster's namespace on the hub and nothing else; nobody gets another cluster's identity.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { kubeconfigSource } from "../../shared/kube/credentials.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import type { AnswerStatus } from "../../shared/wire/report.ts";
import { aReport } from "../../manager/fleet/report.fixture.ts";
import { makeRequest } from "../support/certificate-requests.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, enableAddon, INSTALL_NAMESPACE, untilVerdict, workloadsPath } from "./support/addon.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const stack = suiteStack();
let hub: Kube;
let agent: Kube;
let folder: string;

beforeAll(async () => {
  hub = await stack.hub.admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  folder = await mkdtemp(join(tmpdir(), "kruise-health-identity-"));
  agent = await openIdentityOfAgent();
});

afterAll(async () => {
  hub.close();
  agent.close();
  await rm(folder, { recursive: true });
});

/** Connects to the hub as the agent of c1: with the very files that OCM made for it. */
async function openIdentityOfAgent(): Promise<Kube> {
  const c1 = await stack.cluster("c1").admin();
  const secret = await c1.request<KubeObject & { data: Record<string, string> }>({
    method: "GET",
    path: `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`,
  });
  c1.close();
  for (const [name, content] of Object.entries(secret.data))
    await writeFile(join(folder, name), Buffer.from(content, "base64"));
  return buildKube({
    source: kubeconfigSource(join(folder, "kubeconfig")),
    log: pino({ level: "silent" }),
    userAgent: "e2e",
  });
}

const condition = {
  type: "WorkloadsHealthy",
  status: "True",
  reason: "Forged",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const patch = (cluster: string) => ({
  method: "PATCH" as const,
  path: `${addonPath(cluster)}/status`,
  query: { fieldManager: "e2e-intruder", force: true },
  contentType: "application/apply-patch+yaml",
  body: {
    apiVersion: "addon.open-cluster-management.io/v1alpha1",
    kind: "ManagedClusterAddOn",
    metadata: { name: ADDON, namespace: cluster },
    status: { conditions: [condition] },
  },
});
const refusals: [string, Parameters<Kube["request"]>[0]][] = [
  ["read the add-on of c2", { method: "GET", path: addonPath("c2") }],
  ["write the conditions of c2", patch("c2")],
  ["read the workloads of c2", { method: "GET", path: workloadsPath("c2") }],
  ["read the workloads of all clusters", { method: "GET", path: `/apis/${API_VERSION}/kruiseworkloads` }],
  [
    "report for c2",
    { method: "POST", path: reportPath("c2"), body: { apiVersion: API_VERSION, kind: "KruiseHealthReport" } },
  ],
  ["change the spec of its own add-on", { ...patch("c1"), path: addonPath("c1") }],
  ["read secrets of its own cluster namespace", { method: "GET", path: "/api/v1/namespaces/c1/secrets" }],
  ["list the managed clusters", { method: "GET", path: "/apis/cluster.open-cluster-management.io/v1/managedclusters" }],
];

describe("the identity of c1's agent", () => {
  test("reads its own add-on", async () => {
    const { items } = await agent.request<{ items: KubeObject[] }>({
      method: "GET",
      path: addonPath("c1").replace(/\/[^/]+$/, ""),
      query: { fieldSelector: `metadata.name=${ADDON}` },
    });
    expect(items.map(({ metadata }) => metadata.name)).toEqual([ADDON]);
  });

  test.each(refusals)("cannot %s", async (_what, request) => {
    await expect(agent.request(request)).rejects.toMatchObject({ status: 403 });
  });

  test("gets 422 with the field's name for a report of its own that breaks the schema, and nothing changes", async () => {
    const before = await hub.request<{ metadata: { resourceVersion: string } }>({
      method: "GET",
      path: workloadsPath("c1"),
    });
    const body = { apiVersion: API_VERSION, kind: "KruiseHealthReport", protocol: 99 };
    await expect(agent.request({ method: "POST", path: reportPath("c1"), body })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("protocol") as string,
    });
    const after = await hub.request<{ items: KubeObject[] }>({ method: "GET", path: workloadsPath("c1") });
    expect(
      after.items.every((item) => Number(item.metadata.resourceVersion) <= Number(before.metadata.resourceVersion)),
    ).toBe(true);
  });

  test("gets 413 for a report that is too large", async () => {
    const body = { apiVersion: API_VERSION, kind: "KruiseHealthReport", padding: "x".repeat(3 * 1024 * 1024) };
    await expect(agent.request({ method: "POST", path: reportPath("c1"), body })).rejects.toMatchObject({
      status: 413,
    });
  });
});

describe("a report of c1 that is not the newest of its agent", () => {
  const clusterPath = `/apis/${API_VERSION}/namespaces/c1/kruiseclusters/c1`;
  type Cluster = KubeObject & { status: { agent: { instance: string }; duplicateAgent?: string } };

  const namespace = "isolation-e2e";
  let c1: Kube;

  beforeAll(async () => {
    c1 = await stack.cluster("c1").admin();
    await createNamespace(c1, namespace);
    await applyCloneSet(c1, { namespace, name: "kept", replicas: 0 });
    await untilVerdict(hub, "c1", `cloneset.${namespace}.kept`, "Healthy/ScaledToZero");
  });

  afterAll(async () => {
    await deleteNamespace(c1, namespace);
    c1.close();
  });

  const cluster = async (): Promise<Cluster["status"]> =>
    (await hub.request<Cluster>({ method: "GET", path: clusterPath })).status;

  async function send(fields: Partial<ReceivedReport>): Promise<AnswerStatus> {
    const body = aReport([], fields);
    return (await agent.request<{ status: AnswerStatus }>({ method: "POST", path: reportPath("c1"), body })).status;
  }

  /** The newest report of the agent itself; there was one before it. */
  const newest = async (): Promise<AnswerStatus> =>
    until(
      "two reports of the agent",
      async () => {
        const answer = await send({ form: "recall" });
        return answer.sequence > 1 ? met(answer) : unmet(answer);
      },
      { limitMs: 30_000 },
    );

  async function rows(): Promise<string[]> {
    const { items } = await hub.request<{ items: KubeObject[] }>({ method: "GET", path: workloadsPath("c1") });
    return items.map(({ metadata }) => metadata.name);
  }

  test("fault 21: is not taken in when it is replayed, late, or out of order", async () => {
    const { epoch, sequence } = await newest();
    const identity = { version: "0.1.0", ruleSet: "1", instance: (await cluster()).agent.instance };
    const before = await rows();
    const late: Partial<ReceivedReport>[] = [
      { form: "delta", sequence },
      { form: "snapshot", sequence: sequence - 1 },
      { form: "delta", sequence: sequence + 1000 },
    ];
    for (const fields of late) {
      const answer = await send({ agent: identity, epoch, ...fields });
      expect(answer, JSON.stringify(fields)).toMatchObject({ epoch, resync: true });
    }
    expect(await rows()).toEqual(before);
  });

  test("fault 10: is not heard when another agent sends it; that one is named as long as it goes on", async () => {
    const { epoch } = await newest();
    const { instance } = (await cluster()).agent;
    const other = { version: "0.1.0", ruleSet: "1", instance: "restored-from-yesterday" };
    const before = await rows();
    expect(await send({ agent: other, epoch: epoch - 86_400_000 })).toMatchObject({ epoch, resync: false });
    expect(await cluster()).toMatchObject({ agent: { instance }, duplicateAgent: other.instance });
    expect(await rows()).toEqual(before);
    await until(
      "the silent one to be forgotten",
      async () => {
        const { duplicateAgent } = await cluster();
        return lookAt(duplicateAgent === undefined, duplicateAgent);
      },
      { limitMs: 60_000 },
    );
  });
});

describe("a certificate signing request", () => {
  const identity = (cluster: string) => ({
    cn: `system:open-cluster-management:cluster:${cluster}:addon:${ADDON}:agent:${ADDON}`,
    organizations: [
      `system:open-cluster-management:cluster:${cluster}:addon:${ADDON}`,
      `system:open-cluster-management:addon:${ADDON}`,
    ],
    dns: [`${ADDON}.addon.open-cluster-management.io`],
  });

  test("of c1's klusterlet for c2's agent is not approved, though one for its own agent is", async () => {
    const klusterlet = await openKlusterlet("c1");
    const forged = await send(klusterlet, "addon-c2-forged", "c2", identity("c2"));
    const honest = await send(klusterlet, "addon-c1-honest", "c1", identity("c1"));
    // The manager takes requests in order of arrival: once the later one is approved, the forged one has been refused.
    await expect.poll(async () => conditionsOf(honest), { timeout: 30_000 }).toContain("Approved");
    expect(await conditionsOf(forged)).toEqual([]);
    klusterlet.close();
  });

  async function send(
    kube: Kube,
    name: string,
    cluster: string,
    subject: Parameters<typeof makeRequest>[0],
  ): Promise<string> {
    const { request } = await makeRequest(subject);
    await kube.request({
      method: "POST",
      path: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
      body: {
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: {
          name,
          labels: {
            "open-cluster-management.io/addon-name": ADDON,
            "open-cluster-management.io/cluster-name": cluster,
          },
        },
        spec: {
          request: Buffer.from(request).toString("base64"),
          signerName: "kubernetes.io/kube-apiserver-client",
          usages: ["digital signature", "key encipherment", "client auth"],
        },
      },
    });
    return name;
  }

  async function conditionsOf(name: string): Promise<string[]> {
    const request = await hub.request<KubeObject & { status?: { conditions?: Condition[] } }>({
      method: "GET",
      path: `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}`,
    });
    return (request.status?.conditions ?? []).map(({ type }) => type);
  }
});

/** Connects to the hub as the registration agent of a cluster. */
async function openKlusterlet(cluster: string): Promise<Kube> {
  const source = kubeconfigSource(join(stack.cluster(cluster).dir, "hub-kubeconfig", "kubeconfig"));
  return buildKube({ source, log: pino({ level: "silent" }), userAgent: "e2e" });
}
