import { describe, expect, test } from "vitest";
import { AgentSettings } from "../../shared/wire/agent-settings.ts";
import { renderAgent } from "./agent.ts";
import type { AgentInput } from "./agent.ts";
import { agentInput } from "./agent.fixture.ts";
import { readSettings, settingsEnvironment } from "./settings.ts";
import { renderConfigHashes } from "./work.ts";

const settings = AgentSettings.parse({});
type Manifest = {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: { apiGroups?: string[]; verbs: string[]; resources?: string[]; resourceNames?: string[] }[];
};
const render = (change: Partial<AgentInput> = {}) => renderAgent(agentInput(change)) as Manifest[];

describe("renderAgent()", () => {
  test("renders the namespace first and no Lease, no Secret, no custom resource", () => {
    expect(render().map(({ kind }) => kind)).toEqual([
      "Namespace",
      "ServiceAccount",
      "ClusterRole",
      "ClusterRoleBinding",
      "Role",
      "RoleBinding",
      "Deployment",
    ]);
  });

  test("puts every namespaced object into the install namespace", () => {
    const namespaced = render().filter(({ kind }) => !kind.startsWith("Cluster") && kind !== "Namespace");
    expect(new Set(namespaced.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["addon-ns"]));
  });

  test("lets the agent write nothing on its cluster but its Lease", () => {
    const writes = render()
      .flatMap(({ rules = [] }) => rules)
      .filter(({ verbs }) => verbs.some((verb) => !["get", "list", "watch"].includes(verb)));
    expect(new Set(writes.flatMap(({ resources }) => resources))).toEqual(new Set(["leases"]));
    expect(JSON.stringify(render())).not.toContain('"*"');
  });

  test("lets the agent read OpenKruise, events, and by name what an installation consists of; nothing more", () => {
    const { rules = [] } = render().find(({ kind }) => kind === "ClusterRole") ?? {};
    const lines = rules.map(({ apiGroups = [], resources = [], resourceNames = [], verbs }) => {
      const what = resources.length > 2 ? `${resources.length} resources` : resources.join();
      return [`${apiGroups.join()}/${what}`, ...resourceNames, verbs.join()].join(" ");
    });
    expect(lines).toEqual([
      "apps.kruise.io/15 resources list,watch",
      "policy.kruise.io/podunavailablebudgets list,watch",
      "rollouts.kruise.io/rollouts list,watch",
      "game.kruise.io/gameserversets list,watch",
      "apiextensions.k8s.io/customresourcedefinitions get,list,watch",
      "/events list,watch",
      "/pods list",
      "policy.kruise.io/podunavailablebudgets get",
      "apps/deployments kruise-controller-manager get",
      "apps/daemonsets kruise-daemon get",
      "coordination.k8s.io/leases kruise-manager get",
      "/endpoints kruise-webhook-service get",
      "admissionregistration.k8s.io/validatingwebhookconfigurations kruise-validating-webhook-configuration get",
      "admissionregistration.k8s.io/mutatingwebhookconfigurations kruise-mutating-webhook-configuration get",
    ]);
  });

  test("leaves the pods out when no causes are looked for", () => {
    const rules = JSON.stringify(render({ settings: { ...settings, LOOK_FOR_CAUSES: false } }));
    expect(JSON.stringify(render())).toContain('"pods"');
    expect(rules).not.toContain('"pods"');
    expect(rules).toContain('"LOOK_FOR_CAUSES","value":"false"');
  });

  test("names the way past kube-apiserver where there is one, with its authorities", () => {
    const ca = "-----BEGIN CERTIFICATE-----\n$(X)\n-----END CERTIFICATE-----\n";
    const text = JSON.stringify(render({ direct: { url: "https://health.example.com:8443", ca } }));
    expect(text).toContain('{"name":"FEEDBACK_URL","value":"https://health.example.com:8443"}');
    expect(text).toContain(JSON.stringify({ name: "FEEDBACK_CA", value: ca.replace("$", "$$$$") }));
    expect(JSON.stringify(render())).not.toContain("FEEDBACK");
  });

  test("sets only settings that differ from their defaults", () => {
    const names = (manifests: Manifest[]) =>
      [...JSON.stringify(manifests).matchAll(/"name":"([A-Z_]+)"/g)].map(([, name]) => name);
    const always = ["CLUSTER_NAME", "POD_NAME", "POD_NAMESPACE", "POD_IP"];
    expect(names(render())).toEqual(always);
    expect(names(render({ settings: { ...settings, SCALE_STALLED_AFTER_SECONDS: 5, LOG_LEVEL: "debug" } }))).toEqual([
      ...always,
      "LOG_LEVEL",
      "SCALE_STALLED_AFTER_SECONDS",
    ]);
  });
});

describe("readSettings()", () => {
  test("takes known variables and defaults for the rest", () => {
    expect(readSettings([{ name: "LOG_LEVEL", value: "debug" }])).toEqual({
      value: { ...settings, LOG_LEVEL: "debug" },
    });
  });

  test.each([
    { name: "LOG_LEVEL", value: "loud" },
    { name: "UNAVAILABLE_AFTER_SECONDS", value: "0" },
    { name: "UNAVAILABLE_AFTER_SECONDS", value: "" },
    { name: "CLUSTER_NAME", value: "other" },
    { name: "FEEDBACK_URL", value: "https://elsewhere.example.com" },
    { name: "FEEDBACK_CA", value: "mine" },
    { name: "LOOK_FOR_CAUSES", value: "no" },
  ])("names $name=$value as a mistake", (variable) => {
    expect(readSettings([variable])).toEqual({
      mistakes: [expect.stringContaining(`${variable.name} (it is ${JSON.stringify(variable.value)})`)],
    });
  });
});

test("settingsEnvironment() writes values that arrive as they are: kubelets expand $(NAME)", () => {
  expect(settingsEnvironment({ ...settings, IGNORE_NAMESPACES: "a$(B)$$" })).toEqual([
    { name: "IGNORE_NAMESPACES", value: "a$$(B)$$$$" },
  ]);
});

describe("renderConfigHashes()", () => {
  test("writes one key a reference, in a fixed order, with both slashes for cluster scope", () => {
    const hashes = renderConfigHashes([
      { group: "b.io", resource: "things", desiredConfig: { name: "n", specHash: "2" } },
      { group: "", resource: "configmaps", desiredConfig: { namespace: "ns", name: "n", specHash: "1" } },
    ]);
    expect(hashes).toBe('{"configmaps/ns/n":"1","things.b.io//n":"2"}');
  });

  test("is absent without configs", () => {
    expect(renderConfigHashes([])).toBeUndefined();
  });
});
