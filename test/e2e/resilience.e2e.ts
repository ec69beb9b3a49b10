// What a hub user sees when the agent or the manager dies: never a wrong Healthy, nothing made twice, all of it heals.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
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
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";
import type { Pod } from "./support/workloads.ts";

const NAMESPACE = "resilience-e2e";
const ROW = `cloneset.${NAMESPACE}.shop`;
/** The process kubelet ends a pod's process and does not start it again while this annotation is there. */
const HOLD = "kruise-health.test/hold";
const stack = suiteStack();
let hub: Kube;
let c1: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await createNamespace(c1, NAMESPACE);
  await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 3 });
  await untilVerdict(hub, "c1", ROW, "Healthy/AllAvailable");
});

afterAll(async () => {
  await deleteNamespace(c1, NAMESPACE);
  hub.close();
  c1.close();
});

async function onlyPod(kube: Kube, namespace: string, component: string): Promise<Pod> {
  const { items } = await kube.request<{ items: Pod[] }>({
    method: "GET",
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: { labelSelector: `app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=${component}` },
  });
  const [pod, ...others] = items.filter((item) => item.metadata.deletionTimestamp === undefined);
  if (pod === undefined || others.length > 0) throw new Error(`Wanted one pod of ${component}, found ${items.length}`);
  return pod;
}

async function hold(kube: Kube, pod: Pod, value: "true" | null): Promise<void> {
  await kube.request({
    method: "PATCH",
    path: `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods/${pod.metadata.name}`,
    contentType: "application/merge-patch+json",
    body: { metadata: { annotations: { [HOLD]: value } } },
  });
}

describe("the agent of c1 is killed", () => {
  test("its rows turn Unknown and so do its conditions; when it is back a snapshot heals everything", async () => {
    const transcript = await follow(hub, "c1", ROW);
    const agent = await onlyPod(c1, INSTALL_NAMESPACE, "agent");
    await hold(c1, agent, "true");
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

    await hold(c1, agent, null);
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

describe("the manager is killed and comes back", () => {
  test("makes nothing anew, and knows every workload again within one heartbeat", async () => {
    const before = await versions();
    const rowsBefore = await rows();
    expect(rowsBefore.length).toBeGreaterThan(0);
    const [pod] = await managerPods();
    if (pod === undefined) throw new Error("There is no manager pod");
    const restarts = restartsOf(pod);
    await hold(hub, pod, "true");
    await until(
      "the feedback API to be away",
      async () => {
        const answer = await hub.request({ method: "GET", path: workloadsPath("c1") }).then(
          () => "answers",
          () => "away",
        );
        return lookAt(answer === "away", answer);
      },
      { limitMs: 30_000 },
    );
    await hold(hub, pod, null);
    await until(
      "the manager to be restarted",
      async () => {
        const [now] = await managerPods();
        return lookAt(now !== undefined && restartsOf(now) > restarts, now?.status);
      },
      { limitMs: 60_000 },
    );
    await until(
      "all rows to be back",
      async () => {
        const now = await rows();
        return rowsBefore.every((row) => now.includes(row)) ? met(now) : unmet(now);
      },
      { limitMs: 60_000 },
    );
    expect(await versions(), "uid and generation of what the manager owns").toEqual(before);
  });

  async function versions(): Promise<Record<string, string>> {
    const paths = [
      addonPath("c1"),
      "/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks/addon-kruise-health-deploy-0",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/c1/roles/kruise-health-agent",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/c1/rolebindings/kruise-health-agent",
      "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.kruise-health.open-cluster-management.io",
    ];
    const objects = await Promise.all(paths.map(async (path) => hub.request<KubeObject>({ method: "GET", path })));
    const secret = await c1.request<KubeObject>({
      method: "GET",
      path: `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`,
    });
    const facts = objects.map((object) => [
      object.kind,
      `${object.metadata.uid ?? ""}/${object.metadata.generation ?? ""}`,
    ]);
    return {
      ...Object.fromEntries(facts),
      Secret: `${secret.metadata.uid ?? ""}/${secret.metadata.resourceVersion ?? ""}`,
    };
  }
});

describe("two managers", () => {
  const scale = `/apis/apps/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/deployments/kruise-health/scale`;
  const lease = `/apis/coordination.k8s.io/v1/namespaces/${ADDON_MANAGER_NAMESPACE}/leases/kruise-health-manager`;

  test("have one leader; when it dies the other takes over and knows every workload", async () => {
    const rowsBefore = await rows();
    await setReplicas(2);
    await untilReady(2);
    const leader = await holder();
    const [first] = (await managerPods()).filter(({ metadata }) => metadata.name === leader);
    if (first === undefined) throw new Error(`The leader ${leader} is no pod of the manager`);
    await hold(hub, first, "true");
    await until(
      "the other to lead",
      async () => {
        const now = await holder();
        return lookAt(now !== leader && now !== "", now);
      },
      { limitMs: 60_000 },
    );
    await until(
      "all rows to be back",
      async () => {
        const now = await rows();
        return rowsBefore.every((row) => now.includes(row)) ? met(now) : unmet(now);
      },
      { limitMs: 60_000 },
    );
    await hold(hub, first, null);
    await setReplicas(1);
    await untilReady(1);
    await untilConditions(hub, "c1", { Reporting: "True/", WorkloadsHealthy: "True/" });
    expect(await holder()).not.toBe("");
  });

  async function setReplicas(replicas: number): Promise<void> {
    const body = { spec: { replicas } };
    await hub.request({ method: "PATCH", path: scale, contentType: "application/merge-patch+json", body });
  }

  async function holder(): Promise<string> {
    const { spec } = await hub.request<{ spec?: { holderIdentity?: string } }>({ method: "GET", path: lease });
    return spec?.holderIdentity ?? "";
  }

  async function untilReady(count: number): Promise<void> {
    await until(
      `${count} ready managers`,
      async () => {
        const pods = await managerPods();
        const ready = pods.filter(({ status }) =>
          status.conditions?.some((c) => c.type === "Ready" && c.status === "True"),
        );
        return lookAt(
          pods.length === count && ready.length === count,
          pods.map(({ status }) => status.conditions),
        );
      },
      { limitMs: 60_000 },
    );
  }
});

async function managerPods(): Promise<Pod[]> {
  const { items } = await hub.request<{ items: Pod[] }>({
    method: "GET",
    path: "/api/v1/pods",
    query: { labelSelector: "app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=manager" },
  });
  return items;
}

function restartsOf(pod: Pod): number {
  return (pod.status.containerStatuses?.[0] as { restartCount?: number } | undefined)?.restartCount ?? 0;
}

/** `name health/reason` of all rows, sorted. */
async function rows(): Promise<string[]> {
  const { items } = await hub.request<{ items: (KubeObject & { status: { health: string } })[] }>({
    method: "GET",
    path: workloadsPath("c1"),
  });
  return items.map((item) => `${item.metadata.name} ${item.status.health}`).toSorted();
}
