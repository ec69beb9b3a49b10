// The chart with the real Helm: it lints, renders what it should for each value, refuses what is wrong, and what it
// renders is what the API server accepts.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { output, suiteStack } from "./harness/suite.ts";

interface Rendered {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const CHART = join(import.meta.dirname, "../../charts/kruise-health");
const stack = suiteStack();

/** Renders as against a hub of today; Helm built from source takes itself to be of Kubernetes 1.20. */
async function template(...args: string[]): Promise<{ code: number; stderr: string; objects: Rendered[] }> {
  const where = ["--namespace", "ns", "--kube-version", "1.35.0"];
  const { code, stdout, stderr } = await stack.helm("template", "release", CHART, ...where, ...args);
  const objects = parseAllDocuments(stdout).flatMap((document): Rendered[] => {
    const object: unknown = document.toJS();
    return object === null ? [] : [object as Rendered];
  });
  return { code, stderr, objects };
}

function only(objects: Rendered[], kind: string): Rendered {
  const found = objects.filter((object) => object.kind === kind);
  const [object] = found;
  if (object === undefined || found.length > 1) throw new Error(`Wanted one ${kind}, found ${found.length}`);
  return object;
}

test("lints without a warning", async () => {
  expect(await output(stack.helm("lint", "--strict", CHART))).toContain("1 chart(s) linted, 0 chart(s) failed");
});

describe("rendered with its own values", () => {
  test("makes each object once, all with the recommended labels, and none that only tests need", async () => {
    const { objects } = await template();
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      "ClusterManagementAddOn kruise-health",
      "ClusterRole open-cluster-management:kruise-health:manager",
      "ClusterRole open-cluster-management:kruise-health:reader",
      "ClusterRoleBinding open-cluster-management:kruise-health:auth-delegator",
      "ClusterRoleBinding open-cluster-management:kruise-health:manager",
      "Deployment kruise-health",
      "Role kruise-health",
      "RoleBinding kruise-health",
      "RoleBinding open-cluster-management:kruise-health:auth-reader",
      "Service kruise-health",
      "ServiceAccount kruise-health",
    ]);
    for (const { metadata } of objects) {
      expect(metadata.labels).toMatchObject({
        "app.kubernetes.io/name": "kruise-health",
        "app.kubernetes.io/instance": "release",
        "app.kubernetes.io/version": "0.1.0",
        "app.kubernetes.io/managed-by": "Helm",
      });
    }
  });

  test("names manager and agent images by the chart's version", async () => {
    const { objects } = await template();
    const text = JSON.stringify(only(objects, "Deployment"));
    expect(text).toContain('"ghcr.io/open-cluster-management-io/kruise-health-manager:0.1.0"');
    expect(text).toContain('"ghcr.io/open-cluster-management-io/kruise-health-agent:0.1.0"');
  });

  test("opens the workloads to the ClusterRole view, unless told otherwise", async () => {
    const label = "rbac.authorization.k8s.io/aggregate-to-view";
    const readerOf = ({ objects }: { objects: Rendered[] }): Rendered | undefined =>
      objects.find(({ metadata }) => metadata.name.endsWith(":reader"));
    expect(readerOf(await template())?.metadata.labels?.[label]).toBe("true");
    const closed = readerOf(await template("--set", "rbac.aggregateToView=false"));
    expect(closed?.metadata.labels).not.toHaveProperty([label]);
  });
});

describe("rendered with other values", () => {
  test("a digest wins over a tag", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const { objects } = await template("--set", `image.repository=r/m,image.tag=v1,image.digest=${digest}`);
    expect(JSON.stringify(only(objects, "Deployment"))).toContain(`"r/m@${digest}"`);
  });

  test("a default configuration becomes an AddOnDeploymentConfig that the add-on names", async () => {
    const spec = { customizedVariables: [{ name: "LOG_LEVEL", value: "debug" }] };
    const values = JSON.stringify({ create: true, spec });
    const { objects } = await template("--set-json", `defaultConfig=${values}`);
    expect(only(objects, "AddOnDeploymentConfig")).toMatchObject({ metadata: { namespace: "ns" }, spec });
    expect(only(objects, "ClusterManagementAddOn")).toMatchObject({
      spec: {
        installStrategy: { type: "Manual" },
        supportedConfigs: [{ defaultConfig: { name: "kruise-health", namespace: "ns" } }],
      },
    });
  });

  test("several replicas spread over nodes", async () => {
    const { objects } = await template("--set", "replicas=2");
    expect(JSON.stringify(only(objects, "Deployment"))).toContain("topologySpreadConstraints");
  });

  test("placement, pull secrets and annotations reach the pod", async () => {
    const pod = {
      nodeSelector: { a: "b" },
      tolerations: [{ key: "k", operator: "Exists" }],
      imagePullSecrets: ["pull"],
      podAnnotations: { note: "yes" },
      priorityClassName: "high",
    };
    const sets = Object.entries(pod).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
    const { objects } = await template(...sets);
    expect(only(objects, "Deployment")).toMatchObject({
      spec: {
        template: {
          metadata: { annotations: { note: "yes" } },
          spec: {
            nodeSelector: { a: "b" },
            tolerations: [{ key: "k", operator: "Exists" }],
            imagePullSecrets: [{ name: "pull" }],
            priorityClassName: "high",
          },
        },
      },
    });
  });
});

test.each([
  ["a name that is not known", "heartbeatSecond=3", "additional properties 'heartbeatSecond' not allowed"],
  ["a nested name that is not known", "agent.image.tags=1", "additional properties 'tags' not allowed"],
  ["a text for a number", "replicas=many", "got string, want integer"],
  ["no replica", "replicas=0", "minimum: got 0, want 1"],
  ["a level that is not known", "logLevel=loud", "value must be one of"],
  ["a digest that is none", "image.digest=sha256:1", "does not match pattern"],
  ["silence shorter than two heartbeats", "staleAfterSeconds=59", "must be at least 2 x heartbeatSeconds"],
])("refuses %s", async (_name, setting, message) => {
  const { code, stderr } = await template("--set", setting);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});

test("the hub's API server accepts every object as it is, with no field that it does not know", async () => {
  // Other names than the installed release has: this is about creating them.
  const values = ["--set", "defaultConfig.create=true,replicas=2,fullnameOverride=chart-e2e"];
  const where = ["--namespace", "default", "--kube-version", "1.35.0"];
  const rendered = await output(stack.helm("template", "chart-e2e", CHART, ...where, ...values));
  const args = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-"];
  const applied = await output(stack.kubectlWithInput("hub", rendered, ...args));
  expect(applied.trimEnd().split("\n").length).toBe(12);
});

test("its pods keep to the Pod Security standard restricted", async () => {
  const namespace = "chart-restricted-e2e";
  await output(stack.kubectl("hub", "create", "namespace", namespace));
  try {
    const label = "pod-security.kubernetes.io/enforce=restricted";
    await output(stack.kubectl("hub", "label", "namespace", namespace, label));
    const { objects } = await template();
    const { spec } = only(objects, "Deployment") as Rendered & { spec: { template: { spec: unknown } } };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace }, spec: spec.template.spec };
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "kruise-health", namespace } };
    await output(stack.kubectlWithInput("hub", JSON.stringify(account), "apply", "-f", "-"));
    const create = stack.kubectlWithInput("hub", JSON.stringify(pod), "create", "--dry-run=server", "-f", "-");
    expect(await output(create)).toContain("pod/p created (server dry run)");
  } finally {
    await stack.kubectl("hub", "delete", "namespace", namespace, "--wait=false");
  }
});
