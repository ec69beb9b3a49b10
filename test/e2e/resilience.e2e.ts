// What a hub user sees when the agent or the manager dies: never a wrong Healthy, nothing made twice, all of it heals.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import {
  addonPath,
  enableAddon,
  follow,
  INSTALL_NAMESPACE,
  untilConditions,
  untilVerdict,
  workloadsPath,
} from "./support/addon.ts";
import { agentPod } from "./support/faults.ts";
import {
  holdPod,
  leaders,
  leaseHolder,
  managerPods,
  managerWrites,
  scaleManager,
  untilManagersReady,
} from "./support/manager.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "resilience-e2e";
const ROW = `cloneset.${NAMESPACE}.shop`;
const SIGNING_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const API_SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.kruise-health.open-cluster-management.io";
const REGISTRATION_OF_C1 = {
  signerName: "kubernetes.io/kube-apiserver-client",
  subject: {
    user: "system:open-cluster-management:cluster:c1:addon:kruise-health:agent:kruise-health",
    groups: [
      "system:open-cluster-management:cluster:c1:addon:kruise-health",
      "system:open-cluster-management:addon:kruise-health",
    ],
  },
};
const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let c2: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  c2 = await stack.cluster("c2").admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await createNamespace(c1, NAMESPACE);
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 3 });
  await untilVerdict(hub, "c1", ROW, "Healthy/AllAvailable");
});

afterAll(async () => {
  await deleteNamespace(c1, NAMESPACE);
  for (const kube of [hub, c1, c2]) kube.close();
});

interface Addon extends KubeObject {
  status: Record<string, unknown>;
}

describe("the agent of c1 is killed", () => {
  test("its rows turn Unknown and so do its conditions; when it is back a snapshot heals everything", async () => {
    const transcript = await follow(hub, "c1", ROW);
    const agent = await agentPod(c1);
    await holdPod(c1, agent, true);
    const stale = await untilVerdict(hub, "c1", ROW, "Unknown/ReportStale");
    expect(stale.status.lastKnown).toMatchObject({ health: "Healthy" });
    await untilConditions(hub, "c1", {
      Reporting: "False/",
      WorkloadsHealthy: "Unknown/ReportStale",
      Degraded: "Unknown/ReportStale",
      KruiseReady: "Unknown/ReportStale",
    });
    // What changes while nobody reports must not show before the agent is back, and must show then.
    await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 4 });
    await applyCloneSet(c1, { namespace: NAMESPACE, name: "born-unseen", replicas: 1 });

    await holdPod(c1, agent, false);
    await untilVerdict(hub, "c1", ROW, "Healthy/AllAvailable");
    await untilVerdict(hub, "c1", `cloneset.${NAMESPACE}.born-unseen`, "Healthy/AllAvailable");
    await untilConditions(hub, "c1", {
      Reporting: "True/",
      WorkloadsHealthy: "True/",
      KruiseReady: "True/",
      Degraded: "False/",
    });
    expect(transcript.verdicts().slice(0, 2)).toEqual(["Healthy/AllAvailable", "Unknown/ReportStale"]);
    transcript.stop();
  });
});

