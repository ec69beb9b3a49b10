// Faults of who is who and who writes what, on the real components: certificates that are renewed, clusters that leave
// and come back, many writers of one object, workloads that flap. Each test puts back what it broke.
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConflict } from "../../shared/kube/errors.ts";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import {
  addonPath,
  enableAddon,
  follow,
  INSTALL_NAMESPACE,
  untilConditions,
  untilGone,
  untilVerdict,
  workloadsPath,
} from "./support/addon.ts";
import type { Workload } from "./support/addon.ts";
import { readRequests } from "./support/audit.ts";
import { agentPod, countChanges } from "./support/faults.ts";
import { breakPod, livePods, mendPod } from "./support/pod-status.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "identity-e2e";
const C1_ON_HUB = "system:open-cluster-management:cluster:c1:addon:kruise-health:agent:kruise-health";
const SECRET = `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`;
const CLONE_SETS = `/apis/apps.kruise.io/v1alpha1/namespaces/${NAMESPACE}/clonesets`;
const SOON = { limitMs: 60_000 };
const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let c2: Kube;

interface Addon extends KubeObject {
  status: { conditions: Condition[] };
}

const rowOf = (name: string): string => `cloneset.${NAMESPACE}.${name}`;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  c2 = await stack.cluster("c2").admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await Promise.all([createNamespace(c1, NAMESPACE), createNamespace(c2, NAMESPACE)]);
});

afterAll(async () => {
  await Promise.all([deleteNamespace(c1, NAMESPACE), deleteNamespace(c2, NAMESPACE)]);
  for (const kube of [hub, c1, c2]) kube.close();
});

/** A CloneSet of one pod, Healthy on the hub. */
async function healthy(cluster: string, kube: Kube, name: string): Promise<void> {
  await applyCloneSet(kube, { namespace: NAMESPACE, name, replicas: 1 });
  await untilVerdict(hub, cluster, rowOf(name), "Healthy/AllAvailable");
}

/** Breaks or mends the pod of a CloneSet and waits until OpenKruise has counted it. */
async function turn(kube: Kube, name: string, readyReplicas: 0 | 1): Promise<void> {
  for (const pod of await livePods(kube, NAMESPACE, name))
    await (readyReplicas === 0 ? breakPod(kube, pod, "CrashLoopBackOff") : mendPod(kube, pod));
  await until(
    `${name} to have ${readyReplicas} ready`,
    async () => {
      const path = `${CLONE_SETS}/${name}`;
      const { status } = await kube.request<{ status: { readyReplicas?: number } }>({ method: "GET", path });
      return lookAt((status.readyReplicas ?? 0) === readyReplicas, status);
    },
    SOON,
  );
}

/** What the audit log calls the certificate that OCM has made for the agent. */
async function credentialOf(kube: Kube): Promise<string> {
  const { data } = await kube.request<{ data: Record<string, string> }>({ method: "GET", path: SECRET });
  const { fingerprint256 } = new X509Certificate(Buffer.from(data["tls.crt"] ?? "", "base64"));
  return `X509SHA256=${fingerprint256.replaceAll(":", "").toLowerCase()}`;
}

