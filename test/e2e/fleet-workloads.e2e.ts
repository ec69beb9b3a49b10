// The same workload over three clusters, as a person with kubectl sees it: one row with the worst health, what differs, who
// does not report; and who may see it. OpenKruise runs on c1 and c2; on c3 the test writes a CloneSet's status itself.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import type { CommandResult } from "./harness/commands.ts";
import { lookAt, met, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, deployAddon, enableAddon, untilGone, untilVerdict } from "./support/addon.ts";
import { agentPod, definition, deleteDefinition, restoreDefinition } from "./support/faults.ts";
import { holdPod } from "./support/manager.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const CLUSTERS = ["c1", "c2", "c3"] as const;
const NAMESPACE = "fleet-e2e";
const NAME = `cloneset.${NAMESPACE}.shop`;
const SHOP = { namespace: NAMESPACE, name: "shop", replicas: 4 };
const PATH = `/apis/${API_VERSION}/kruisefleetworkloads/${NAME}`;
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const TENANT = "fleet-e2e-tenant";
const READER = "open-cluster-management:kruise-health:reader";
const stack = suiteStack();
const clusters: Record<string, Kube> = {};
let hub: Kube;
let watching: Promise<CommandResult> | undefined;

interface FleetWorkload {
  status: {
    health: string;
    message: string;
    byHealth: Record<string, number>;
    reporting: { fresh: number; stale: number };
    conditions: { type: string; status: string }[];
  };
}

beforeAll(async () => {
  hub = await stack.hub.admin();
  for (const name of CLUSTERS) clusters[name] = await stack.cluster(name).admin();
  await Promise.all([enableAddon(stack, hub, ["c1", "c2"]), deployAddon(stack, hub, ["c3"])]);
  await restoreDefinition(kube("c3"), await definition(kube("c1"), "clonesets"));
  await Promise.all(CLUSTERS.map(async (name) => createNamespace(kube(name), NAMESPACE)));
  // A CRD that has just come is served a moment later.
  await until("c3 to take a CloneSet", async () => met(await applyCloneSet(kube("c3"), SHOP)), { limitMs: 30_000 });
  await writeStatus(4);
  await Promise.all(["c1", "c2"].map(async (name) => applyCloneSet(kube(name), SHOP)));
  await Promise.all(CLUSTERS.map(async (name) => untilVerdict(hub, name, NAME, "Healthy/AllAvailable")));
});

afterAll(async () => {
  await Promise.all(CLUSTERS.map(async (name) => deleteNamespace(kube(name), NAMESPACE)));
  await deleteDefinition(kube("c3"), "clonesets");
  await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3"));
  await untilGone(hub, addonPath("c3"));
  for (const open of [hub, ...Object.values(clusters)]) open.close();
});

function kube(name: string): Kube {
  const found = clusters[name];
  if (found === undefined) throw new Error(`There is no connection to ${name}`);
  return found;
}

/** What OpenKruise writes when so many of the four pods could be created. */
async function writeStatus(pods: number): Promise<void> {
  const path = `/apis/apps.kruise.io/v1alpha1/namespaces/${NAMESPACE}/clonesets/${SHOP.name}`;
  const { metadata } = await kube("c3").request<KubeObject>({ method: "GET", path });
  const failed = { type: "FailedScale", status: "True", lastTransitionTime: new Date().toISOString() };
  const status = {
    observedGeneration: metadata.generation,
    replicas: pods,
    readyReplicas: pods,
    availableReplicas: pods,
    expectedUpdatedReplicas: SHOP.replicas,
    updatedReplicas: pods,
    updatedReadyReplicas: pods,
    updatedAvailableReplicas: pods,
    currentRevision: "shop-1",
    updateRevision: "shop-1",
    conditions: pods < SHOP.replicas ? [{ ...failed, message: "exceeded quota" }] : [],
  };
  const contentType = "application/merge-patch+json";
  await kube("c3").request({ method: "PATCH", path: `${path}/status`, contentType, body: { status } });
}

async function kfw(...args: string[]): Promise<string> {
  return output(stack.kubectl("hub", "get", "kfw", ...args));
}

async function untilFleet(what: string, holds: (status: FleetWorkload["status"]) => boolean): Promise<void> {
  await until(
    `${NAME} to have ${what}`,
    async () => {
      const { status } = await hub.request<FleetWorkload>({ method: "GET", path: PATH });
      return lookAt(holds(status), status);
    },
    { limitMs: 60_000 },
  );
}

