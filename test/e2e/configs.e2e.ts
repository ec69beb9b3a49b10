// What an AddOnDeploymentConfig says reaches the agent, and what is wrong in it harms nothing: on the hub in the works,
// and on the managed clusters. A number is a line of docs/using/ocm-contract.md.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isNotFound } from "../../shared/kube/errors.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { kubeletPlacement } from "./kubelet/node.ts";
import { ADDON, addonPath, enableAddon, INSTALL_NAMESPACE, untilConditions, untilGone } from "./support/addon.ts";
import {
  ADDON_API,
  addonOf,
  collectionOf,
  deploymentOf,
  describeStart,
  describeWork,
  hashesFor,
  hashesOf,
  makeAddon,
  manifestsOf,
  nameConfigs,
  patch,
  TYPE,
  untilComplete,
  untilImage,
  variableOf,
  worksOf,
  writeConfig,
} from "./support/configs.ts";
import type { Addon, Work } from "./support/configs.ts";
import { remainsOn } from "./support/remains.ts";
import { conditionText, followObject } from "./support/transcript.ts";
import { createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "configs-e2e";
/** Where agents are moved to. */
const ELSEWHERE = "configs-e2e-elsewhere";
const CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters";
const HOSTING = "addon.open-cluster-management.io/hosting-cluster-name";
const MIRRORS = "open-cluster-management.io/image-registries";
const CA_NAME = "kruise-health-agent-proxy-ca";
const ALIVE = { Available: "True/ManagedClusterAddOnLeaseUpdated", Reporting: "True/" };
/** Tests of one cluster, one after the other, beside those of the other clusters. */
const APART = { concurrent: false };
const stack = suiteStack();
let hub: Kube;
let managed: Record<"c1" | "c2" | "c3", Kube>;

const own = (name: string): string => `${NAMESPACE}/${name}`;
const worksPath = (cluster: string): string =>
  `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks`;
async function disableC3(): Promise<void> {
  await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3"));
  await untilGone(hub, addonPath("c3"));
  await untilGone(hub, `${worksPath("c3")}/addon-${ADDON}-deploy-0`);
}
function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
const base64 = (text: string): string => Buffer.from(text).toString("base64");

beforeAll(async () => {
  const open = async (name: string): Promise<Kube> => stack.cluster(name).admin();
  hub = await stack.hub.admin();
  managed = { c1: await open("c1"), c2: await open("c2"), c3: await open("c3") };
  await createNamespace(hub, NAMESPACE);
  await Promise.all([enableAddon(stack, hub, ["c1", "c2"]), disableC3()]);
});

afterAll(async () => {
  await Promise.all(["c1", "c2"].map(async (cluster) => nameConfigs(hub, cluster)));
  await disableC3();
  await deleteNamespace(managed.c3, ELSEWHERE).catch(unlessGone);
  await deleteNamespace(hub, NAMESPACE);
  for (const kube of [hub, ...Object.values(managed)]) kube.close();
});

describe.concurrent("the install namespace", () => {
  test("22 and 39: moves the agent with all it has, leaves the old namespace empty and in its place; and back", async () => {
    const { c1 } = managed;
    await writeConfig(hub, own("elsewhere"), { agentInstallNamespace: ELSEWHERE });
    await nameConfigs(hub, "c1", own("elsewhere"));
    await untilMoved(c1, { from: INSTALL_NAMESPACE, to: ELSEWHERE });
    const { works } = await untilComplete(hub, "c1", own("elsewhere"));
    expect(works.map(({ spec }) => spec.deleteOption?.selectivelyOrphans?.orphaningRules)).toEqual([
      [{ group: "", resource: "namespaces", name: ELSEWHERE, namespace: "" }],
    ]);
    expect((await addonOf(hub, "c1")).status?.namespace).toBe(ELSEWHERE);
    await untilConditions(hub, "c1", ALIVE);

    await nameConfigs(hub, "c1");
    await untilMoved(c1, { from: ELSEWHERE, to: INSTALL_NAMESPACE });
    await untilConditions(hub, "c1", { ...ALIVE, Progressing: "False/Completed" });
    // It came with the work and went out of it; others may have moved in meanwhile.
    const left = await c1.request<KubeObject>({ method: "GET", path: `/api/v1/namespaces/${ELSEWHERE}` });
    expect(left.metadata.deletionTimestamp).toBeUndefined();
    expect(left.metadata.labels).toMatchObject({ "addon.open-cluster-management.io/namespace": "true" });
    await deleteNamespace(c1, ELSEWHERE);
  });

  /** All of the agent is in one namespace, nothing in the other, which is there still. */
  async function untilMoved(kube: Kube, { from, to }: { from: string; to: string }): Promise<void> {
    const wanted = [
      "deployments.apps kruise-health-agent",
      "leases.coordination.k8s.io kruise-health",
      "rolebindings.rbac.authorization.k8s.io kruise-health-agent",
      "roles.rbac.authorization.k8s.io kruise-health-agent",
      "secrets kruise-health-hub-kubeconfig",
      "serviceaccounts kruise-health-agent",
    ];
    await until(
      `the agent to move from ${from} to ${to}`,
      async () => {
        const all = await remainsOn(kube);
        const there = all.filter((line) => line.includes(` ${to}/`)).map((line) => line.replace(`${to}/`, ""));
        const left = all.filter((line) => line.includes(` ${from}/`));
        const missing = wanted.filter((line) => !there.includes(line));
        return left.length + missing.length === 0 ? met(undefined) : unmet({ left, missing });
      },
      { limitMs: 60_000, everyMs: 500 },
    );
    const { metadata } = await kube.request<KubeObject>({ method: "GET", path: `/api/v1/namespaces/${from}` });
    expect(metadata.deletionTimestamp).toBeUndefined();
  }
});

describe.concurrent("the works of a config", () => {
  const proxyConfig = { httpProxy: "http://proxy.example:3128", noProxy: "127.0.0.0/8" };
  const bundle = (times: number): object => ({
    proxyConfig: { ...proxyConfig, caBundle: base64(stack.hub.ca.repeat(times)) },
  });
  /** So that the ConfigMap fits no work with the rest, and still one of its own. */
  const large = (): object => bundle(Math.floor((425 * 1024) / (stack.hub.ca.length * 1.03)));
  const names = (works: Work[]): string[] => works.map(({ metadata }) => metadata.name);
  const [first, second] = [`addon-${ADDON}-deploy-0`, `addon-${ADDON}-deploy-1`];

  test(
    "17 and 35: become two when a CA bundle is large, each with the configs' hashes, and one again",
    APART,
    async () => {
      const before = await worksOf(hub, "c2");
      await writeConfig(hub, own("proxy"), bundle(1));
      await nameConfigs(hub, "c2", own("proxy"));
      const small = await untilComplete(hub, "c2", own("proxy"));
      expect(names(small.works)).toEqual([first]);
      expect(await caOnCluster()).toHaveLength(stack.hub.ca.length);

      await writeConfig(hub, own("proxy"), large());
      const { works, addon } = await untilComplete(hub, "c2", own("proxy"));
      expect(names(works)).toEqual([first, second]);
      expect(works.map(hashesOf)).toEqual([hashesFor(addon), hashesFor(addon)]);
      for (const { spec } of works) expect(JSON.stringify(spec.workload.manifests).length).toBeLessThan(500 * 1024);
      // It has left one work for the other: the cluster's own object is there all the same.
      await until(
        "the large bundle",
        async () => {
          const size = (await caOnCluster()).length;
          return size > 300 * 1024 ? met(undefined) : unmet(size);
        },
        { limitMs: 30_000 },
      );

      await nameConfigs(hub, "c2");
      await untilGone(hub, `${worksPath("c2")}/${second}`);
      await untilGone(managed.c2, caPath);
      await untilConditions(hub, "c2", { Progressing: "False/Completed", ManifestApplied: "True/" });
      const after = await worksOf(hub, "c2");
      expect(after.map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
      expect(manifestsOf(after)).toEqual(manifestsOf(before));
    },
  );

  test(
    "16 and 17: stay as they are while the config is wrong, and a condition says in one sentence what is",
    APART,
    async () => {
      await writeConfig(hub, own("wrong"), { customizedVariables: [{ name: "LOG_LEVEL", value: "warn" }] });
      await nameConfigs(hub, "c2", own("wrong"));
      const good = await untilComplete(hub, "c2", own("wrong"));
      expect(variableOf(good.works, "LOG_LEVEL")).toBe("warn");
      await writeConfig(hub, own("wrong"), {
        proxyConfig: { ...proxyConfig, caBundle: base64("no certificate") },
        resourceRequirements: [{ containerID: "*:(:*", resources: {} }],
        customizedVariables: [
          { name: "COLOUR", value: "blue" },
          { name: "UNAVAILABLE_AFTER_SECONDS", value: "soon" },
        ],
      });
      const conditions = await untilConditions(hub, "c2", { ManifestApplied: "False/ManifestWorkApplyFailed" });
      const said = conditions.find(({ type }) => type === "ManifestApplied")?.message;
      for (const word of ["COLOUR", "blue", "UNAVAILABLE_AFTER_SECONDS", "soon", "*:(:*", "proxyConfig.caBundle"])
        expect(said).toContain(word);
      const versions = (works: Work[]): unknown[] => works.map(({ metadata }) => [metadata.uid, metadata.generation]);
      expect(versions(await worksOf(hub, "c2"))).toEqual(versions(good.works));
      expect(await addonOf(hub, "c2").then(({ status }) => status?.configReferences?.[0]?.lastAppliedConfig)).toEqual(
        good.addon.status?.configReferences?.[0]?.lastAppliedConfig,
      );
      await nameConfigs(hub, "c2");
      await untilConditions(hub, "c2", { Progressing: "False/Completed", ManifestApplied: "True/" });
    },
  );

  test(
    "36: hold nothing that may be missing or refused; the pod keeps the restricted profile of Pod Security",
    APART,
    async () => {
      await writeConfig(hub, own("all"), bundle(1));
      await nameConfigs(hub, "c2", own("all"));
      const { works } = await untilComplete(hub, "c2", own("all"));
      const manifests = manifestsOf(works);
      const keys = manifests.map(({ apiVersion, kind, metadata }) => [
        apiVersion,
        kind,
        metadata.namespace,
        metadata.name,
      ]);
      expect(new Set(keys.map(String)).size).toBe(keys.length);
      expect(JSON.stringify(manifests)).not.toContain("generateName");
      const groups = new Set(manifests.map(({ apiVersion }) => apiVersion));
      expect([...groups].toSorted()).toEqual(["apps/v1", "rbac.authorization.k8s.io/v1", "v1"]);
      expect(manifests.map(({ kind }) => kind)).not.toContain("Secret");

      const { c2 } = managed;
      await createNamespace(c2, NAMESPACE);
      await patch(c2, `/api/v1/namespaces/${NAMESPACE}`, {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      });
      const spec: object | undefined = deploymentOf(works).spec?.template.spec;
      const pod = (change: object): object => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "as-the-agent" },
        spec: Object.assign({}, spec, { serviceAccountName: "default" }, change),
      });
      const ask = async (body: object): Promise<unknown> =>
        c2.request({ method: "POST", path: `/api/v1/namespaces/${NAMESPACE}/pods`, query: { dryRun: "All" }, body });
      await until("a ServiceAccount for pods", async () => met(await ask(pod({}))), { limitMs: 30_000 });
      await expect(ask(pod({ hostNetwork: true }))).rejects.toMatchObject({ status: 403 });
      await deleteNamespace(c2, NAMESPACE);
      await nameConfigs(hub, "c2");
    },
  );
});

