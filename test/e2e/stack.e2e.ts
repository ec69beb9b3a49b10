// The ground the other suites stand on: the real components are there, joined, and do their work.
import { afterAll, describe, expect, test } from "vitest";
import { met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";

const stack = suiteStack();
const clusters = Object.keys(stack.clusters);

describe("the hub", () => {
  test.each(clusters)("sees %s as joined and available", async (name) => {
    const condition = (type: string): string => `{.status.conditions[?(@.type=="${type}")].status}`;
    const path = `${condition("ManagedClusterJoined")} ${condition("ManagedClusterConditionAvailable")}`;
    expect(await output(stack.kubectl("hub", "get", "managedcluster", name, "-o", `jsonpath=${path}`))).toBe(
      "True True",
    );
  });

  test("answers the usual questions of kubectl, helm and clusteradm", async () => {
    expect(await output(stack.kubectl("hub", "version"))).toContain("Server Version: v1.35");
    expect(await output(stack.kubectl("hub", "api-resources"))).toContain("managedclusteraddons");
    expect(await output(stack.kubectl("hub", "explain", "managedclusteraddon.status.registrations"))).toContain(
      "FIELD",
    );
    expect(await output(stack.helm("list", "--all-namespaces"))).toContain("NAMESPACE");
    expect(await output(stack.clusteradm("get", "clusters"))).toContain("c1");
  });

  test("joins every cluster to the default set, so that placements find it", async () => {
    const names = await output(
      stack.kubectl(
        "hub",
        "get",
        "managedclusters",
        "-l",
        "cluster.open-cluster-management.io/clusterset=default",
        "-o",
        "name",
      ),
    );
    expect(names.trim().split("\n")).toHaveLength(clusters.length);
  });
});

describe("the two versions of the add-on API", () => {
  const name = "stack-conversion";
  const v1alpha1 = `clustermanagementaddons.v1alpha1.addon.open-cluster-management.io/${name}`;
  const v1beta1 = `clustermanagementaddons.v1beta1.addon.open-cluster-management.io/${name}`;
  afterAll(async () => {
    await stack.kubectl("hub", "delete", v1alpha1);
  });

  test("are converted into one another by OCM's webhook", async () => {
    const config = { group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" };
    const object = {
      apiVersion: "addon.open-cluster-management.io/v1beta1",
      kind: "ClusterManagementAddOn",
      metadata: { name },
      spec: {
        defaultConfigs: [{ ...config, namespace: "default", name: "settings" }],
        installStrategy: { type: "Manual" },
      },
    };
    await output(stack.kubectlWithInput("hub", JSON.stringify(object), "create", "-f", "-"));
    const old = JSON.parse(await output(stack.kubectl("hub", "get", v1alpha1, "-o", "json")));
    expect(old.spec.supportedConfigs).toEqual([
      { ...config, defaultConfig: { namespace: "default", name: "settings" } },
    ]);
    const recent = JSON.parse(await output(stack.kubectl("hub", "get", v1beta1, "-o", "json")));
    expect(recent.spec.defaultConfigs).toEqual(object.spec.defaultConfigs);
  });
});

describe("OpenKruise", () => {
  const namespace = "stack-kruise";
  afterAll(async () => {
    // Until it is gone: other suites compare what the hub shows before and after.
    await output(stack.kubectl("c1", "delete", "namespace", namespace, "--timeout=90s"));
  });

  test.each(["c1", "c2"])("looks installed in %s, and its real manager leads", async (cluster) => {
    await output(
      stack.kubectl(
        cluster,
        "wait",
        "-n",
        "kruise-system",
        "deployment/kruise-controller-manager",
        "--for=condition=Available",
      ),
    );
    const lease = ["get", "-n", "kruise-system", "lease/kruise-manager", "-o", "jsonpath={.spec.renewTime}"];
    const before = await output(stack.kubectl(cluster, ...lease));
    const after = await until(
      "the manager to renew its lease",
      async () => {
        const renewed = await output(stack.kubectl(cluster, ...lease));
        return renewed === before ? unmet(renewed) : met(renewed);
      },
      { limitMs: 20_000 },
    );
    expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
  });

  test("rolls out a CloneSet with its own controller and webhooks", async () => {
    const labels = { app: "stack-web" };
    const object = {
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "CloneSet",
      metadata: { name: "web", namespace },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx:1.29" }] } },
      },
    };
    await output(stack.kubectl("c1", "create", "namespace", namespace));
    await output(stack.kubectlWithInput("c1", JSON.stringify(object), "create", "-f", "-"));
    const cloneSet = await until(
      "3 updated and ready pods of CloneSet web",
      async () => {
        const found = JSON.parse(
          await output(stack.kubectl("c1", "get", "cloneset", "-n", namespace, "web", "-o", "json")),
        );
        return found.status?.updatedReadyReplicas === 3 ? met(found) : unmet(found.status);
      },
      { limitMs: 60_000, everyMs: 500 },
    );
    expect(cloneSet.status).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, observedGeneration: 1 });
    // Filled in by the mutating webhook alone.
    expect(cloneSet.spec.revisionHistoryLimit).toBe(10);
  });

  test("refuses what its validating webhook forbids", async () => {
    const object = {
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "CloneSet",
      metadata: { name: "no-selector", namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "one" } },
        template: { metadata: { labels: { app: "another" } }, spec: { containers: [{ name: "web", image: "nginx" }] } },
      },
    };
    const { code, stderr } = await stack.kubectlWithInput("c1", JSON.stringify(object), "create", "-f", "-");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("selector") });
  });
});

describe("a component", () => {
  test("can be ended and started again by a suite", async () => {
    const agent = stack.component("c2/work-agent");
    const work = {
      apiVersion: "work.open-cluster-management.io/v1",
      kind: "ManifestWork",
      metadata: { name: "stack-work", namespace: "c2" },
      spec: {
        workload: {
          manifests: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "stack-work", namespace: "default" } }],
        },
      },
    };
    const applied = ["wait", "-n", "c2", "manifestwork/stack-work", "--for=condition=Applied"];
    await agent.kill();
    try {
      await output(stack.kubectlWithInput("hub", JSON.stringify(work), "create", "-f", "-"));
      expect((await stack.kubectl("hub", ...applied, "--timeout=2s")).code).toBe(1);
      await agent.start();
      await output(stack.kubectl("hub", ...applied, "--timeout=60s"));
      await output(stack.kubectl("c2", "get", "configmap", "stack-work"));
    } finally {
      await agent.start();
      await stack.kubectl("hub", "delete", "manifestwork", "-n", "c2", "stack-work");
    }
  });
});
