// The life cycle of an add-on as OCM's contract has it: made by hand or by clusteradm, with and without configs, its
// health apart from the health of the workloads. A number is a line of docs/using/ocm-contract.md.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConflict } from "../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { followAddon } from "./support/addon-events.ts";
import type { Addon } from "./support/addon-events.ts";
import {
  ADDON,
  addonPath,
  enableAddon,
  INSTALL_NAMESPACE,
  untilConditions,
  untilGone,
  untilVerdict,
} from "./support/addon.ts";
import { readRequests } from "./support/audit.ts";
import { agentPod } from "./support/faults.ts";
import { breakPod, livePods, mendPod } from "./support/pod-status.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "ocm-core-e2e";
const ADDON_API = "/apis/addon.open-cluster-management.io";
const REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${INSTALL_NAMESPACE}/leases/${ADDON}`;
const SECRET = `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/${ADDON}-hub-kubeconfig`;
const AGENT_ON_SPOKE = `system:serviceaccount:${INSTALL_NAMESPACE}:kruise-health-agent`;
const HASHES = "open-cluster-management.io/config-spec-hash";
const ALIVE = "True/ManagedClusterAddOnLeaseUpdated";
const SOON = { limitMs: 60_000 };
const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let c2: Kube;
let c3: Kube;

interface Work extends KubeObject {
  spec: { workload: { manifests: KubeObject[] } };
  status?: { conditions?: Condition[] };
}
type Request = KubeObject & { status?: { conditions?: (Condition & { lastUpdateTime: string })[] } };

beforeAll(async () => {
  hub = await stack.hub.admin();
  [c1, c2, c3] = (await Promise.all(
    [stack.cluster("c1"), stack.cluster("c2"), stack.cluster("c3")].map((c) => c.admin()),
  )) as [Kube, Kube, Kube];
  // What an earlier suite has left in c3 goes: it is enabled anew here.
  await output(stack.clusteradm("addon", "disable", "--names", ADDON, "--clusters", "c3"));
  await Promise.all([
    enableAddon(stack, hub, ["c1", "c2"]),
    createNamespace(c1, NAMESPACE),
    untilGone(hub, addonPath("c3")),
    untilGone(c3, SECRET),
  ]);
});

afterAll(async () => {
  await deleteNamespace(c1, NAMESPACE);
  for (const kube of [hub, c1, c2, c3]) kube.close();
});

const addonOf = async (cluster: string): Promise<Addon> =>
  hub.request<Addon>({ method: "GET", path: addonPath(cluster) });
const workPath = (cluster: string): string =>
  `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks/addon-${ADDON}-deploy-0`;
const workOf = async (cluster: string): Promise<Work> => hub.request<Work>({ method: "GET", path: workPath(cluster) });

/** The certificate signing requests for the agent of a cluster. */
async function requestsFor(cluster: string): Promise<Request[]> {
  const labelSelector = `open-cluster-management.io/addon-name=${ADDON},open-cluster-management.io/cluster-name=${cluster}`;
  return (await hub.request<{ items: Request[] }>({ method: "GET", path: REQUESTS, query: { labelSelector } })).items;
}

describe("an add-on", () => {
  test.concurrent("1 and 8: made by hand is registered, deployed and Available, its certificate approved within seconds", async () => {
    const old = (await requestsFor("c3")).map(({ metadata }) => metadata.name);
    const events = await followAddon(hub, "c3");
    await hub.request({
      method: "POST",
      path: `${ADDON_API}/v1beta1/namespaces/c3/managedclusteraddons`,
      body: {
        apiVersion: "addon.open-cluster-management.io/v1beta1",
        kind: "ManagedClusterAddOn",
        metadata: { name: ADDON, namespace: "c3" },
        spec: {},
      },
    });
    const request = await until(
      "an approved request of c3",
      async () => {
        const fresh = (await requestsFor("c3")).filter(({ metadata }) => !old.includes(metadata.name));
        const found = fresh.find(({ status }) => status?.conditions?.some(({ type }) => type === "Approved"));
        return found ? met(found) : unmet(fresh.map(({ status }) => status));
      },
      SOON,
    );
    const [approved] = request.status?.conditions ?? [];
    expect(approved?.reason).toBe("AutoApprovedByHubCSRApprovingController");
    const tookMs = Date.parse(approved?.lastUpdateTime ?? "") - Date.parse(request.metadata.creationTimestamp ?? "");
    expect(tookMs).toBeLessThanOrEqual(5_000);

    await untilConditions(hub, "c3", {
      RegistrationApplied: "True/SetPermissionApplied",
      ManifestApplied: "True/AddonManifestApplied",
      Progressing: "False/Completed",
      Available: ALIVE,
    });
    const namespace = (await addonOf("c3")).status?.namespace;
    expect(namespace).toBe(INSTALL_NAMESPACE);
    await c3.request({ method: "GET", path: SECRET });
    await events.caughtUp();
    for (const [type, said] of [
      ["RegistrationApplied", "True/SetPermissionApplied"],
      ["ManifestApplied", "True/AddonManifestApplied"],
    ] as const) {
      const way = events.way(type);
      // Reached once, and never left.
      expect(way.indexOf(said), way.join(" > ")).toBe(way.length - 1);
    }
    expect(events.movedTimes()).toEqual([]);
    events.stop();
  });

  test.concurrent("37: that clusteradm enables again with other annotations is told of nothing but those", async () => {
    const facts = async () => {
      const [addon, work, secret] = await Promise.all([
        addonOf("c2"),
        workOf("c2"),
        c2.request<KubeObject>({ method: "GET", path: SECRET }),
      ]);
      return {
        addon: addon.metadata.uid,
        registrations: addon.status?.registrations,
        namespace: addon.status?.namespace,
        work: [work.metadata.uid, work.metadata.generation],
        secret: [secret.metadata.uid, secret.metadata.resourceVersion],
      };
    };
    const enable = async (...flags: string[]): Promise<Addon["metadata"]> => {
      const said = await output(stack.clusteradm("addon", "enable", "--names", ADDON, "--clusters", "c2", ...flags));
      expect(said).toContain(`Deploying ${ADDON} add-on to namespaces ${INSTALL_NAMESPACE} of managed cluster: c2.`);
      return (await addonOf("c2")).metadata;
    };
    const before = await facts();
    const events = await followAddon(hub, "c2");
    const first = await enable("--annotate", "example.com/one=1,example.com/two=2", "--labels", "team=a");
    expect(first).toMatchObject({
      annotations: { "example.com/one": "1", "example.com/two": "2" },
      labels: { team: "a" },
    });
    const second = await enable("--annotate", "example.com/three=3");
    expect(second.annotations).toMatchObject({ "example.com/three": "3" });
    expect(second.annotations).not.toHaveProperty(["example.com/one"]);
    await enable();

    const tree = await output(stack.clusteradm("get", "addon", ADDON, "--clusters", "c2"));
    for (const type of ["Available", "ManifestApplied", "RegistrationApplied"])
      expect(tree).toContain(`${type} -> true`);
    expect(tree).toContain(`${INSTALL_NAMESPACE}/kruise-health-agent`);
    expect(await output(stack.clusteradm("get", "addon", ADDON, "-o", "table"))).toMatch(/kruise-health +[23]/);

    // A binding that is made again shows that the manager has seen what was written before.
    const binding = `${RBAC}/namespaces/c2/rolebindings/kruise-health-agent`;
    const { metadata } = await hub.request<KubeObject>({ method: "GET", path: binding });
    await hub.request({ method: "DELETE", path: binding });
    await until(
      "the binding to be made again",
      async () => {
        const now = await hub.request<KubeObject>({ method: "GET", path: binding });
        return lookAt(now.metadata.uid !== metadata.uid, "the old one");
      },
      SOON,
    );
    expect(await facts()).toEqual(before);
    await events.caughtUp();
    expect(events.way("Available")).toEqual([ALIVE]);
    expect(events.way("Progressing")).toEqual(["False/Completed"]);
    events.stop();
  });

  test.concurrent("23 and 27: whose workloads are bad stays Available, of which its Lease alone decides", async () => {
    await applyCloneSet(c1, { namespace: NAMESPACE, name: "bad", replicas: 1 });
    const row = `cloneset.${NAMESPACE}.bad`;
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    const events = await followAddon(hub, "c1");
    for (const pod of await livePods(c1, NAMESPACE, "bad")) await breakPod(c1, pod, "CrashLoopBackOff");
    await untilVerdict(hub, "c1", row, "Degraded/");
    await untilConditions(hub, "c1", { Degraded: "True/", WorkloadsHealthy: "False/" });
    // The klusterlet says nothing when it finds what it found before: made to forget it, it has to judge again.
    await forgetAvailable("c1");
    await untilConditions(hub, "c1", { Available: ALIVE, Degraded: "True/" });
    for (const pod of await livePods(c1, NAMESPACE, "bad")) await mendPod(c1, pod);
    await untilConditions(hub, "c1", { Degraded: "False/", WorkloadsHealthy: "True/", Available: ALIVE });

    await events.caughtUp();
    expect(events.way("Available")).toEqual([ALIVE, "Unknown/Forgotten", ALIVE]);
    expect(events.movedTimes()).toEqual([]);
    for (const version of ["v1alpha1", "v1beta1"]) {
      const path = addonPath("c1").replace("v1alpha1", version);
      const { metadata, status } = await hub.request<Addon & Managed>({ method: "GET", path });
      expect(status?.healthCheck).toEqual({ mode: "Lease" });
      const writers = (metadata.managedFields ?? []).filter((entry) =>
        JSON.stringify(entry.fieldsV1 ?? {}).includes(String.raw`{\"type\":\"Available\"}`),
      );
      expect(new Set(writers.map(({ manager }) => manager))).toEqual(new Set(["registration"]));
    }
    events.stop();
  });

  test.concurrent("29: has a Lease in its own namespace on the managed cluster that moves each minute or so, and is in no work", async () => {
    const { spec } = await c1.request<{ spec: { holderIdentity: string; renewTime: string } }>({
      method: "GET",
      path: LEASE,
    });
    expect(spec.holderIdentity).toBe((await agentPod(c1)).metadata.name);
    expect(Date.now() - Date.parse(spec.renewTime)).toBeLessThan(80_000);
    const kinds = (await workOf("c1")).spec.workload.manifests.map(({ kind }) => kind);
    expect(kinds).toContain("Deployment");
    expect(kinds).not.toContain("Lease");
    // The audit log remembers what the agents did before this suite: seldom is there anything to wait for.
    await until(
      "two renewals of one agent",
      async () => {
        const gaps = await Promise.all(["c1", "c2"].map(renewalGaps));
        return lookAt(
          gaps.flat().some((seconds) => seconds >= 60 && seconds <= 76),
          gaps,
        );
      },
      { limitMs: 90_000, everyMs: 1_000 },
    );
  });
});

