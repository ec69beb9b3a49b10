// An agent reaches its own cluster's namespace on the hub and nothing else; nobody gets another cluster's identity.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKube } from "../../shared/kube/connection.ts";
import { kubeconfigSource } from "../../shared/kube/credentials.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import type { AnswerStatus } from "../../shared/wire/report.ts";
import { aReport } from "../../manager/fleet/report.fixture.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
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

const SHARED_GROUP = `system:open-cluster-management:addon:${ADDON}`;
const AS_C1 = [
  `--as=system:open-cluster-management:cluster:c1:addon:${ADDON}:agent:${ADDON}`,
  `--as-group=system:open-cluster-management:cluster:c1:addon:${ADDON}`,
  `--as-group=${SHARED_GROUP}`,
];
/** Kubernetes itself lets every user look at what there is, and at his own rights. */
const AS_ANYBODY = ["--as=anybody", "--as-group=system:authenticated"];

/** What the hub allows somebody in a namespace beyond what it allows everybody: a line for each rule. */
async function allowed(namespace: string, who: string[]): Promise<string[]> {
  const list = async (as: string[]): Promise<string[]> => {
    const table = await output(
      stack.kubectl("hub", "auth", "can-i", "--list", "--no-headers", `--namespace=${namespace}`, ...as),
    );
    return table.split("\n").map((line) => line.trim().replaceAll(/ +/g, " "));
  };
  const [own, common] = await Promise.all([list(who), list(AS_ANYBODY)]);
  expect(common.length).toBeGreaterThan(1);
  return own.filter((line) => !common.includes(line)).toSorted();
}

describe("the identity of c1's agent", () => {
  test("10: reads its own add-on", async () => {
    const { items } = await agent.request<{ items: KubeObject[] }>({
      method: "GET",
      path: addonPath("c1").replace(/\/[^/]+$/, ""),
      query: { fieldSelector: `metadata.name=${ADDON}` },
    });
    expect(items.map(({ metadata }) => metadata.name)).toEqual([ADDON]);
  });

  test.each(refusals)("10: cannot %s", async (_what, request) => {
    await expect(agent.request(request)).rejects.toMatchObject({ status: 403 });
  });

  test("10: is allowed by the hub to do these few things in its own namespace, and nothing in another", async () => {
    expect(await allowed("c1", AS_C1)).toEqual([
      "kruisehealthreports.kruise-health.open-cluster-management.io [] [] [create]",
      `managedclusteraddons.addon.open-cluster-management.io [] [${ADDON}] [list watch]`,
      `managedclusteraddons.addon.open-cluster-management.io/status [] [${ADDON}] [patch]`,
    ]);
    for (const namespace of ["c2", "default", ADDON_MANAGER_NAMESPACE])
      expect(await allowed(namespace, AS_C1), namespace).toEqual([]);
  });

  test("10: gets nothing by the group that the agents of all clusters share", async () => {
    for (const namespace of ["c1", "c2"])
      expect(await allowed(namespace, ["--as=anybody", `--as-group=${SHARED_GROUP}`]), namespace).toEqual([]);
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
