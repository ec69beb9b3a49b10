// Never in the hub's way: what the hub can do while the manager is away, what it cannot, and how that ends. Everything is
// put back as it was.
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isNotFound } from "../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject, Resource } from "../../shared/kube/types.ts";
import { API_VERSION, GROUP, VERSION } from "../../shared/wire/group.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { run } from "./harness/commands.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, deployAddon, untilGone } from "./support/addon.ts";
import { holdPod, managerPods, scaleManager, untilManagersReady } from "./support/manager.ts";
import type { ManagerPod } from "./support/manager.ts";
import { followRemovals } from "./support/removals.ts";
import { createNamespace } from "./support/workloads.ts";

const API_SERVICES: Resource = { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" };
const PODS: Resource = { group: "", version: "v1", plural: "pods" };
const CHART = join(import.meta.dirname, "../../charts/kruise-health");
const NAME = `${VERSION}.${GROUP}`;
const API_SERVICE = `/apis/apiregistration.k8s.io/v1/apiservices/${NAME}`;
const MERGE = "application/merge-patch+json";
const SOON = { limitMs: 45_000 };
const stack = suiteStack();
let hub: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  await deployAddon(stack, hub, ["c1"]);
});

afterAll(async () => {
  for (const pod of await managerPods(hub)) await holdPod(hub, pod, false);
  await scaleManager(hub, 1);
  await untilAvailable("True");
  hub.close();
});

type WithConditions = KubeObject & { status?: { phase?: string; conditions?: Condition[] } };

async function untilAvailable(wanted: "True" | "False"): Promise<void> {
  await until(
    `the APIService to be Available=${wanted}`,
    async () => {
      const { status } = await hub.request<WithConditions>({ method: "GET", path: API_SERVICE });
      const available = status?.conditions?.find(({ type }) => type === "Available");
      return lookAt(available?.status === wanted, available);
    },
    SOON,
  );
}

/** kube-apiserver looks at an APIService again when it changes; otherwise each half minute. */
async function haveItLookedAt(): Promise<void> {
  const body = { metadata: { annotations: { "kruise-health.test/look": String(Date.now()) } } };
  await hub.request({ method: "PATCH", path: API_SERVICE, contentType: MERGE, body });
}

async function onlyManager(): Promise<ManagerPod> {
  const [pod, ...others] = await managerPods(hub);
  if (pod === undefined || others.length > 0) throw new Error(`There are ${others.length + 1} managers; wanted is one`);
  return pod;
}

/** Ends the manager without warning, and waits until kube-apiserver knows. */
async function crash(): Promise<ManagerPod> {
  const pod = await onlyManager();
  await holdPod(hub, pod, true);
  await until(
    "nobody to answer",
    async () => {
      const answered = hub.request({ method: "GET", path: `/apis/${API_VERSION}/kruiseclusters`, timeoutMs: 2000 });
      return lookAt(
        await answered.then(
          () => false,
          () => true,
        ),
        "it answers",
      );
    },
    SOON,
  );
  await haveItLookedAt();
  await untilAvailable("False");
  return pod;
}

/** Deletes a namespace and waits until the hub says why it does not get to its end. */
async function hangingNamespace(name: string): Promise<string> {
  const path = `/api/v1/namespaces/${name}`;
  await createNamespace(hub, name);
  await hub.request({ method: "DELETE", path });
  return until(
    `namespace ${name} to hang`,
    async () => {
      const { status } = await hub.request<WithConditions>({ method: "GET", path });
      const why = status?.conditions?.find(({ type }) => type === "NamespaceDeletionDiscoveryFailure");
      return why?.status === "True" ? met(`${status?.phase ?? ""}: ${why.message}`) : unmet(status);
    },
    SOON,
  );
}

/** How long it takes until the namespace is gone. */
async function goneMs(name: string): Promise<number> {
  const beganMs = performance.now();
  await untilGone(hub, `/api/v1/namespaces/${name}`);
  return Math.round(performance.now() - beganMs);
}

/** What the doctor proposes for a check, typed into a shell. */
async function doAsTheDoctorSays(check: string): Promise<string> {
  const bundle = join(stack.dir, "bundles/doctor.js");
  const path = [dirname(stack.binaries["kubectl"] ?? ""), process.env["PATH"] ?? ""].join(":");
  const env = { ...stack.data.env, PATH: path, HOME: stack.dir };
  const { stdout } = await run(process.execPath, [bundle, "--kubeconfig", stack.hub.kubeconfig, "-o", "json"], { env });
  const found = (JSON.parse(stdout) as { check: string; next: string | null }[]).find((step) => step.check === check);
  await output(run("sh", ["-c", found?.next ?? "false"], { env }));
  return found?.next ?? "";
}

