// Faults of the clusters under a running agent, on the real components: never a wrong Healthy, nothing lost, all of it
// heals. Each test puts back what it broke. c2 suffers; c1 has an OpenKruise that stands still, meanwhile.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import {
  enableAddon,
  follow,
  INSTALL_NAMESPACE,
  untilConditions,
  untilVerdict,
  workloadsPath,
} from "./support/addon.ts";
import type { Transcript, Workload } from "./support/addon.ts";
import { readRequests } from "./support/audit.ts";
import type { PolicyRule } from "./support/audit.ts";
import {
  countChanges,
  crashAgent,
  definition,
  deleteDefinition,
  followKind,
  reportsOf,
  restoreDefinition,
  reviveKruise,
  serve,
  untilKind,
  untilReady,
} from "./support/faults.ts";
import { other, statefulSet } from "./support/kruise-objects.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "faults-e2e";
const AGENT = "kruise-health-agent";
const ON_CLUSTER = `system:serviceaccount:${INSTALL_NAMESPACE}:${AGENT}`;
const ROLE = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${AGENT}`;
const APPS = `/apis/apps.kruise.io`;
/** A change of the CRDs is to be seen within this time. */
const KINDS_SOON_MS = 10_000;
const STORM = 50;
const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let c2: Kube;

const rowOf = (name: string, kind = "cloneset"): string => `${kind}.${NAMESPACE}.${name}`;
const storm = Array.from({ length: STORM }, (_, index) => `storm-${index}`);

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  c2 = await stack.cluster("c2").admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await Promise.all([createNamespace(c1, NAMESPACE), createNamespace(c2, NAMESPACE)]);
  await Promise.all([standStill(), beginOnC2()]);
});

afterAll(async () => {
  await stack.component("c1/kruise-manager").signal("SIGCONT");
  await Promise.all([deleteNamespace(c1, NAMESPACE), deleteNamespace(c2, NAMESPACE)]);
  for (const kube of [hub, c1, c2]) kube.close();
});

async function beginOnC2(): Promise<void> {
  await applyCloneSet(c2, { namespace: NAMESPACE, name: "shop", replicas: 2 });
  await applyCloneSet(c2, { namespace: NAMESPACE, name: "homeless", replicas: 1, nodeSelector: { no: "node" } });
  await create("statefulsets", "v1beta1", { ...statefulSet("ledger", { replicas: 1 }), metadata: { name: "ledger" } });
  await untilVerdict(hub, "c2", rowOf("shop"), "Healthy/AllAvailable");
  await untilVerdict(hub, "c2", rowOf("ledger", "statefulset"), "Healthy/AllAvailable");
  await untilVerdict(hub, "c2", rowOf("homeless"), "Degraded/");
}

async function create(plural: string, version: string, body: object): Promise<void> {
  await c2.request({ method: "POST", path: `${APPS}/${version}/namespaces/${NAMESPACE}/${plural}`, body });
}

async function createPodState(): Promise<void> {
  const spec = {
    targetRef: { apiVersion: "apps.kruise.io/v1beta1", kind: "StatefulSet", name: "ledger" },
    requiredPersistentTopology: { nodeTopologyKeys: ["kubernetes.io/hostname"] },
  };
  const body = { ...other("PersistentPodState", spec), metadata: { name: "ledger" } };
  await create("persistentpodstates", "v1alpha1", body);
  await untilVerdict(hub, "c2", rowOf("ledger", "persistentpodstate"), "Healthy/");
}

async function read(cluster: string, name: string): Promise<Workload & { status: { since: string } }> {
  return hub.request({ method: "GET", path: `${workloadsPath(cluster)}/${name}` });
}

/** `name health` of the rows of this suite on c2, sorted. */
async function rows(): Promise<string[]> {
  const { items } = await hub.request<{ items: Workload[] }>({ method: "GET", path: workloadsPath("c2") });
  const ours = items.filter(({ metadata }) => metadata.name.includes(`.${NAMESPACE}.`));
  return ours.map(({ metadata, status }) => `${metadata.name} ${status.health}`).toSorted();
}

async function untilRows(wanted: string[], limitMs = 30_000): Promise<void> {
  await until(
    `the rows ${wanted.join(", ")}`,
    async () => {
      const now = await rows();
      return lookAt(now.join() === wanted.join(), now);
    },
    { limitMs },
  );
}

describe("an agent that is killed", () => {
  test("fault 2: comes back with the dates of before, and nothing was Healthy in between that is not", async () => {
    const before = await read("c2", rowOf("homeless"));
    const transcript = await follow(hub, "c2", rowOf("homeless"));
    await crashAgent(c2);
    const after = await untilVerdict(hub, "c2", rowOf("homeless"), "Degraded/");
    expect(after.status).toMatchObject({ since: before.status.since, reason: before.status.reason });
    // A change after it shows that the new agent is the one that is heard.
    await applyCloneSet(c2, { namespace: NAMESPACE, name: "shop", replicas: 1 });
    await until(
      "the change to be told",
      async () => {
        const { status } = (await read("c2", rowOf("shop"))) as { status: { counts?: { wanted?: number } } };
        return lookAt(status.counts?.wanted === 1, status);
      },
      { limitMs: 30_000 },
    );
    expect(await read("c2", rowOf("homeless"))).toMatchObject({ status: { since: before.status.since } });
    const seen = transcript.verdicts();
    transcript.stop();
    expect(
      new Set(seen.map((verdict) => verdict.split("/")[0])).isSubsetOf(new Set(["Degraded", "Unknown"])),
      seen.join(" > "),
    ).toBe(true);
  });
});

describe("kinds of c2", () => {
  test("faults 12 and 13: that are removed go with their rows, and those that come are there within ten seconds", async () => {
    // The test before has scaled it.
    await untilVerdict(hub, "c2", rowOf("shop"), "Healthy/AllAvailable");
    const before = await rows();
    await createPodState();
    const crd = await definition(c2, "persistentpodstates");
    try {
      await deleteDefinition(c2, "persistentpodstates");
      await untilKind(hub, "c2", { kind: "PersistentPodState", state: "NotInstalled" }, KINDS_SOON_MS);
      await untilRows(before);
      await untilConditions(hub, "c2", { KruiseReady: "True/" });
    } finally {
      await restoreDefinition(c2, crd);
    }
    await untilKind(hub, "c2", { kind: "PersistentPodState", state: "Watching" }, KINDS_SOON_MS);
    await createPodState();
  });

  test("fault 14: that are served in other versions are followed; of an unknown version nothing is called Healthy", async () => {
    const [sets, states] = [await definition(c2, "statefulsets"), await definition(c2, "persistentpodstates")];
    const unserved = ({ spec }: typeof sets, name: string) =>
      spec.versions.map((version) => (version.name === name ? { ...version, served: false } : version));
    const transcript = await follow(hub, "c2", rowOf("ledger", "statefulset"));
    try {
      await serve(c2, "statefulsets", unserved(sets, "v1beta1"));
      await untilKind(hub, "c2", { kind: "StatefulSet", state: "Watching", version: "v1alpha1" }, KINDS_SOON_MS);

      const [known] = states.spec.versions;
      if (known === undefined) throw new Error("The CRD has no version");
      const unknown = { ...known, name: "v2", served: true, storage: false };
      await serve(c2, "persistentpodstates", [...unserved(states, known.name), unknown]);
      await untilKind(hub, "c2", { kind: "PersistentPodState", state: "UnsupportedVersion" }, KINDS_SOON_MS);
      expect((await rows()).filter((row) => row.startsWith("persistentpodstate."))).toEqual([]);
    } finally {
      await serve(c2, "statefulsets", sets.spec.versions);
      await serve(c2, "persistentpodstates", states.spec.versions);
    }
    await untilKind(hub, "c2", { kind: "StatefulSet", state: "Watching", version: "v1beta1" }, KINDS_SOON_MS);
    await untilKind(hub, "c2", { kind: "PersistentPodState", state: "Watching" }, KINDS_SOON_MS);
    await untilVerdict(hub, "c2", rowOf("ledger", "persistentpodstate"), "Healthy/");
    expect(transcript.verdicts()).toEqual(["Healthy/AllAvailable"]);
    transcript.stop();
  });

  test("fault 31: that may not be read any more are Forbidden, the others go on, and they come back by themselves", async () => {
    const role = await c2.request<KubeObject & { rules: PolicyRule[] }>({ method: "GET", path: ROLE });
    const without = role.rules.map((rule) => ({
      ...rule,
      ...(rule.resources && { resources: rule.resources.filter((resource) => resource !== "uniteddeployments") }),
    }));
    const allow = async (rules: PolicyRule[]): Promise<void> => {
      const contentType = "application/merge-patch+json";
      await c2.request({ method: "PATCH", path: ROLE, contentType, body: { rules } });
    };
    // It would put the role back at once.
    await stack.component("c2/work-agent").signal("SIGSTOP");
    try {
      await allow(without);
      // A right is asked for when a watch begins, not while it is open.
      await crashAgent(c2);
      await untilKind(hub, "c2", { kind: "UnitedDeployment", state: "Forbidden" });
      await untilConditions(hub, "c2", { WorkloadsHealthy: "False/", KruiseReady: "True/" });
      await applyCloneSet(c2, { namespace: NAMESPACE, name: "shop", replicas: 2 });
      await untilVerdict(hub, "c2", rowOf("shop"), "Healthy/AllAvailable");
    } finally {
      await allow(role.rules);
      await stack.component("c2/work-agent").signal("SIGCONT");
    }
    await untilKind(hub, "c2", { kind: "UnitedDeployment", state: "Watching" });
  });
});

describe("a storm", () => {
  test("fault 30: of fifty workloads that all change at once needs few reports", async () => {
    const apply = async (replicas: number): Promise<void> => {
      await Promise.all(storm.map(async (name) => applyCloneSet(c2, { namespace: NAMESPACE, name, replicas })));
    };
    await apply(0);
    const all = (health: string): Promise<void> =>
      until(
        `all of the storm to be ${health}`,
        async () => {
          const { items } = await hub.request<{ items: Workload[] }>({ method: "GET", path: workloadsPath("c2") });
          const seen = items.filter(({ metadata }) => metadata.name.startsWith(rowOf("storm-")));
          const there = seen.filter(({ status }) => `${status.health}/${status.reason}` === health);
          return lookAt(
            there.length === STORM,
            seen.map(({ status }) => status.reason),
          );
        },
        { limitMs: 60_000 },
      );
    await all("Healthy/ScaledToZero");
    const before = await reportsOf(c2);
    const changes = countChanges(c2, `${APPS}/v1alpha1/namespaces/${NAMESPACE}/clonesets`);
    await apply(1);
    await all("Healthy/AllAvailable");
    const after = await reportsOf(c2);
    expect(after.snapshot).toBe(before.snapshot);
    expect(after.delta - before.delta).toBeLessThan(changes.stop() / 2);
  });
});

describe("the API server of c2", () => {
  test("fault 16: that comes back without its history is listed anew, and every verdict stays", async () => {
    const transcripts = await Promise.all(
      [rowOf("shop"), rowOf("homeless")].map(async (row) => follow(hub, "c2", row)),
    );
    const cloneSets = followKind(hub, "c2", "CloneSet");
    const lists = async (): Promise<number> => {
      const requests = await readRequests(stack.cluster("c2"), ON_CLUSTER);
      return requests.filter(({ verb, resource }) => verb === "list" && resource === "clonesets").length;
    };
    const before = await lists();
    await stack.component("c2/kube-apiserver").kill();
    await stack.component("c2/kube-apiserver").start();
    await untilReady(c2);
    await reviveKruise(stack, c2, "c2");
    await until("a new list", async () => lookAt((await lists()) > before, "none"), { limitMs: 60_000 });
    await untilKind(hub, "c2", { kind: "CloneSet", state: "Watching" });
    await applyCloneSet(c2, { namespace: NAMESPACE, name: "after-the-list", replicas: 1 });
    await untilVerdict(hub, "c2", rowOf("after-the-list"), "Healthy/AllAvailable");
    const verdicts = transcripts.map((transcript) => transcript.verdicts());
    for (const each of [cloneSets, ...transcripts]) each.stop();
    // An API server that has just started refuses what it allowed before, for a moment.
    expect(new Set(cloneSets.states).isSubsetOf(new Set(["Watching", "Listing"])), cloneSets.states.join()).toBe(true);
    expect(verdicts).toEqual([["Healthy/AllAvailable"], [expect.stringMatching(/^Degraded\//)]]);
  });
});

let still: Transcript[] = [];
const STANDING = ["calm", "shop"];

/** OpenKruise of c1 hangs, and a workload changes: its webhooks are no way to change it now, but scaling needs none. */
async function standStill(): Promise<void> {
  for (const name of STANDING) await applyCloneSet(c1, { namespace: NAMESPACE, name, replicas: 2 });
  for (const name of STANDING) await untilVerdict(hub, "c1", rowOf(name), "Healthy/AllAvailable");
  still = await Promise.all(STANDING.map(async (name) => follow(hub, "c1", rowOf(name))));
  await stack.component("c1/kruise-manager").signal("SIGSTOP");
  await c1.request({
    method: "PATCH",
    path: `${APPS}/v1alpha1/namespaces/${NAMESPACE}/clonesets/shop/scale`,
    contentType: "application/merge-patch+json",
    body: { spec: { replicas: 3 } },
  });
}

describe("an OpenKruise that stands still", () => {
  test("fault 37: is named when its Lease is old, no workload is blamed for it, and all of it heals", async () => {
    try {
      await untilConditions(hub, "c1", { KruiseReady: "False/NoLeader" }, 100_000);
      expect(await read("c1", rowOf("shop"))).toMatchObject({ status: { reason: "GenerationNotObserved" } });
    } finally {
      await stack.component("c1/kruise-manager").signal("SIGCONT");
      await reviveKruise(stack, c1, "c1");
    }
    await untilConditions(hub, "c1", { KruiseReady: "True/" });
    await untilVerdict(hub, "c1", rowOf("shop"), "Healthy/AllAvailable");
    const [calm, shop] = still.map((transcript) => transcript.verdicts());
    for (const transcript of still) transcript.stop();
    expect(calm).toEqual(["Healthy/AllAvailable"]);
    expect(shop?.filter((verdict) => verdict.startsWith("Degraded"))).toEqual([]);
    // What was there when it began to be followed may have been told or not.
    expect(shop?.find((verdict) => verdict !== "Healthy/AllAvailable")).toBe("Progressing/GenerationNotObserved");
  }, 180_000);
});

describe("the hub", () => {
  test("fault 1: that is away gets what has changed in one snapshot when it is back", async () => {
    const before = await reportsOf(c2);
    const names = ["unseen-1", "unseen-2", "unseen-3"];
    await stack.component("hub/kube-apiserver").kill();
    try {
      for (const name of names) await applyCloneSet(c2, { namespace: NAMESPACE, name, replicas: 1 });
      await until(
        "what the hub cannot see",
        async () => {
          const { items } = await c2.request<{ items: (KubeObject & { status?: { readyReplicas?: number } })[] }>({
            method: "GET",
            path: `${APPS}/v1alpha1/namespaces/${NAMESPACE}/clonesets`,
          });
          const ready = items.filter(
            ({ metadata, status }) => names.includes(metadata.name) && status?.readyReplicas === 1,
          );
          return ready.length === names.length ? met(undefined) : unmet(ready);
        },
        { limitMs: 30_000 },
      );
      await until("a report in vain", async () => lookAt((await reportsOf(c2)).failed > before.failed, "none"), {
        limitMs: 30_000,
      });
    } finally {
      await stack.component("hub/kube-apiserver").start();
      await untilReady(hub);
    }
    for (const name of names) await untilVerdict(hub, "c2", rowOf(name), "Healthy/AllAvailable");
    const after = await reportsOf(c2);
    expect(after.snapshot - before.snapshot).toBe(1);
    await untilConditions(hub, "c1", { Reporting: "True/" });
    await untilConditions(hub, "c2", { Reporting: "True/", KruiseReady: "True/" });
  });
});
