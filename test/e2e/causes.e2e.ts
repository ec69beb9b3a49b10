// The cause behind a verdict, as the hub shows it: each that pods on fake nodes and the real OpenKruise can be brought into.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { enableAddon, untilVerdict, workloadsPath } from "./support/addon.ts";
import type { Workload } from "./support/addon.ts";
import { APP, NOWHERE, cloneSet, image, statefulSet } from "./support/kruise-objects.ts";
import type { Body } from "./support/kruise-objects.ts";
import { breakPod, livePods, patchPod } from "./support/pod-status.ts";
import type { Pod } from "./support/pod-status.ts";
import { limitPods } from "./support/quota.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const SUITE = "causes-e2e";
/** A look comes at once when a verdict turns Degraded, the next one a minute later. */
const TWO_LOOKS_MS = 110_000;
vi.setConfig({ testTimeout: 2 * TWO_LOOKS_MS });
const LONG_AGO = new Date(Date.now() - 600_000).toISOString();
const stack = suiteStack();
const opened: string[] = [];
let hub: Kube;
let c1: Kube;

interface Cause {
  reason: string;
  message: string;
  pods: number;
}

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await enableAddon(stack, hub, ["c1"]);
  await openNamespace(SUITE);
});

afterAll(async () => {
  await Promise.all(opened.map(async (namespace) => deleteNamespace(c1, namespace)));
  hub.close();
  c1.close();
});

/** A namespace in which pods can be created: without its ServiceAccount they are refused. */
async function openNamespace(namespace: string): Promise<void> {
  opened.push(namespace);
  await createNamespace(c1, namespace);
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await until(path, async () => lookAt(true, await c1.request({ method: "GET", path })), { limitMs: 30_000 });
}

function pathOf(kind: "clonesets" | "statefulsets", namespace: string, name = ""): string {
  const version = kind === "clonesets" ? "v1alpha1" : "v1beta1";
  return `/apis/apps.kruise.io/${version}/namespaces/${namespace}/${kind}${name === "" ? "" : `/${name}`}`;
}

async function create(body: Body<"CloneSet" | "StatefulSet">, name: string, namespace = SUITE): Promise<void> {
  const path = pathOf(body.kind === "CloneSet" ? "clonesets" : "statefulsets", namespace);
  await c1.request({ method: "POST", path, body: { ...body, metadata: { name, namespace } } });
}