test("one row tells the worst of the clusters, what differs between them, and how it ends", async () => {
  await untilFleet("three healthy clusters", ({ byHealth }) => byHealth["Healthy"] === 3);
  // It ends with its request: time enough for this suite.
  const following = ["--watch", "--output-watch-events", "--request-timeout=20s"];
  watching = stack.kubectl("hub", "get", "kfw", NAME, ...following);
  await applyCloneSet(kube("c2"), { ...SHOP, image: "shop/app:2", partition: "50%" });
  await writeStatus(3);
  await untilFleet("a held and a broken cluster", ({ byHealth }) => {
    return byHealth["Degraded"] === 1 && byHealth["Suspended"] === 1;
  });
  const waited = await stack.kubectl("hub", "wait", `kfw/${NAME}`, "--for=condition=Degraded", "--timeout=5s");
  expect(waited.code, waited.stderr).toBe(0);

  const table = await kfw("--field-selector", "health=Degraded");
  expect(table).toMatch(/^NAME +HEALTH +CLUSTERS +DEGRADED +PROGRESS +HELD +SINCE\n/);
  expect(table).toMatch(new RegExp(`^${NAME} +Degraded +3/3 +1 +\\d+/10 +2 +\\S+$`, "m"));
  expect(await kfw(NAME, "-o", "wide")).toMatch(
    /FailedScale:1,PartitionHeld:1,AllAvailable:1 +app:1:2,app:2:1 +0:2,50%:1/,
  );
  expect(await kfw(NAME, "-o", "jsonpath={.status.message}")).toContain(
    "Degraded on 1 of 3 clusters: FailedScale on c3",
  );

  await writeStatus(4);
  await applyCloneSet(kube("c2"), { ...SHOP, image: "shop/app:2" });
  const healed = await stack.kubectl("hub", "wait", `kfw/${NAME}`, "--for=condition=Healthy", "--timeout=60s");
  expect(healed.code, healed.stderr).toBe(0);
});

test("a silent cluster counts as stale and not as Healthy, and a wait for Healthy does not end", async () => {
  const agent = await agentPod(kube("c3"));
  await holdPod(kube("c3"), agent, true);
  await untilFleet("a stale cluster", ({ reporting }) => reporting.stale === 1);
  const { status } = await hub.request<FleetWorkload>({ method: "GET", path: PATH });
  expect(status).toMatchObject({
    health: "Healthy",
    message: "Healthy on 2 of 3 clusters; 1 cluster does not report",
    byHealth: { Healthy: 2, Unknown: 1 },
    reporting: { fresh: 2, stale: 1 },
  });
  expect(status.conditions.map((condition) => `${condition.type} ${condition.status}`)).toEqual([
    "Healthy Unknown",
    "Degraded Unknown",
    "Reporting False",
  ]);
  expect(await kfw(NAME)).toMatch(new RegExp(`^${NAME} +Healthy +2/3 `, "m"));
  const waited = await stack.kubectl("hub", "wait", `kfw/${NAME}`, "--for=condition=Healthy", "--timeout=1s");
  expect(waited.code).not.toBe(0);
  await holdPod(kube("c3"), agent, false);
  const healed = await stack.kubectl("hub", "wait", `kfw/${NAME}`, "--for=condition=Healthy", "--timeout=60s");
  expect(healed.code, healed.stderr).toBe(0);
});

test("a reader of two clusters is refused with a reason, one of all clusters sees it", async () => {
  const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: TENANT }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: READER };
  const metadata = { name: TENANT };
  const places = ["c1", "c2"].map((namespace) => `${RBAC}/namespaces/${namespace}/rolebindings`);
  for (const path of places) await hub.request({ method: "POST", path, body: { metadata, roleRef, subjects } });
  await until(
    "the tenant to read his clusters",
    async () => {
      const { code, stderr } = await stack.kubectl("hub", "get", "kwl", "-n", "c2", `--as=${TENANT}`);
      return lookAt(code === 0, stderr);
    },
    { limitMs: 10_000 },
  );
  const refused = await stack.kubectl("hub", "get", "kfw", `--as=${TENANT}`);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain(
    `User "${TENANT}" cannot list resource "kruisefleetworkloads" in API group "${GROUP}" at the cluster scope`,
  );
  const everywhere = `${RBAC}/clusterrolebindings`;
  await hub.request({ method: "POST", path: everywhere, body: { metadata, roleRef, subjects } });
  await until(
    "the tenant to read the fleet",
    async () => {
      const { stdout, stderr } = await stack.kubectl("hub", "get", "kfw", "-o", "name", `--as=${TENANT}`);
      return lookAt(stdout.includes(NAME), stderr);
    },
    { limitMs: 10_000 },
  );
  for (const path of [...places, everywhere]) await hub.request({ method: "DELETE", path: `${path}/${TENANT}` });
});

test("kubectl knows the resource, and explains it", async () => {
  const resources = await output(stack.kubectl("hub", "api-resources", `--api-group=${GROUP}`));
  expect(resources).toMatch(/kruisefleetworkloads +kfw +\S+ +false +KruiseFleetWorkload/);
  const explained = await output(stack.kubectl("hub", "explain", "kfw.status.progress.clusters"));
  expect(explained).toContain("Clusters on which the rollout does not get on");
});

test("kubectl get -w has told of every turn", async () => {
  const stdout = (await watching)?.stdout ?? "";
  const healths = stdout
    .split("\n")
    .flatMap((line) => / (Healthy|Degraded|Suspended|Progressing) /.exec(line)?.[1] ?? []);
  const turns = healths.filter((health, index) => health !== healths[index - 1]);
  expect(turns[0]).toBe("Healthy");
  expect(turns).toContain("Degraded");
  expect(turns.at(-1)).toBe("Healthy");
});