describe.concurrent("an add-on", () => {
  test(
    "40: that asks for hosted mode is refused in a condition, nothing is deployed anywhere, and it recovers",
    APART,
    async () => {
      const { c3 } = managed;
      await writeConfig(hub, own("c3"), { agentInstallNamespace: ELSEWHERE });
      await makeAddon(hub, "c3", { key: own("c3"), annotations: { [HOSTING]: "c1" } });
      const refused = { ManifestApplied: "False/ManifestWorkApplyFailed annotation" };
      const conditions = await untilConditions(hub, "c3", refused);
      expect(conditions.find(({ type }) => type === "ManifestApplied")?.message).toContain(
        "hosted mode is not supported",
      );
      expect((await addonOf(hub, "c3")).status?.registrations).toBeUndefined();
      expect(await worksOf(hub, "c3")).toEqual([]);
      expect((await worksOf(hub, "c1")).map(({ metadata }) => metadata.name)).toEqual([`addon-${ADDON}-deploy-0`]);
      expect((await remainsOn(c3)).filter((line) => line.startsWith("secrets"))).toEqual([]);

      const way = followObject<Addon>(hub, collectionOf(addonPath("c3")), (addon) =>
        [addon.status?.registrations ? "registered" : "", conditionText(addon, "ManifestApplied")].join(" "),
      );
      await patch(hub, addonPath("c3"), { metadata: { annotations: { [HOSTING]: null } } });
      const { works } = await untilComplete(hub, "c3", own("c3"));
      await untilConditions(hub, "c3", ALIVE);
      expect(way.notes().at(-1)).toBe("registered True/AddonManifestApplied");
      way.stop();

      // One that runs goes on as it is.
      await patch(hub, addonPath("c3"), { metadata: { annotations: { [HOSTING]: "c1" } } });
      await untilConditions(hub, "c3", { ...refused, Reporting: "True/" });
      const identity = (all: Work[]): unknown[] => all.map(({ metadata }) => [metadata.uid, metadata.generation]);
      expect(identity(await worksOf(hub, "c3"))).toEqual(identity(works));
      await patch(hub, addonPath("c3"), { metadata: { annotations: { [HOSTING]: null } } });
      await untilConditions(hub, "c3", {
        ManifestApplied: "True/AddonManifestApplied",
        Progressing: "False/Completed",
      });
      await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3"));
      await untilGone(hub, addonPath("c3"));
      await deleteNamespace(c3, ELSEWHERE);
    },
  );

  test(
    "13 and 20: says first what configs it understands, and its first work is the configured one",
    APART,
    async () => {
      await writeConfig(hub, own("first"), {
        agentInstallNamespace: ELSEWHERE,
        registries: [{ source: "kruise-health-agent", mirror: "mirror.example/agent" }],
      });
      const addon = followObject<Addon>(hub, collectionOf(addonPath("c3")), describeStart);
      const work = followObject<Work>(
        hub,
        { path: worksPath("c3"), name: `addon-${ADDON}-deploy-0` },
        (one) => `${one.metadata.generation} ${describeWork(one)}`,
      );
      await makeAddon(hub, "c3", { key: own("first") });
      await untilComplete(hub, "c3", own("first"));
      expect(addon.notes().filter((note) => note.includes("supported"))[0]).toBe("supported");
      expect(addon.notes().at(-1)).toBe("supported registered namespace");
      expect(work.notes()).toEqual([`1 ${ELSEWHERE} mirror.example/agent:e2e`]);
      addon.stop();
      work.stop();

      // Another type of config is OCM's to refuse; the agent is not touched by it.
      const before = await worksOf(hub, "c3");
      const configs = [
        { ...TYPE, namespace: NAMESPACE, name: "first" },
        { group: "", resource: "configmaps", namespace: NAMESPACE, name: "kube-root-ca.crt" },
      ];
      await patch(hub, addonPath("c3"), { spec: { configs } });
      await untilConditions(hub, "c3", { Progressing: "False/ConfigurationUnsupported", ManifestApplied: "True/" });
      await nameConfigs(hub, "c3", own("first"));
      const { works } = await untilComplete(hub, "c3", own("first"));
      expect(works.map(({ metadata }) => metadata.generation)).toEqual(
        before.map(({ metadata }) => metadata.generation),
      );
    },
  );

  test(
    "16 and 21: named by its own config has every field of it in its Deployment, and mirrors of its cluster",
    APART,
    async () => {
      const nodeSelector = { "kruise-health.test/no": "node" };
      const limits = { memory: "512Mi" };
      await writeConfig(hub, own("every"), {
        nodePlacement: { nodeSelector, tolerations: kubeletPlacement.tolerations },
        registries: [{ source: "kruise-health-agent", mirror: "mirror.example/agent" }],
        proxyConfig: {
          httpProxy: "http://proxy.example:3128",
          httpsProxy: "http://proxy.example:3129",
          noProxy: "10.0.0.0/8",
          caBundle: base64(stack.hub.ca),
        },
        resourceRequirements: [
          { containerID: "*:*:*", resources: { limits: { memory: "1Gi" } } },
          { containerID: "deployments:kruise-health-.*:agent", resources: { limits, requests: { cpu: 1 } } },
          { containerID: "daemonsets:*:*", resources: { limits: { memory: "2Gi" } } },
        ],
        customizedVariables: [{ name: "UNAVAILABLE_AFTER_SECONDS", value: "77" }],
      });
      await nameConfigs(hub, "c3", own("every"));
      const { works } = await untilComplete(hub, "c3", own("every"));
      const pod = deploymentOf(works).spec?.template.spec;
      const [container] = pod?.containers ?? [];
      expect(pod).toMatchObject({ nodeSelector, tolerations: kubeletPlacement.tolerations });
      expect(container).toMatchObject({
        image: "mirror.example/agent:e2e",
        resources: { limits, requests: { cpu: "1" } },
      });
      const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "UNAVAILABLE_AFTER_SECONDS"];
      expect(names.map((name) => variableOf(works, name))).toEqual([
        "http://proxy.example:3128",
        "http://proxy.example:3129",
        "10.0.0.0/8",
        "77",
      ]);
      const file = variableOf(works, "PROXY_CA_FILE") ?? "";
      expect(container?.volumeMounts?.find(({ mountPath }) => file.startsWith(`${mountPath}/`))).toBeDefined();
      const stored = await managed.c3.request<object>({
        method: "GET",
        path: `/apis/apps/v1/namespaces/${INSTALL_NAMESPACE}/deployments/kruise-health-agent`,
      });
      expect(stored).toMatchObject({
        spec: { template: { spec: { nodeSelector, containers: [{ resources: { limits } }] } } },
      });

      // Metadata are no part of the hash; and where the config names no mirror, the cluster may.
      const hash = (addon: Addon): string | undefined => addon.status?.configReferences?.[0]?.desiredConfig?.specHash;
      await writeConfig(hub, own("plain"), {});
      await nameConfigs(hub, "c3", own("plain"));
      const plain = await untilComplete(hub, "c3", own("plain"));
      await patch(hub, `${ADDON_API}/namespaces/${NAMESPACE}/addondeploymentconfigs/plain`, {
        metadata: { labels: { team: "a" } },
      });
      const registries = [{ source: "kruise-health-agent", mirror: "near.example/agent" }];
      await patch(hub, `${CLUSTERS}/c3`, { metadata: { annotations: { [MIRRORS]: JSON.stringify({ registries }) } } });
      await untilImage(hub, "c3", "near.example/agent:e2e");
      expect(hash(await addonOf(hub, "c3"))).toBe(hash(plain.addon));
      await patch(hub, `${CLUSTERS}/c3`, { metadata: { annotations: { [MIRRORS]: null } } });
      await untilImage(hub, "c3", "kruise-health-agent:e2e");
      await untilConditions(hub, "c3", ALIVE);
    },
  );
});

const caPath = `/api/v1/namespaces/${INSTALL_NAMESPACE}/configmaps/${CA_NAME}`;

/** The CA bundle as the agent's pod on c2 finds it. */
async function caOnCluster(): Promise<string> {
  const { data } = await managed.c2.request<{ data: Record<string, string> }>({ method: "GET", path: caPath });
  return data["ca-bundle.crt"] ?? "";
}