async function patch(path: string, body: object): Promise<void> {
  await c1.request({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
}

function rowOf(name: string, namespace = SUITE, kind = "cloneset"): string {
  return `${kind}.${namespace}.${name}`;
}

/** Creates a CloneSet of two pods, waits until it is Healthy, and gives its pods. */
async function healthyPods(name: string, spec: object = {}, podSpec: object = {}): Promise<Pod[]> {
  await create(cloneSet(name, { replicas: 2, ...spec }, podSpec), name);
  await untilVerdict(hub, "c1", rowOf(name), "Healthy/AllAvailable");
  return livePods(c1, SUITE, name);
}

/** Waits until the hub shows this as the first cause. */
async function untilCause(row: string, wanted: Cause): Promise<void> {
  const path = `${workloadsPath("c1")}/${row}`;
  await until(
    `${row} to have the cause ${wanted.reason}`,
    async () => {
      const { status } = await hub.request<Workload & { status: { causes?: Cause[] } }>({ method: "GET", path });
      const [first] = status.causes ?? [];
      const isIt = first?.reason === wanted.reason && first.pods === wanted.pods && first.message === wanted.message;
      return isIt ? met(first) : unmet({ verdict: `${status.health}/${status.reason}`, causes: status.causes });
    },
    { limitMs: TWO_LOOKS_MS },
  );
}

test.concurrent("pods that fit no node cannot be scheduled", async () => {
  await create(cloneSet("nowhere", { replicas: 2 }, NOWHERE), "nowhere");
  const path = `${workloadsPath("c1")}/${rowOf("nowhere")}`;
  const cause = await until(
    "nowhere to have a cause",
    async () => {
      const { status } = await hub.request<Workload & { status: { causes?: Cause[] } }>({ method: "GET", path });
      const [first] = status.causes ?? [];
      return first?.pods === 2 ? met(first) : unmet(status);
    },
    { limitMs: TWO_LOOKS_MS },
  );
  expect(cause.reason).toBe("CannotSchedule");
  expect(cause.message).toMatch(/^0\/\d+ nodes are available: .*node affinity\/selector/);
});

test.concurrent("an image that cannot be pulled is named", async () => {
  const pods = await healthyPods("pull");
  for (const pod of pods) await breakPod(c1, pod, "ImagePullBackOff");
  const message = `container app: image ${APP.one} cannot be pulled`;
  await untilCause(rowOf("pull"), { reason: "ImageNotPulled", message, pods: 2 });
});

test.concurrent("a container that crashes is named with its exit code, also in the wide table; mended, it is forgotten", async () => {
  const pods = await healthyPods("crash");
  const app = { name: "app", image: APP.one, imageID: "", ready: false, started: false, restartCount: 9 };
  const waiting = { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" };
  const lastState = { terminated: { exitCode: 3, reason: "Error", message: "the password is hunter2" } };
  const ready = (status: string) => ["Ready", "ContainersReady"].map((type) => ({ type, status }));
  for (const pod of pods) {
    const containerStatuses = [{ ...app, state: { running: null, waiting }, lastState }];
    await patchPod(c1, pod, { conditions: ready("False"), containerStatuses });
  }
  const message = "container app crashes: exit code 3, more than 5 restarts";
  await untilCause(rowOf("crash"), { reason: "ContainerCrashes", message, pods: 2 });
  const table = await output(stack.kubectl("hub", "get", "kwl", "-n", "c1", rowOf("crash"), "-o", "wide"));
  expect(table).toContain(`; 2 pods: ${message}`);
  const whole = await output(stack.kubectl("hub", "get", "kwl", "-n", "c1", rowOf("crash"), "-o", "yaml"));
  expect(whole).not.toContain("hunter2");
  for (const pod of pods) {
    const state = { waiting: null, running: { startedAt: LONG_AGO } };
    await patchPod(c1, pod, { conditions: ready("True"), containerStatuses: [{ ...app, ready: true, state }] });
  }
  const mended = await untilVerdict(hub, "c1", rowOf("crash"), "Healthy/AllAvailable");
  expect(mended.status).not.toHaveProperty("causes");
});

test.concurrent("a container that runs and is not ready is named with its probe", async () => {
  const pods = await healthyPods("probe");
  const app = { name: "app", image: APP.one, imageID: "", ready: false, started: true, restartCount: 0 };
  for (const pod of pods) {
    await patchPod(c1, pod, {
      conditions: ["Ready", "ContainersReady"].map((type) => ({ type, status: "False" })),
      containerStatuses: [{ ...app, state: { running: { startedAt: LONG_AGO } } }],
    });
  }
  const message = "container app runs, but its readiness probe has not passed";
  await untilCause(rowOf("probe"), { reason: "NotReady", message, pods: 2 });
});

test.concurrent("a quota that lets no pod in is named", async () => {
  const namespace = `${SUITE}-quota`;
  await openNamespace(namespace);
  await limitPods({ kube: c1, namespace }, 1);
  await create(cloneSet("full", { replicas: 3 }), "full", namespace);
  const message = "quota pods is used up: a pod takes pods=1, allowed are pods=1";
  await untilCause(rowOf("full", namespace), { reason: "QuotaExceeded", message, pods: 0 });
});

test.concurrent("a pod security policy that refuses the pods is named", async () => {
  const namespace = `${SUITE}-policy`;
  await openNamespace(namespace);
  await patch(`/api/v1/namespaces/${namespace}`, {
    metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  await create(statefulSet("bare", { replicas: 1 }), "bare", namespace);
  const message = 'the pod violates PodSecurity "restricted:latest" of its namespace';
  await untilCause(rowOf("bare", namespace, "statefulset"), { reason: "AdmissionRefused", message, pods: 0 });
});

test.concurrent("a lifecycle hook that nobody answers is named with its state", async () => {
  const lifecycle = { inPlaceUpdate: { labelsHandler: { "hook.example/busy": "true" } } };
  const name = "hook";
  const template = { template: { metadata: { labels: { app: name, "hook.example/busy": "true" } } } };
  const body = cloneSet(name, { replicas: 2, lifecycle, updateStrategy: { type: "InPlaceIfPossible" } });
  const spec = body.spec as { template: object };
  await create({ ...body, spec: { ...spec, template: { ...spec.template, ...template.template } } }, name);
  await untilVerdict(hub, "c1", rowOf(name), "Healthy/AllAvailable");
  await patch(pathOf("clonesets", SUITE, name), { spec: image(APP.two) });
  const message = "a lifecycle hook holds the pod in PreparingUpdate";
  const path = `${workloadsPath("c1")}/${rowOf(name)}`;
  await until(
    "the hook to be the cause",
    async () => {
      const { status } = await hub.request<Workload & { status: { causes?: Cause[] } }>({ method: "GET", path });
      const [first] = status.causes ?? [];
      // How many pods are held at a time is maxUnavailable's.
      const isIt = first?.reason === "HookHolds" && first.message === message && first.pods > 0;
      return isIt ? met(first) : unmet(status);
    },
    { limitMs: TWO_LOOKS_MS },
  );
});

test.concurrent("a PodUnavailableBudget that allows nothing is named", async () => {
  const name = "budget";
  await c1.request({
    method: "POST",
    path: `/apis/policy.kruise.io/v1alpha1/namespaces/${SUITE}/podunavailablebudgets`,
    body: {
      apiVersion: "policy.kruise.io/v1alpha1",
      kind: "PodUnavailableBudget",
      metadata: { name, namespace: SUITE },
      spec: { selector: { matchLabels: { app: name } }, maxUnavailable: 0 },
    },
  });
  await healthyPods(name);
  await untilVerdict(hub, "c1", `podunavailablebudget.${SUITE}.${name}`, "Healthy/BudgetExhausted");
  await patch(pathOf("clonesets", SUITE, name), { spec: image(APP.two) });
  const message = `PodUnavailableBudget ${name} lets no pod be unavailable`;
  await untilCause(rowOf(name), { reason: "BudgetBlocks", message, pods: 0 });
});

test.concurrent("a pod that does not go is told of, with its finalizers", async () => {
  const name = "stays";
  // On a node, kwok would take any finalizer away.
  await create(statefulSet(name, { replicas: 1 }, NOWHERE), name);
  const path = `/api/v1/namespaces/${SUITE}/pods/${name}-0`;
  await until(path, async () => lookAt(true, await c1.request({ method: "GET", path })), { limitMs: 30_000 });
  await patch(path, { metadata: { finalizers: ["e2e.example/held"] } });
  await c1.request<KubeObject>({ method: "DELETE", path });
  try {
    const message = "the pod should be gone by now; finalizers remain";
    await untilCause(rowOf(name, SUITE, "statefulset"), { reason: "StuckTerminating", message, pods: 1 });
  } finally {
    await patch(path, { metadata: { finalizers: null } });
  }
});