type Managed = { metadata: { managedFields?: { manager: string; fieldsV1?: object }[] } };

/** Seconds between the renewals of the add-on's Lease by one agent; a gap across its restart is shorter or longer. */
async function renewalGaps(cluster: string): Promise<number[]> {
  const requests = await readRequests(stack.cluster(cluster), AGENT_ON_SPOKE);
  const renewals = requests.filter(({ resource, name, verb, code }) => {
    return resource === "leases" && name === ADDON && verb !== "get" && code < 300;
  });
  return renewals.slice(1).map(({ atMs, credential }, index) => {
    const before = renewals[index];
    return before?.credential === credential ? (atMs - before.atMs) / 1000 : 0;
  });
}

/** Overwrites what the klusterlet has said, as no part of the add-on ever does. */
async function forgetAvailable(cluster: string): Promise<void> {
  const path = addonPath(cluster);
  const forgotten: Condition = {
    type: "Available",
    status: "Unknown",
    reason: "Forgotten",
    message: "by a test",
    lastTransitionTime: new Date().toISOString(),
  };
  for (let triesLeft = 50; ; triesLeft--) {
    const addon = await addonOf(cluster);
    const others = addon.status?.conditions?.filter(({ type }) => type !== "Available") ?? [];
    const body = { ...addon, status: { ...addon.status, conditions: [...others, forgotten] } };
    try {
      await hub.request({ method: "PUT", path: `${path}/status`, body });
      return;
    } catch (cause) {
      if (triesLeft === 0 || !isConflict(cause)) throw cause;
    }
  }
}