describe("the manager", () => {
  test("6 and 32: killed and restarted, or with a second one that takes over, makes nothing anew and writes nothing but its Lease", async () => {
    const [factsBefore, rowsBefore] = [await facts(), await rows()];
    expect(rowsBefore.length).toBeGreaterThan(0);
    const { registrations } = (await hub.request<Addon>({ method: "GET", path: addonPath("c1") })).status;
    expect(registrations).toEqual([REGISTRATION_OF_C1]);
    const [only] = await managerPods(hub);
    if (only === undefined) throw new Error("There is no manager pod");
    await holdPod(hub, only, true);
    await until("the feedback API to be away", async () => lookAt(!(await answers()), "it answers"), {
      limitMs: 30_000,
    });
    const deadMs = Date.now();
    await holdPod(hub, only, false);
    await untilRows(rowsBefore);
    expect(await facts(), "after the restart").toEqual(factsBefore);

    await scaleManager(hub, 2);
    const leader = await leaseHolder(hub);
    expect(await leaders(hub)).toEqual([leader]);
    const [first] = (await managerPods(hub)).filter(({ metadata }) => metadata.name === leader);
    if (first === undefined) throw new Error(`The leader ${leader} is no pod of the manager`);
    await holdPod(hub, first, true);
    await until(
      "the other to lead",
      async () => {
        const now = await leaders(hub);
        return lookAt(now.length === 1 && now[0] !== leader, now);
      },
      { limitMs: 60_000 },
    );
    await untilRows(rowsBefore);
    expect(await leaders(hub)).toEqual([await leaseHolder(hub)]);
    await holdPod(hub, first, false);
    await untilManagersReady(hub, 2);
    expect(await leaders(hub)).toEqual([await leaseHolder(hub)]);
    expect(await facts(), "after the take-over").toEqual(factsBefore);
    expect(await managerWrites(stack.hub, deadMs)).toEqual([]);

    await scaleManager(hub, 1);
    await untilConditions(hub, "c1", { Reporting: "True/", WorkloadsHealthy: "True/" });
    await until("one leader", async () => lookAt((await leaders(hub)).length === 1, "none"), { limitMs: 60_000 });
  });

  async function answers(): Promise<boolean> {
    return hub.request({ method: "GET", path: workloadsPath("c1") }).then(
      () => true,
      () => false,
    );
  }

  async function untilRows(wanted: string[]): Promise<void> {
    await until(
      "all rows to be back",
      async () => {
        const now = (await answers()) ? await rows() : [];
        return wanted.every((row) => now.includes(row)) ? met(now) : unmet(now);
      },
      { limitMs: 60_000 },
    );
  }

  /** What the manager has made, and what OCM and the klusterlets have made of that, by what would change if it were made again. */
  async function facts(): Promise<Record<string, string>> {
    const both = await Promise.all([factsOf("c1", c1), factsOf("c2", c2)]);
    const csrs = await hub.request<{ items: KubeObject[] }>({ method: "GET", path: SIGNING_REQUESTS });
    const names = csrs.items.map(({ metadata }) => metadata.name).toSorted();
    return { ...both[0], ...both[1], apiService: await made(hub, API_SERVICE), requests: names.join(" ") };
  }

  async function factsOf(cluster: string, kube: Kube): Promise<Record<string, string>> {
    const work = `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks/addon-kruise-health-deploy-0`;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${cluster}`;
    const { metadata, status } = await hub.request<Addon>({ method: "GET", path: addonPath(cluster) });
    const { registrations, kubeClientDriver, namespace, healthCheck, supportedConfigs } = status;
    const found = {
      addon: metadata.uid ?? "",
      registration: JSON.stringify({ registrations, kubeClientDriver, namespace, healthCheck, supportedConfigs }),
      work: await made(hub, work),
      role: await exactly(hub, `${rbac}/roles/kruise-health-agent`),
      binding: await exactly(hub, `${rbac}/rolebindings/kruise-health-agent`),
      secret: await exactly(kube, `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`),
    };
    return Object.fromEntries(Object.entries(found).map(([name, fact]) => [`${cluster} ${name}`, fact]));
  }

  /** Of an object whose status others write. */
  async function made(kube: Kube, path: string): Promise<string> {
    const { metadata } = await kube.request<KubeObject>({ method: "GET", path });
    return `${metadata.uid ?? ""} ${metadata.generation ?? ""}`;
  }

  async function exactly(kube: Kube, path: string): Promise<string> {
    const { metadata } = await kube.request<KubeObject>({ method: "GET", path });
    return `${metadata.uid ?? ""} ${metadata.resourceVersion ?? ""}`;
  }
});

/** `name health/reason` of all rows, sorted. */
async function rows(): Promise<string[]> {
  const { items } = await hub.request<{ items: (KubeObject & { status: { health: string } })[] }>({
    method: "GET",
    path: workloadsPath("c1"),
  });
  // What an earlier suite has left may still be going.
  const ours = items.filter(({ metadata }) => metadata.name.includes(`.${NAMESPACE}.`));
  return ours.map((item) => `${item.metadata.name} ${item.status.health}`).toSorted();
}