describe("the certificate of an agent", () => {
  test("30: fault 5: that is renewed while its watches are open is taken up without a restart, and nothing is missed", async () => {
    const requests = async (sinceMs: number) =>
      (await readRequests(stack.hub, C1_ON_HUB)).filter(({ atMs }) => atMs >= sinceMs);
    const beganMs = Date.now();
    const before = await agentPod(c1);
    const old = await credentialOf(c1);
    await c1.request({ method: "DELETE", path: SECRET });
    const fresh = await until(
      "a new certificate",
      async () => {
        const now = await credentialOf(c1);
        return now === old ? unmet("the old one") : met(now);
      },
      SOON,
    );
    // It looks at its files on a request, not more often than each ten seconds: each workload makes it report.
    let count = 0;
    await until(
      "a watch on the hub with the new certificate",
      async () => {
        await applyCloneSet(c1, { namespace: NAMESPACE, name: `renewed-${count++}`, replicas: 0 });
        const seen = await requests(beganMs);
        return lookAt(
          seen.some(({ verb, credential }) => verb === "watch" && credential === fresh),
          seen.map(({ verb, credential }) => `${verb} ${credential}`),
        );
      },
      { ...SOON, everyMs: 1_000 },
    );
    const renewedMs = Date.now();
    await healthy("c1", c1, "after-the-renewal");
    await untilConditions(hub, "c1", { Reporting: "True/", Available: "True/" });
    const after = await requests(renewedMs);
    expect(new Set(after.map(({ credential }) => credential))).toEqual(new Set([fresh]));
    expect((await requests(beganMs)).filter(({ code }) => code === 401 || code === 403)).toEqual([]);
    const { metadata, status } = await agentPod(c1);
    expect(metadata.uid).toBe(before.metadata.uid);
    expect(status?.containerStatuses?.[0]?.restartCount).toBe(before.status?.containerStatuses?.[0]?.restartCount);
  });
});

describe("a workload", () => {
  test("fault 29: that flaps is noted, its row changes less often than it does, and ends as it is", async () => {
    const [name, first, then] = ["flapper", 4, 6];
    await healthy("c1", c1, name);
    const notes = async (): Promise<string[]> => {
      const path = `${workloadsPath("c1")}/${rowOf(name)}`;
      const { status } = await hub.request<Workload & { status: { notes?: string[] } }>({ method: "GET", path });
      return status.notes ?? [];
    };
    expect(await notes()).not.toContain("Flapping");
    const told = countChanges(hub, workloadsPath("c1"), rowOf(name));
    const happened = countChanges(c1, CLONE_SETS, name);
    const flap = async (times: number): Promise<void> => {
      for (let round = 0; round < times; round++) {
        await turn(c1, name, 0);
        await turn(c1, name, 1);
      }
    };
    await flap(first);
    await until("the note", async () => lookAt((await notes()).includes("Flapping"), await notes()), SOON);
    // From here on the hub is told each ten seconds at most.
    const [toldBefore, happenedBefore, startedMs] = [told.count(), happened.count(), performance.now()];
    await flap(then);
    await turn(c1, name, 0);
    await untilVerdict(hub, "c1", rowOf(name), "Degraded/");
    const gaps = Math.floor((performance.now() - startedMs) / 10_000);
    expect(happened.stop() - happenedBefore).toBeGreaterThanOrEqual(2 * then);
    expect(told.stop() - toldBefore).toBeLessThanOrEqual(gaps + 1);
  });
});

