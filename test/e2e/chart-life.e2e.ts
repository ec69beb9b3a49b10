// A release of the chart from its first day to its last, with the real Helm: removed without a trace, installed as the
// release before, upgraded, rolled back. At the end the hub is as the other suites want it.
// Only the chart is of the release before: its images are gone, so that both charts run the manager of this checkout.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION, GROUP, VERSION } from "../../shared/wire/group.ts";
import { ADDON_MANAGER_NAMESPACE as NAMESPACE } from "./harness/addon.ts";
import { lookAt, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { ADDON, addonPath, deployAddon, INSTALL_NAMESPACE, untilConditions, untilGone } from "./support/addon.ts";
import { followGaps } from "./support/gaps.ts";
import { leftBehind } from "./support/left-behind.ts";
import { leaseHolder, managerPods } from "./support/manager.ts";
import { followRemovals } from "./support/removals.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const CHART = join(import.meta.dirname, "../../charts/kruise-health");
const BEFORE = join(import.meta.dirname, "../fixtures/charts/kruise-health-0.1.0");
const API_SERVICE = `/apis/apiregistration.k8s.io/v1/apiservices/${VERSION}.${GROUP}`;
const DEFINITION = `/apis/addon.open-cluster-management.io/v1alpha1/clustermanagementaddons/${ADDON}`;
const OWNER = `/apis/rbac.authorization.k8s.io/v1/clusterroles/open-cluster-management:${ADDON}:manager`;
const OWNED = [
  API_SERVICE,
  `/api/v1/namespaces/${NAMESPACE}/secrets/${ADDON}-serving`,
  `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/kruise-health-manager`,
];
const PLACEMENTS = `/apis/cluster.open-cluster-management.io/v1beta1/namespaces/${NAMESPACE}`;
const WORKS = "/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks";
const AGENTS = `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods`;
/** What the API may be away for: the next leader notices within 4.4 s that the Lease was given back, and then lists. */
const TAKEOVER_MS = 8000;

const stack = suiteStack();
/** The values with which the harness has installed the add-on. */
const values = join(stack.dir, "addon-values.json");
const release = ["--namespace", NAMESPACE];
let hub: Kube;
let c1: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await deployAddon(stack, hub, ["c1"]);
});

afterAll(() => {
  hub.close();
  c1.close();
});

const read = <T extends KubeObject>(path: string) => hub.request<T>({ method: "GET", path });
const uidOf = async (path: string) => (await read(path)).metadata.uid;

/** The Deployment's word alone is not enough: its last pod goes on leading while it ends. */
async function untilRolledOut(): Promise<void> {
  await output(stack.kubectl("hub", "rollout", "status", `deployment/${ADDON}`, ...release, "--timeout=60s"));
  await until(
    "the new manager to be alone, and to lead",
    async () => {
      const [pods, holder] = await Promise.all([managerPods(hub), leaseHolder(hub)]);
      const names = pods.map(({ metadata: { name } }) => name);
      return lookAt(names.length === 1 && names[0] === holder, { names, holder });
    },
    { limitMs: 60_000 },
  );
}

async function untilApiAvailable(but?: string): Promise<void> {
  await until(
    "the APIService to be Available",
    async () => {
      const found = await read<KubeObject & { status?: { conditions?: Condition[] } }>(API_SERVICE);
      const available = found.status?.conditions?.find(({ type }) => type === "Available");
      return lookAt(found.metadata.uid !== but && available?.status === "True", found);
    },
    { limitMs: 60_000 },
  );
}

/** What an upgrade of the hub must not touch: the agent's works, which count their changes, and its pods. */
async function agentOf(kube: Kube): Promise<unknown> {
  const query = { labelSelector: `open-cluster-management.io/addon-name=${ADDON}` };
  const works = await hub.request<{ items: KubeObject[] }>({ method: "GET", path: WORKS, query });
  const selector = { labelSelector: `app.kubernetes.io/name=${ADDON},app.kubernetes.io/component=agent` };
  const pods = await kube.request<{ items: KubeObject[] }>({ method: "GET", path: AGENTS, query: selector });
  return {
    addon: await uidOf(addonPath("c1")),
    works: works.items.map(({ metadata: { name, uid, generation } }) => ({ name, uid, generation })),
    pods: pods.items.map(({ metadata: { uid } }) => uid),
  };
}

