// Enable and disable as a platform engineer does it, and what OCM makes of it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import {
  addonPath,
  enableAddon,
  INSTALL_NAMESPACE,
  untilConditions,
  untilGone,
  workloadsPath,
} from "./support/addon.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "lifecycle-e2e";
const WORK = "/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks/addon-kruise-health-deploy-0";
const SECRET = `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`;
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const DEPLOYMENT = `/apis/apps/v1/namespaces/${INSTALL_NAMESPACE}/deployments/kruise-health-agent`;
const stack = suiteStack();
let hub: Kube;
let c1: Kube;

interface Work extends KubeObject {
  status: { conditions: Condition[] };
}

interface List {
  items: (KubeObject & { status?: { phase?: string } })[];
}

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
});

afterAll(() => {
  hub.close();
  c1.close();
});

async function agentPods(): Promise<List["items"]> {
  const { items } = await c1.request<List>({
    method: "GET",
    path: `/api/v1/namespaces/${INSTALL_NAMESPACE}/pods`,
    query: { labelSelector: "app.kubernetes.io/name=kruise-health,app.kubernetes.io/component=agent" },
  });
  return items;
}

describe("clusteradm addon enable", () => {
  test("1: makes the add-on Available and complete on both clusters", async () => {
    await enableAddon(stack, hub, ["c1", "c2"]);
    const tree = await stack.clusteradm("get", "addon", "kruise-health");
    expect(tree.stdout).toMatch(/Available -> true/);
    expect(tree.stdout).toMatch(/RegistrationApplied -> true/);
    expect(tree.stdout).toMatch(/ManifestApplied -> true/);
  });

  test("8: leads to an agent pod that runs with the kubeconfig that OCM made", async () => {
    const secret = await c1.request<KubeObject & { data: Record<string, string> }>({ method: "GET", path: SECRET });
    expect(Object.keys(secret.data).toSorted()).toEqual(["cluster-name", "kubeconfig", "tls.crt", "tls.key"]);
    await until(
      "one running agent pod",
      async () => {
        const pods = await agentPods();
        return lookAt(
          pods.length === 1 && pods[0]?.status?.phase === "Running",
          pods.map((pod) => pod.status),
        );
      },
      { limitMs: 60_000 },
    );
  });

  test("3: places one ManifestWork that the ManagedClusterAddOn alone owns and controls, applied as it is", async () => {
    const [addon, work, { items }] = await Promise.all([
      hub.request<KubeObject>({ method: "GET", path: addonPath("c1") }),
      hub.request<Work>({ method: "GET", path: WORK }),
      hub.request<List>({
        method: "GET",
        path: WORK.replace(/\/[^/]+$/, ""),
        query: { labelSelector: "open-cluster-management.io/addon-name=kruise-health" },
      }),
    ]);
    expect(items.map(({ metadata }) => metadata.name)).toEqual([work.metadata.name]);
    expect(work.metadata.ownerReferences).toEqual([{ ...ownerOf(addon), controller: true, blockOwnerDeletion: true }]);
    for (const type of ["Applied", "Available"])
      expect(work.status.conditions.find((condition) => condition.type === type)).toMatchObject({
        status: "True",
        observedGeneration: work.metadata.generation,
      });
  });

  test("11: gives the agent rights on the hub that go with the ManagedClusterAddOn", async () => {
    const addon = await hub.request<KubeObject>({ method: "GET", path: addonPath("c1") });
    for (const resource of ["roles", "rolebindings"]) {
      const path = `${RBAC}/namespaces/c1/${resource}/kruise-health-agent`;
      const { metadata } = await hub.request<KubeObject>({ method: "GET", path });
      // Not as controller: OCM's own controllers look for works and add-ons by that.
      expect(metadata.ownerReferences, resource).toEqual([{ ...ownerOf(addon), blockOwnerDeletion: true }]);
    }
  });

  test("says that OpenKruise is ready on a cluster where it is", async () => {
    const { stdout } = await stack.kubectl(
      "hub",
      "get",
      "mca",
      "-n",
      "c1",
      "kruise-health",
      "-o",
      "jsonpath={.status.conditions[?(@.type=='KruiseReady')].status}",
    );
    expect(stdout).toBe("True");
  });
});

describe("clusteradm addon disable", () => {
  test("4 and 37: takes agent, rights, ManifestWork and rows away, leaves no finalizer, and enable works again", async () => {
    await enableAddon(stack, hub, ["c1", "c2"]);
    await createNamespace(c1, NAMESPACE);
    await applyCloneSet(c1, { namespace: NAMESPACE, name: "shop", replicas: 2 });
    await until("rows of c1", async () => lookAt((await rowsOf("c1")).length > 0, "none"), { limitMs: 60_000 });

    const ours: [Kube, string][] = [
      [hub, addonPath("c1")],
      [hub, WORK],
      [hub, `${RBAC}/namespaces/c1/rolebindings/kruise-health-agent`],
      [hub, `${RBAC}/namespaces/c1/roles/kruise-health-agent`],
      [c1, DEPLOYMENT],
      [c1, SECRET],
      [c1, `${RBAC}/clusterroles/kruise-health-agent`],
      [c1, `${RBAC}/clusterrolebindings/kruise-health-agent`],
    ];
    for (const [kube, path] of ours) await expect(kube.request({ method: "GET", path }), path).resolves.toBeDefined();

    const disable = await stack.clusteradm("addon", "disable", "--names", "kruise-health", "--clusters", "c1");
    expect(disable.code, disable.stderr).toBe(0);
    for (const [kube, path] of ours) await untilGone(kube, path);
    await until("no row of c1", async () => lookAt((await rowsOf("c1")).length === 0, await rowsOf("c1")), {
      limitMs: 30_000,
    });
    await until("no agent pod", async () => lookAt((await agentPods()).length === 0, await agentPods()), {
      limitMs: 60_000,
    });
    await untilConditions(hub, "c2", { Available: "True/", Reporting: "True/" });

    await enableAddon(stack, hub, ["c1"]);
    await until(
      "the row of c1 to be back",
      async () => {
        const row = (await rowsOf("c1")).find((name) => name === `cloneset.${NAMESPACE}.shop`);
        return row === undefined ? unmet("no row") : met(row);
      },
      { limitMs: 60_000 },
    );
    await deleteNamespace(c1, NAMESPACE);
  });
});

/** What an owner reference to an object says, whichever version of the API it names. */
function ownerOf({ kind, metadata }: KubeObject): object {
  const apiVersion = expect.stringMatching(/^addon\.open-cluster-management\.io\//) as string;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}

async function rowsOf(cluster: string): Promise<string[]> {
  const { items } = await hub.request<List>({ method: "GET", path: workloadsPath(cluster) });
  return items.map((item) => item.metadata.name);
}
