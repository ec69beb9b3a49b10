// The other kinds of the narrow path, as the real OpenKruise moves them: Advanced StatefulSet, UnitedDeployment and
// SidecarSet; and a cluster that has no OpenKruise at all, until it gets its kinds.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { moduleFolder } from "./harness/tools.ts";
import { enableAddon, follow, untilConditions, untilVerdict } from "./support/addon.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "kinds-e2e";
const GROUP = "/apis/apps.kruise.io";
const stack = suiteStack();
let hub: Kube;
let c1: Kube;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await enableAddon(stack, hub, ["c1"]);
  await createNamespace(c1, NAMESPACE);
});

afterAll(async () => {
  await c1.request({ method: "DELETE", path: `${GROUP}/v1alpha1/sidecarsets/${NAMESPACE}` });
  await deleteNamespace(c1, NAMESPACE);
  hub.close();
  c1.close();
});

const labels = (app: string) => ({ app });
const template = (app: string, image: string) => ({
  metadata: { labels: labels(app) },
  spec: { containers: [{ name: "app", image }] },
});

async function apply(path: string, object: KubeObject & { spec: object }): Promise<void> {
  await c1.request({
    method: "PATCH",
    path: `${GROUP}/${path}/${object.metadata.name}`,
    query: { fieldManager: "e2e", force: true },
    contentType: "application/apply-patch+yaml",
    body: object,
  });
}

describe("an Advanced StatefulSet", () => {
  const path = `v1beta1/namespaces/${NAMESPACE}/statefulsets`;
  const row = `statefulset.${NAMESPACE}.ledger`;
  const ledger = (image: string, partition: number) => ({
    apiVersion: "apps.kruise.io/v1beta1",
    kind: "StatefulSet",
    metadata: { name: "ledger", namespace: NAMESPACE },
    spec: {
      replicas: 3,
      serviceName: "ledger",
      selector: { matchLabels: labels("ledger") },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition } },
      template: template("ledger", image),
    },
  });

  test("starts, is held by its partition, and is Healthy when let go", async () => {
    await apply(path, ledger("shop/ledger:1", 0));
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    const transcript = await follow(hub, "c1", row);
    await apply(path, ledger("shop/ledger:2", 2));
    await untilVerdict(hub, "c1", row, "Suspended/PartitionHeld");
    await apply(path, ledger("shop/ledger:2", 0));
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    const healths = transcript.verdicts().map((verdict) => verdict.split("/")[0]);
    transcript.stop();
    expect(healths, transcript.verdicts().join(" > ")).not.toContain("Degraded");
    expect(healths.slice(1, -1), transcript.verdicts().join(" > ")).not.toContain("Healthy");
  });
});

describe("a UnitedDeployment", () => {
  const path = `v1alpha1/namespaces/${NAMESPACE}/uniteddeployments`;
  const row = `uniteddeployment.${NAMESPACE}.search`;
  const search = (image: string, partitions: Record<string, number>) => ({
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "UnitedDeployment",
    metadata: { name: "search", namespace: NAMESPACE },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels("search") },
      topology: { subsets: [{ name: "zone-a", replicas: "50%" }, { name: "zone-b" }] },
      updateStrategy: { type: "Manual", manualUpdate: { partitions } },
      template: {
        cloneSetTemplate: {
          metadata: { labels: labels("search") },
          spec: { selector: { matchLabels: labels("search") }, template: template("search", image) },
        },
      },
    },
  });

  test("shows itself and its subsets' CloneSets, and is held by one subset's partition", async () => {
    await apply(path, search("shop/search:1", {}));
    const united = await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    expect(united.status).toMatchObject({ counts: { wanted: 4, ready: 4 } });
    const { stdout } = await stack.kubectl(
      "hub",
      "get",
      "kwl",
      "-n",
      "c1",
      "--field-selector",
      `workloadNamespace=${NAMESPACE},kind=CloneSet`,
      "-o",
      "name",
    );
    expect(stdout.trim().split("\n")).toHaveLength(2);
    await apply(path, search("shop/search:2", { "zone-a": 2 }));
    await untilVerdict(hub, "c1", row, "Suspended/PartitionHeld");
    await apply(path, search("shop/search:2", {}));
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
  });
});

describe("a SidecarSet", () => {
  test("is Healthy once it is in the pods that it selects, and shown without a namespace", async () => {
    await apply("v1alpha1/sidecarsets", {
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "SidecarSet",
      metadata: { name: NAMESPACE },
      spec: {
        namespace: NAMESPACE,
        selector: { matchLabels: labels("carried") },
        containers: [{ name: "log-shipper", image: "shop/log-shipper:1" }],
      },
    });
    const row = `sidecarset.${NAMESPACE}`;
    await untilVerdict(hub, "c1", row, "Healthy/NoMatchedPods");
    await apply(`v1alpha1/namespaces/${NAMESPACE}/clonesets`, {
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "CloneSet",
      metadata: { name: "carried", namespace: NAMESPACE },
      spec: { replicas: 2, selector: { matchLabels: labels("carried") }, template: template("carried", "shop/app:1") },
    });
    // It is as well with the first of both pods alone.
    await until(
      "both pods to be carried",
      async () => {
        const { status } = await untilVerdict(hub, "c1", row, "Healthy/AllUpdated");
        const { counts } = status as { counts?: Record<string, number> };
        return lookAt(counts?.["matched"] === 2 && counts["updated"] === 2, counts);
      },
      { limitMs: 30_000 },
    );
  });
});

describe("a cluster without OpenKruise", () => {
  test("36: fault 39: is complete and Available, says NotInstalled, and alarms nobody", async () => {
    await enableAddon(stack, hub, ["c3"]);
    await untilConditions(hub, "c3", {
      KruiseReady: "False/NotInstalled",
      WorkloadsHealthy: "Unknown/NotInstalled",
      Degraded: "False/NotInstalled",
    });
    const { stdout } = await stack.kubectl("hub", "get", "kruiseclusters", "-n", "c3");
    expect(stdout).toMatch(/c3 +Fresh +NotInstalled +0 +0 +0 +0 +0/);
  });

  test("fault 13: is watched as soon as it gets the kinds, and its missing manager is named", async () => {
    const crds = join(await moduleFolder("kruise", "github.com/openkruise/kruise"), "config/crd/bases");
    await output(stack.kubectl("c3", "create", "-f", join(crds, "apps.kruise.io_clonesets.yaml")));
    await untilConditions(hub, "c3", { KruiseReady: "False/ManagerMissing", Degraded: "True/" });
    await until(
      "CloneSets of c3 to be watched",
      async () => {
        const state = await output(
          stack.kubectl(
            "hub",
            "get",
            "kcl",
            "-n",
            "c3",
            "c3",
            "-o",
            'jsonpath={.status.kinds[?(@.kind=="CloneSet")].state}',
          ),
        );
        return lookAt(state === "Watching", state);
      },
      { limitMs: 30_000 },
    );
    await output(stack.kubectl("c3", "delete", "crd", "clonesets.apps.kruise.io"));
    await untilConditions(hub, "c3", { KruiseReady: "False/NotInstalled" });
  });
});