/** Changes the release, and says for how long the API did not answer meanwhile. */
async function change(...args: string[]): Promise<number> {
  const gaps = followGaps(hub, `/apis/${API_VERSION}/kruiseclusters`);
  try {
    await output(stack.helm(...args, ...release));
    await untilRolledOut();
    await gaps.untilAnswered();
  } finally {
    gaps.stop();
  }
  return gaps.longestMs();
}

describe("the APIService", () => {
  test("is made again by the manager when somebody has deleted it", async () => {
    const before = await uidOf(API_SERVICE);
    await hub.request({ method: "DELETE", path: API_SERVICE });
    await untilApiAvailable(before);
  });
});

describe("helm uninstall", () => {
  test("leaves nothing behind on the hub, nor on a managed cluster; the hub can still delete namespaces", async () => {
    const removals = await followUninstall();
    await output(stack.helm("uninstall", ADDON, ...release));
    await removals.until("APIService", "pod", "ClusterRole");
    removals.stop();
    // As long as there is an APIService and nobody behind it, no namespace of the hub can be deleted.
    const order = removals.order();
    console.log(
      `helm uninstall: ${order.map((name) => `${name} ${Math.round(removals.afterMs(name))} ms`).join(", ")}`,
    );
    expect(order.indexOf("APIService")).toBeLessThan(order.indexOf("pod"));
    await untilGone(hub, addonPath("c1"));
    const sides = ["hub", "c1"].map(async (side) =>
      until(
        `nothing on ${side} to speak of the add-on`,
        async () => {
          const left = await leftBehind(stack, side);
          return lookAt(left.length === 0, left);
        },
        { limitMs: 30_000, everyMs: 500 },
      ),
    );
    await Promise.all([...sides, deleteSomeNamespace()]);
  });

  async function followUninstall() {
    const rbac = { group: "rbac.authorization.k8s.io", version: "v1" };
    const core = { group: "", version: "v1" };
    const object = `open-cluster-management:${ADDON}:manager`;
    const [pod] = await managerPods(hub);
    return followRemovals(hub, [
      {
        name: "APIService",
        resource: { group: "apiregistration.k8s.io", version: "v1", plural: "apiservices" },
        object: `${VERSION}.${GROUP}`,
      },
      { name: "Service", resource: { ...core, plural: "services" }, namespace: NAMESPACE, object: ADDON },
      {
        name: "Deployment",
        resource: { group: "apps", version: "v1", plural: "deployments" },
        namespace: NAMESPACE,
        object: ADDON,
      },
      { name: "pod", resource: { ...core, plural: "pods" }, namespace: NAMESPACE, object: pod?.metadata.name ?? "" },
      { name: "ClusterRoleBinding", resource: { ...rbac, plural: "clusterrolebindings" }, object },
      { name: "ClusterRole", resource: { ...rbac, plural: "clusterroles" }, object },
    ]);
  }

  // What an aggregated API leaves behind would keep the whole hub from it.
  async function deleteSomeNamespace(): Promise<void> {
    await createNamespace(hub, "after-uninstall");
    await deleteNamespace(hub, "after-uninstall");
    await untilGone(hub, "/api/v1/namespaces/after-uninstall");
  }
});