describe("without any config", () => {
  const definitionPath = `${ADDON_API}/v1alpha1/clustermanagementaddons/${ADDON}`;
  const clusters = ["c1", "c2"];
  type Definition = KubeObject & {
    spec: { supportedConfigs: { group: string; resource: string; defaultConfig?: object }[] };
  };

  test("2: Progressing settles at Completed, and again when the default config is back", async () => {
    const { spec } = await hub.request<Definition>({ method: "GET", path: definitionPath });
    expect(spec.supportedConfigs.some(({ defaultConfig }) => defaultConfig !== undefined)).toBe(true);
    const events = await Promise.all(clusters.map((cluster) => followAddon(hub, cluster)));
    try {
      await configure(spec.supportedConfigs.map(({ group, resource }) => ({ group, resource })));
      await Promise.all(clusters.map(async (cluster) => untilSettled(cluster, 0)));
    } finally {
      await configure(spec.supportedConfigs);
    }
    await Promise.all(clusters.map(async (cluster) => untilSettled(cluster, 1)));
    await Promise.all([c1, c2, c3].map(untilRolledOut));
    await Promise.all(
      clusters.map(async (cluster) => untilConditions(hub, cluster, { Reporting: "True/", Available: ALIVE })),
    );
    for (const each of events) {
      await each.caughtUp();
      const ends = each.way("Progressing").filter((word) => word === "False/Completed");
      // How it was, without a config, and with it again: more would be a flip.
      expect(ends.length, each.way("Progressing").join(" > ")).toBeLessThanOrEqual(3);
      expect(each.way("Progressing").at(-1)).toBe("False/Completed");
      expect(each.movedTimes()).toEqual([]);
      each.stop();
    }
  });

  async function configure(supportedConfigs: Definition["spec"]["supportedConfigs"]): Promise<void> {
    const contentType = "application/merge-patch+json";
    await hub.request({ method: "PATCH", path: definitionPath, contentType, body: { spec: { supportedConfigs } } });
  }

  /** Waits until the agent is the one of the last config, where there is one. */
  async function untilRolledOut(kube: Kube): Promise<void> {
    interface Deployment extends KubeObject {
      status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; availableReplicas?: number };
    }
    const path = `/apis/apps/v1/namespaces/${INSTALL_NAMESPACE}/deployments`;
    await until(
      "the agent to be rolled out",
      async () => {
        const { items } = await kube.request<{ items: Deployment[] }>({ method: "GET", path });
        for (const { metadata, status } of items)
          expect(status).toMatchObject({
            observedGeneration: metadata.generation,
            replicas: 1,
            updatedReplicas: 1,
            availableReplicas: 1,
          });
        return met(undefined);
      },
      SOON,
    );
  }

  /** Waits until OCM calls a cluster complete, with so many configs in the add-on and in its work. */
  async function untilSettled(cluster: string, configs: number): Promise<void> {
    await until(
      `${cluster} to be complete with ${configs} configs`,
      async () => {
        const [addon, work] = await Promise.all([addonOf(cluster), workOf(cluster)]);
        const references = addon.status?.configReferences ?? [];
        const said = work.status?.conditions ?? [];
        const seen = {
          configs: references.length,
          hashes: Object.values(JSON.parse(work.metadata.annotations?.[HASHES] ?? "{}") as object),
          applied: references.map(({ lastAppliedConfig }) => lastAppliedConfig),
          work: ["Applied", "Available"].map((type) => said.find((condition) => condition.type === type)),
          progressing: addon.status?.conditions?.find(({ type }) => type === "Progressing"),
        };
        const current = { status: "True", observedGeneration: work.metadata.generation };
        const wanted = {
          configs,
          hashes: references.map(({ desiredConfig }) => desiredConfig?.specHash),
          applied: references.map(({ desiredConfig }) => desiredConfig),
          work: [current, current],
          progressing: { status: "False", reason: "Completed" },
        };
        expect(seen).toMatchObject(wanted);
        return met(undefined);
      },
      SOON,
    );
  }
});
