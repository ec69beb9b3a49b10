// The chart with the real Helm: it lints, renders what it should for each value, refuses what is wrong, and what it
// renders is what the API server accepts.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { RELEASE_VERSION } from "../../shared/version.ts";
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
      "ClusterRoleBinding open-cluster-management:kruise-health:manager",
      "Deployment kruise-health",
      "PodDisruptionBudget kruise-health",
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
        "app.kubernetes.io/version": RELEASE_VERSION,
        "app.kubernetes.io/managed-by": "Helm",
      });
    }
  });

  test("names manager and agent images by the chart's version", async () => {
    const { objects } = await template();
    const text = JSON.stringify(only(objects, "Deployment"));
    expect(text).toContain(`"ghcr.io/open-cluster-management-io/kruise-health-manager:${RELEASE_VERSION}"`);
    expect(text).toContain(`"ghcr.io/open-cluster-management-io/kruise-health-agent:${RELEASE_VERSION}"`);
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

  test("replicas spread over nodes and zones, and a drain takes one at a time", async () => {
    const { objects } = await template();
    const text = JSON.stringify(only(objects, "Deployment"));
    for (const key of ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]) {
      expect(text).toContain(`"topologyKey":"${key}"`);
    }
    expect(only(objects, "PodDisruptionBudget")).toMatchObject({ spec: { maxUnavailable: 1 } });
    const own = JSON.stringify([{ maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" }]);
    const other = await template("--set-json", `topologySpreadConstraints=${own}`);
    expect(JSON.stringify(only(other.objects, "Deployment"))).toContain(`"topologySpreadConstraints":${own}`);
  });

  test("a single replica has no budget, which would keep its node from being drained", async () => {
    const { objects } = await template("--set", "replicas=1");
    expect(objects.map(({ kind }) => kind)).not.toContain("PodDisruptionBudget");
    expect(JSON.stringify(objects)).not.toContain("topologySpreadConstraints");
  });

  test("metrics are open to those who are named, once there is a NetworkPolicy", async () => {
    const from = [{ namespaceSelector: { matchLabels: { monitoring: "yes" } } }];
    const sets = [
      "--set",
      "networkPolicy.enabled=true",
      "--set-json",
      `networkPolicy.metricsFrom=${JSON.stringify(from)}`,
    ];
    const { objects } = await template(...sets);
    expect(only(objects, "NetworkPolicy")).toMatchObject({
      spec: {
        policyTypes: ["Ingress"],
        ingress: [{ ports: [{ port: "https" }] }, { from, ports: [{ port: "health" }] }],
      },
    });
  });

  test("another ServiceAccount gets every right, and is not made", async () => {
    const { objects } = await template("--set", "serviceAccount.create=false,serviceAccount.name=other");
    expect(objects.map(({ kind }) => kind)).not.toContain("ServiceAccount");
    const bindings = objects.filter(({ kind }) => kind.endsWith("Binding"));
    expect(bindings.length).toBe(3);
    for (const { subjects } of bindings) expect(subjects).toMatchObject([{ name: "other", namespace: "ns" }]);
    expect(JSON.stringify(only(objects, "Deployment"))).toContain('"serviceAccountName":"other"');
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

describe("a way past kube-apiserver", () => {
  const url = "https://health.example.com:8443";
  const certificates = "certificates.mode=certManager";
  const namesOf = ({ objects }: { objects: Rendered[] }): unknown => only(objects, "Certificate")["spec"];
  const rulesOf = ({ objects }: { objects: Rendered[] }): string =>
    JSON.stringify(objects.filter(({ kind }) => kind === "ClusterRole"));

  test("reaches manager, rights, Service and certificate, and none of them without it", async () => {
    const service = ["--set", "service.type=LoadBalancer", "--set-json", 'service.annotations={"a/b":"c"}'];
    const direct = ["--set", `feedback.mode=both,feedback.direct.url=${url},certificates.issuerRef.name=i`];
    const [plain, given] = await Promise.all([
      template("--set", `${certificates},certificates.issuerRef.name=i`),
      template(...direct, ...service, "--set", certificates),
    ]);
    expect(JSON.stringify(only(given.objects, "Deployment"))).toContain(`{"name":"FEEDBACK_URL","value":"${url}"}`);
    expect(JSON.stringify(only(plain.objects, "Deployment"))).toContain(
      '{"name":"FEEDBACK_MODE","value":"aggregated"}',
    );
    expect([plain, given].map((each) => rulesOf(each).includes("tokenreviews"))).toEqual([false, true]);
    expect(only(given.objects, "Service")).toMatchObject({
      metadata: { annotations: { "a/b": "c" } },
      spec: { type: "LoadBalancer" },
    });
    expect(namesOf(given)).toMatchObject({ dnsNames: [expect.any(String), expect.any(String), "health.example.com"] });
    expect(JSON.stringify(namesOf(plain))).not.toContain("example.com");
  });

  test.each([
    ["https://192.0.2.7", "192.0.2.7"],
    ["https://[2001:db8::7]:8443", "2001:db8::7"],
  ])("by an address, %s, makes a certificate for it", async (address, ip) => {
    const set = `feedback.mode=direct,feedback.direct.url=${address},certificates.issuerRef.name=i,${certificates}`;
    expect(namesOf(await template("--set", set))).toMatchObject({ ipAddresses: [ip] });
  });
});

describe("the add-on API", () => {
  const served = (...versions: string[]) =>
    versions.flatMap((version) => ["--api-versions", `addon.open-cluster-management.io/${version}`]);
  const none = "__reserved_no_default__";
  const config = { group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs" };
  const named = { namespace: "ns", name: "kruise-health" };

  test.each([
    { hub: "is not known", args: [], version: "v1alpha1" },
    { hub: "serves v1alpha1", args: served("v1alpha1"), version: "v1alpha1" },
    { hub: "serves both", args: served("v1alpha1", "v1beta1"), version: "v1alpha1" },
    { hub: "serves v1beta1", args: served("v1beta1"), version: "v1beta1" },
    { hub: "serves both, and v1beta1 is wanted", args: ["--set", "addonApiVersion=v1beta1"], version: "v1beta1" },
  ])("is $version when the hub $hub", async ({ args, version }) => {
    const [plain, configured] = await Promise.all([
      template(...args),
      template(...args, "--set", "defaultConfig.create=true"),
    ]);
    const isAlpha = version === "v1alpha1";
    expect(only(plain.objects, "ClusterManagementAddOn")).toMatchObject({
      apiVersion: `addon.open-cluster-management.io/${version}`,
      spec: isAlpha ? { supportedConfigs: [config] } : { defaultConfigs: [{ ...config, name: none }] },
    });
    expect(only(configured.objects, "ClusterManagementAddOn")).toMatchObject({
      spec: isAlpha
        ? { supportedConfigs: [{ ...config, defaultConfig: named }] }
        : { defaultConfigs: [{ ...config, ...named }] },
    });
    expect(only(configured.objects, "AddOnDeploymentConfig").apiVersion).toMatch(version);
  });
});

describe("with the install strategy Placements", () => {
  const other = {
    namespace: "fleet",
    name: "edge",
    rolloutStrategy: { type: "Progressive", progressive: { maxConcurrency: 1 } },
  };
  const strategy = (placements: unknown[]) => [
    "--set-json",
    `installStrategy=${JSON.stringify({ type: "Placements", placements })}`,
  ];

  test("the add-on names the chart's own Placement, which keeps clusters that are away, and then the others", async () => {
    const { objects } = await template(
      ...strategy([other]),
      "--set",
      "placement.create=true,placement.clusterSets={a,b}",
    );
    expect(only(objects, "ClusterManagementAddOn")).toMatchObject({
      spec: {
        installStrategy: {
          type: "Placements",
          placements: [{ namespace: "ns", name: "kruise-health", rolloutStrategy: { type: "All" } }, other],
        },
      },
    });
    expect(only(objects, "Placement")).toMatchObject({
      metadata: { namespace: "ns", name: "kruise-health" },
      spec: { clusterSets: ["a", "b"] },
    });
    const tolerated = JSON.stringify(only(objects, "Placement"));
    for (const taint of ["unreachable", "unavailable"]) expect(tolerated).toContain(`management.io/${taint}`);
    const bound = objects.filter(({ kind }) => kind === "ManagedClusterSetBinding");
    expect(bound.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      ["a", { clusterSet: "a" }],
      ["b", { clusterSet: "b" }],
    ]);
  });

  test("Placements of others do without objects of the chart", async () => {
    const { objects } = await template(...strategy([other]));
    expect(
      objects
        .map(({ kind }) => kind)
        .filter((kind) => /Placement|Binding$/.test(kind))
        .toSorted(),
    ).toEqual(["ClusterRoleBinding", "RoleBinding", "RoleBinding"]);
  });
});

test.each([
  ["a name that is not known", "heartbeatSecond=3", "additional properties 'heartbeatSecond' not allowed"],
  ["a nested name that is not known", '{"agent":{"image":{"tags":"1"}}}', "additional properties 'tags' not allowed"],
  ["a text for a number", "replicas=many", "got string, want integer"],
  ["no replica", "replicas=0", "minimum: got 0, want 1"],
  ["a level that is not known", "logLevel=loud", "value must be one of"],
  ["a version that is not known", "addonApiVersion=v1", "value must be one of 'auto', 'v1alpha1', 'v1beta1'"],
  ["a digest that is none", "image.digest=sha256:1", 'image.digest "sha256:1" is no digest: wanted is'],
  ["a tag that is none", "agent.image.tag=a/b", 'agent.image.tag "a/b" is no tag: wanted are'],
  ["a name that is none", "fullnameOverride=A_b", 'fullnameOverride "A_b" is no name of a Kubernetes object'],
  [
    "a label of the chart's own",
    '{"podLabels":{"app.kubernetes.io/name":"x"}}',
    'podLabels has "app.kubernetes.io/name"',
  ],
  ["silence shorter than two heartbeats", "staleAfterSeconds=59", "must be at least 2 x heartbeatSeconds"],
  ["no ServiceAccount at all", "serviceAccount.create=false", "wanted is the name of a ServiceAccount that exists"],
  ["a configuration for nobody", '{"defaultConfig":{"spec":{"a":1}}}', "defaultConfig.create must be true for it"],
  [
    "Placements for nobody",
    '{"installStrategy":{"placements":[{"namespace":"a","name":"b"}]}}',
    "must be Placements for it",
  ],
  ["no address", "feedback.mode=direct", "feedback.mode is direct and feedback.direct.url is empty"],
  ["an address for nobody", "feedback.direct.url=https://a", "feedback.mode must be direct or both for it"],
  ["an address without TLS", directTo("http://a"), "feedback.direct.url is no address of a server: wanted is"],
  ["an address with a path", directTo("https://a/b"), "without user, path or query"],
  ["an address with a user", directTo("https://u:p@a"), "without user, path or query"],
  ["an address with a query", directTo("https://a?b=c"), "without user, path or query"],
  ["a port that is none", directTo("https://a:70000"), "feedback.direct.url is no address of a server"],
  [
    "authorities that are none",
    `${directTo("https://a")},feedback.direct.caBundle=x`,
    "feedback.direct.caBundle holds no certificate",
  ],
  ["no Placement", "installStrategy.type=Placements", "which would disable the add-on everywhere"],
  [
    "a Placement without a namespace",
    '{"installStrategy":{"type":"Placements","placements":[{"name":"b"}]}}',
    "missing property 'namespace'",
  ],
  [
    "a Placement twice",
    '{"placement":{"create":true},"installStrategy":{"type":"Placements","placements":[{"namespace":"ns","name":"kruise-health"}]}}',
    "Placement ns/kruise-health is named twice",
  ],
  [
    "options of another rollout type",
    '{"placement":{"create":true,"rolloutStrategy":{"type":"All","progressive":{}}},"installStrategy":{"type":"Placements"}}',
    'has "progressive", which does nothing for its type All',
  ],
])("refuses %s", async (_name, setting, message) => {
  const { code, stderr } = await template(...withValues(setting));
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});

test("tells every mistake at once", async () => {
  const { stderr } = await template("--set", "image.digest=x,staleAfterSeconds=59,serviceAccount.create=false");
  expect(stderr.match(/^- /gm)?.length).toBe(3);
});

function directTo(url: string): string {
  return `feedback.mode=direct,feedback.direct.url=${url}`;
}

/** A setting as `name=value`, or several as JSON. */
function withValues(setting: string): string[] {
  if (!setting.startsWith("{")) return ["--set", setting];
  const values = Object.entries(JSON.parse(setting) as Record<string, unknown>);
  return values.flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
}

test.each(["v1alpha1", "v1beta1"])("the hub's API server accepts every object as it is, with %s", async (version) => {
  // Other names than the installed release has: this is about creating them.
  const set = "defaultConfig.create=true,networkPolicy.enabled=true,fullnameOverride=chart-e2e,placement.create=true";
  const values = ["--set", `${set},installStrategy.type=Placements,addonApiVersion=${version}`];
  const where = ["--namespace", "default", "--kube-version", "1.35.0"];
  const rendered = await output(stack.helm("template", "chart-e2e", CHART, ...where, ...values));
  const args = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-"];
  const applied = await output(stack.kubectlWithInput("hub", rendered, ...args));
  expect(applied.trimEnd().split("\n").length).toBe(15);
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