describe("while the manager is gone without a word", () => {
  let crashed: ManagerPod;

  beforeAll(async () => {
    crashed = await crash();
  });

  test("people see what is wrong with the add-on's resources, and nothing wrong with others", async () => {
    const pods = await stack.kubectl("hub", "get", "pods", "-A");
    expect([pods.code, pods.stderr]).toEqual([0, ""]);
    const workloads = await stack.kubectl("hub", "get", "kruiseworkloads", "-A");
    expect(workloads.code).not.toBe(0);
    expect(workloads.stderr).toMatch(
      /the server doesn't have a resource type "kruiseworkloads"|unable to handle the request/,
    );
    const raw = await stack.kubectl("hub", "get", "--raw", `/apis/${API_VERSION}/kruiseclusters`);
    expect(raw.stderr).toContain("ServiceUnavailable");
  });

  test("the garbage collector and Open Cluster Management go on", async () => {
    const configMaps = "/api/v1/namespaces/c1/configmaps";
    const owner = await hub.request<KubeObject>({
      method: "POST",
      path: configMaps,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "hub-safe-owner" } },
    });
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "hub-safe-owner", uid: owner.metadata.uid }];
    const child = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "hub-safe-child", ownerReferences } };
    await hub.request({ method: "POST", path: configMaps, body: child });
    await hub.request({ method: "DELETE", path: `${configMaps}/hub-safe-owner` });
    await untilGone(hub, `${configMaps}/hub-safe-child`);

    const works = "/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks";
    const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "hub-safe", namespace: "default" } };
    const work = {
      apiVersion: "work.open-cluster-management.io/v1",
      kind: "ManifestWork",
      metadata: { name: "hub-safe" },
      spec: { workload: { manifests: [manifest] } },
    };
    await hub.request({ method: "POST", path: works, body: work });
    const c1 = await stack.cluster("c1").admin();
    await until(
      "the work to be applied",
      async () => met(await c1.request({ method: "GET", path: "/api/v1/namespaces/default/configmaps/hub-safe" })),
      SOON,
    );
    c1.close();
    await hub.request({ method: "DELETE", path: `${works}/hub-safe` });
    await untilGone(hub, `${works}/hub-safe`);

    const other = "hub-safe-other";
    await output(stack.kubectlWithInput("hub", JSON.stringify(definitionOf(other)), "apply", "-f", "-"));
    await output(stack.clusteradm("addon", "enable", "--names", other, "--clusters", "c1"));
    const enabled = `/apis/addon.open-cluster-management.io/v1alpha1/namespaces/c1/managedclusteraddons/${other}`;
    await until(
      "Open Cluster Management to adopt another add-on",
      async () => {
        const { metadata } = await hub.request<KubeObject>({ method: "GET", path: enabled });
        return lookAt((metadata.ownerReferences ?? []).length > 0, metadata);
      },
      SOON,
    );
    await output(stack.kubectl("hub", "delete", "clustermanagementaddon", other));
    await untilGone(hub, enabled);
  });

  test("a namespace hangs and says why, until the manager is back", async () => {
    expect(await hangingNamespace("hub-safe-a")).toMatch(
      /^Terminating: Discovery failed for some groups.*kruise-health\.open-cluster-management\.io\/v1alpha1/,
    );
    await holdPod(hub, crashed, false);
    await untilManagersReady(hub, 1);
    console.log(`namespace gone ${await goneMs("hub-safe-a")} ms after the manager was back`);
  });

  test("a namespace hangs until somebody does what the doctor says; the manager makes its API again", async () => {
    crashed = await crash();
    await hangingNamespace("hub-safe-b");
    expect(await doAsTheDoctorSays("namespace deletion")).toMatch(
      /kubectl .*delete apiservice v1alpha1\.kruise-health/,
    );
    const tookMs = await goneMs("hub-safe-b");
    console.log(`namespace gone ${tookMs} ms after the APIService`);
    expect(tookMs).toBeLessThan(10_000);
    await holdPod(hub, crashed, false);
    await untilAvailable("True");
  });
});

test("a manager that is scaled to nothing takes its API along before it ends, and brings it back", async () => {
  const namespace = ADDON_MANAGER_NAMESPACE;
  const removals = followRemovals(hub, [
    { name: "APIService", resource: API_SERVICES, object: NAME },
    { name: "pod", resource: PODS, namespace, object: (await onlyManager()).metadata.name },
  ]);
  await output(stack.kubectl("hub", "-n", namespace, "scale", `deployment/${ADDON}`, "--replicas=0"));
  await removals.until("APIService", "pod");
  removals.stop();
  expect(removals.order()).toEqual(["APIService", "pod"]);
  await createNamespace(hub, "hub-safe-c");
  await hub.request({ method: "DELETE", path: "/api/v1/namespaces/hub-safe-c" });
  await goneMs("hub-safe-c");
  await expect(hub.request({ method: "GET", path: API_SERVICE })).rejects.toSatisfy(isNotFound);
  await scaleManager(hub, 1);
  await untilAvailable("True");
});

test("a manager whose namespace is deleted takes its API along, so that the namespace goes", async () => {
  const [namespace, path] = [ADDON_MANAGER_NAMESPACE, `/api/v1/namespaces/${ADDON_MANAGER_NAMESPACE}`];
  const removals = followRemovals(hub, [
    { name: "APIService", resource: API_SERVICES, object: NAME },
    { name: "pod", resource: PODS, namespace, object: (await onlyManager()).metadata.name },
  ]);
  await hub.request({ method: "DELETE", path });
  await removals.until("APIService", "pod");
  removals.stop();
  expect(removals.order()).toEqual(["APIService", "pod"]);
  await untilGone(hub, path);
  // What belongs to no namespace has stayed, and Helm takes it over.
  const values = ["--values", join(stack.dir, "addon-values.json")];
  await output(stack.helm("install", ADDON, CHART, "--namespace", namespace, "--create-namespace", ...values));
  await untilManagersReady(hub, 1);
  await untilAvailable("True");
});

function definitionOf(name: string): object {
  return {
    apiVersion: "addon.open-cluster-management.io/v1alpha1",
    kind: "ClusterManagementAddOn",
    metadata: { name },
    spec: { installStrategy: { type: "Manual" } },
  };
}