describe("a hub with the chart of the release before", () => {
  let agent: unknown;
  let definition: string | undefined;

  beforeAll(async () => {
    // That chart had no such value, and refuses what it does not know.
    const all = JSON.parse(await readFile(values, "utf8")) as Record<string, unknown>;
    const known = Object.entries(all).filter(([name]) => name !== "metrics");
    const knownValues = join(stack.dir, "addon-values-before.json");
    await writeFile(knownValues, JSON.stringify(Object.fromEntries(known)));
    await output(stack.helm("install", ADDON, BEFORE, ...release, "--values", knownValues));
    await untilRolledOut();
    await untilApiAvailable();
    await deployAddon(stack, hub, ["c1"]);
    agent = await agentOf(c1);
    definition = await uidOf(DEFINITION);
  });

  test("is upgraded, and speaks another version of the add-on API from then on: agents and add-on stay", async () => {
    const gapMs = await change("upgrade", ADDON, CHART, "--values", values, "--set", "addonApiVersion=v1beta1");
    expect(gapMs).toBeLessThan(TAKEOVER_MS);
    expect(await agentOf(c1)).toEqual(agent);
    expect(await uidOf(DEFINITION)).toBe(definition);
  });

  test("has an owner from then on for what the release before would have left behind", async () => {
    const owner = await uidOf(OWNER);
    for (const path of OWNED) {
      await until(
        `${path} to be owned by the ClusterRole`,
        async () => {
          const { metadata } = await read(path);
          const owners = metadata.ownerReferences?.map(({ kind, uid }) => ({ kind, uid }));
          return lookAt(JSON.stringify(owners) === JSON.stringify([{ kind: "ClusterRole", uid: owner }]), metadata);
        },
        { limitMs: 20_000 },
      );
    }
  });

  test("is rolled back and upgraded again: agents and add-on stay", async () => {
    expect(await change("rollback", ADDON, "1")).toBeLessThan(TAKEOVER_MS);
    expect(await agentOf(c1)).toEqual(agent);
    expect(await change("upgrade", ADDON, CHART, "--values", values)).toBeLessThan(TAKEOVER_MS);
    expect(await agentOf(c1)).toEqual(agent);
    expect(await uidOf(DEFINITION)).toBe(definition);
    await untilConditions(hub, "c1", { Progressing: "False/Completed", Reporting: "True/" });
  });
});

describe("with a Placement of the chart", () => {
  const LABEL = "chart-life-e2e";
  const placed = ["c1", "c3"];
  const predicates = [{ requiredClusterSelector: { labelSelector: { matchLabels: { [LABEL]: "yes" } } } }];
  const upgrade = async (...args: string[]) =>
    output(stack.helm("upgrade", ADDON, CHART, ...release, "--values", values, ...args));

  test("OCM enables the add-on where it selects and keeps it there, also when it is Manual again", async () => {
    await output(stack.kubectl("hub", "label", "managedclusters", ...placed, `${LABEL}=yes`));
    const before = await uidOf(addonPath("c1"));
    const sets = ["--set", "placement.create=true", "--set-json", `placement.predicates=${JSON.stringify(predicates)}`];
    await upgrade(...sets);
    // Without a decision OCM would remove the add-on from c1 first.
    await untilDecided(placed);
    await upgrade(...sets, "--set", "installStrategy.type=Placements");
    await untilConditions(hub, "c3", { Progressing: "False/Completed", RegistrationApplied: "True/" });
    await upgrade();
    await untilGone(hub, `${PLACEMENTS}/placements/${ADDON}`);
    expect(await uidOf(addonPath("c1"))).toBe(before);
    expect(await uidOf(addonPath("c3"))).toBeDefined();
  });

  async function untilDecided(clusters: string[]): Promise<void> {
    interface Decision {
      status?: { decisions?: { clusterName: string }[] };
    }
    await until(
      `the Placement to select ${clusters.join()}`,
      async () => {
        const path = `${PLACEMENTS}/placementdecisions`;
        const { items } = await hub.request<{ items: Decision[] }>({ method: "GET", path });
        const selected = items.flatMap(({ status }) => status?.decisions ?? []).map(({ clusterName }) => clusterName);
        return lookAt(selected.toSorted().join() === clusters.join(), selected);
      },
      { limitMs: 30_000 },
    );
  }

  afterAll(async () => {
    await stack.kubectl("hub", "label", "managedclusters", ...placed, `${LABEL}-`);
    await stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3");
  });
});