describe("the conditions of the add-on", () => {
  test("28: fault 28: are all there while twenty others write theirs beside them, and follow the workloads", async () => {
    const writers = Array.from({ length: 20 }, (_, index) => `E2eWriter${index}`);
    await healthy("c2", c2, "judged");
    await untilConditions(hub, "c2", { WorkloadsHealthy: "True/", Reporting: "True/", Available: "True/" });
    const path = addonPath("c2");
    const types = (await hub.request<Addon>({ method: "GET", path })).status.conditions.map(({ type }) => type);
    const losses = followLosses(types);
    const stop = new AbortController();
    let written: string[] = [];
    const writing = writers.map(async (type) => {
      for (let count = 1; !stop.signal.aborted; count++) await setCondition(path, type, `${count}`);
      return type;
    });
    try {
      for (const [ready, verdict] of [[0, "False/WorkloadsDegraded"] as const, [1, "True/"] as const]) {
        await turn(c2, "judged", ready);
        await untilConditions(hub, "c2", { WorkloadsHealthy: verdict });
      }
    } finally {
      stop.abort();
      await Promise.all(writing);
      await changeConditions(path, (all) => {
        written = all.map(({ type }) => type);
        return all.filter(({ type }) => !writers.includes(type));
      });
    }
    expect(written).toEqual(expect.arrayContaining([...types, ...writers]));
    expect(losses.stop()).toEqual([]);
  });

  /** Follows the add-on of c2 and notes each event in which one of these conditions is not there. */
  function followLosses(types: readonly string[]): { stop(): string[] } {
    const end = new AbortController();
    const losses: string[] = [];
    let events = 0;
    const path = addonPath("c2").replace(/\/[^/]+$/, "");
    const reading = (async () => {
      const query = { watch: true, resourceVersion: "0" };
      for await (const line of hub.open({ method: "GET", path, query, signal: end.signal })) {
        const { object } = JSON.parse(line) as { object: Addon };
        if (object.metadata.name !== "kruise-health") continue;
        events += 1;
        const there = object.status.conditions.map(({ type }) => type);
        losses.push(...types.filter((type) => !there.includes(type)));
      }
    })();
    reading.catch((cause: unknown) => {
      if (!end.signal.aborted) losses.push(`watch ended: ${String(cause)}`);
    });
    return {
      stop: () => {
        end.abort();
        return events > 1 ? losses : ["no event came"];
      },
    };
  }

  async function setCondition(path: string, type: string, message: string): Promise<void> {
    const lastTransitionTime = new Date().toISOString();
    const condition: Condition = { type, status: "True", reason: "Written", message, lastTransitionTime };
    await changeConditions(path, (all) => [...all.filter((other) => other.type !== type), condition]);
  }

  /** Reads, changes and writes the whole status, again when somebody was faster: as most controllers do. */
  async function changeConditions(path: string, change: (conditions: Condition[]) => Condition[]): Promise<void> {
    for (let triesLeft = 500; ; triesLeft--) {
      const addon = await hub.request<Addon>({ method: "GET", path });
      const body = { ...addon, status: { ...addon.status, conditions: change(addon.status.conditions) } };
      try {
        await hub.request({ method: "PUT", path: `${path}/status`, body });
        return;
      } catch (cause) {
        if (triesLeft === 0 || !isConflict(cause)) throw cause;
      }
    }
  }
});

describe("a cluster", () => {
  test("fault 9: that leaves and comes back reports as a new agent, and nothing of the old one remains", async () => {
    const row = `/apis/${API_VERSION}/namespaces/c2/kruiseclusters/c2`;
    const instance = async (): Promise<string> =>
      (await hub.request<{ status: { agent: { instance: string } } }>({ method: "GET", path: row })).status.agent
        .instance;
    const names = async (): Promise<string[]> => {
      const { items } = await hub.request<{ items: Workload[] }>({ method: "GET", path: workloadsPath("c2") });
      return items.map(({ metadata }) => metadata.name);
    };
    await Promise.all([healthy("c2", c2, "stays"), healthy("c2", c2, "leaves")]);
    const transcript = await follow(hub, "c2", rowOf("leaves"));
    const before = { instance: await instance(), credential: await credentialOf(c2) };
    expect(before.instance).toBe((await agentPod(c2)).metadata.name);

    const disable = await stack.clusteradm("addon", "disable", "--names", "kruise-health", "--clusters", "c2");
    expect(disable.code, disable.stderr).toBe(0);
    for (const [kube, path] of [[hub, addonPath("c2")] as const, [hub, row] as const, [c2, SECRET] as const])
      await untilGone(kube, path);
    await until("no row of c2", async () => lookAt((await names()).length === 0, await names()), SOON);
    await c2.request({ method: "DELETE", path: `${CLONE_SETS}/leaves` });
    await untilGone(c2, `${CLONE_SETS}/leaves`);

    await enableAddon(stack, hub, ["c2"]);
    await untilVerdict(hub, "c2", rowOf("stays"), "Healthy/AllAvailable");
    expect(await instance()).toBe((await agentPod(c2)).metadata.name);
    expect(await instance()).not.toBe(before.instance);
    expect(await credentialOf(c2)).not.toBe(before.credential);
    expect(await names()).not.toContain(rowOf("leaves"));
    expect(transcript.verdicts()).toEqual(["Healthy/AllAvailable", "DELETED"]);
    transcript.stop();
  });
});
