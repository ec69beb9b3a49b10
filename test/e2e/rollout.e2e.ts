// The main job: what OpenKruise's own status says on a managed cluster is readable on the hub, with the right verdict,
// through a rollout, a failure and a recovery, and under a hold.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import type { Kube } from "../../shared/kube/types.ts";
import { lookAt, until } from "./harness/polling.ts";
import { suiteStack } from "./harness/suite.ts";
import { enableAddon, follow, untilConditions, untilVerdict } from "./support/addon.ts";
import type { Transcript } from "./support/addon.ts";
import { agentPod } from "./support/faults.ts";
import { applyCloneSet, crash, createNamespace, deleteNamespace, deletePod, podsOf } from "./support/workloads.ts";

const NAMESPACE = "rollout-e2e";
const NOWHERE = { "kubernetes.io/hostname": "no-such-node" };
const Period = z.object({ health: z.string(), reason: z.string(), since: z.string() });
const stack = suiteStack();
let hub: Kube;
let c1: Kube;
let transcript: Transcript | undefined;

beforeAll(async () => {
  hub = await stack.hub.admin();
  c1 = await stack.cluster("c1").admin();
  await enableAddon(stack, hub, ["c1", "c2"]);
  await createNamespace(c1, NAMESPACE);
});

afterEach(() => {
  transcript?.stop();
  transcript = undefined;
});

afterAll(async () => {
  await deleteNamespace(c1, NAMESPACE);
  hub.close();
  c1.close();
});

describe("a CloneSet whose new pods cannot be scheduled", () => {
  const shop = { namespace: NAMESPACE, name: "shop", replicas: 5 };
  const row = `cloneset.${NAMESPACE}.shop`;

  test("rolls out, goes Progressing, then Degraded with its reason, then Healthy, and is never wrongly Healthy between", async () => {
    await applyCloneSet(c1, shop);
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    transcript = await follow(hub, "c1", row);

    await applyCloneSet(c1, { ...shop, image: "shop/app:2", nodeSelector: NOWHERE });
    const broken = await untilVerdict(hub, "c1", row, "Degraded/UpdateStalled");
    expect(broken.status.message).toMatch(/updated/);
    await untilConditions(hub, "c1", { WorkloadsHealthy: "False/", Degraded: "True/" });

    await applyCloneSet(c1, { ...shop, image: "shop/app:3" });
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    await untilConditions(hub, "c1", { WorkloadsHealthy: "True/", Degraded: "False/" });

    const verdicts = transcript.verdicts();
    const healths = verdicts.map((verdict) => verdict.split("/")[0]).filter((health, i, all) => health !== all[i - 1]);
    expect(healths, verdicts.join(" > ")).toEqual(["Healthy", "Progressing", "Degraded", "Progressing", "Healthy"]);
  });

  test("tells afterwards how it came to this, also when the agent has begun anew", async () => {
    const told = await historyOf(row);
    const healths = told.map((line) => line.split("/")[0]).filter((health, i, all) => health !== all[i - 1]);
    expect(healths.slice(0, 4), told.join()).toEqual(["Progressing", "Degraded", "Progressing", "Healthy"]);
    const former = await agentPod(c1);
    await deletePod(c1, former);
    await until(
      "another agent to report",
      async () => {
        const { stdout } = await stack.kubectl("hub", "get", "kcl", "-n", "c1", "c1", "-o", "jsonpath={.status.agent}");
        return lookAt(!stdout.includes(former.metadata.name), stdout);
      },
      { limitMs: 60_000 },
    );
    expect(await historyOf(row)).toEqual(told);
  });

  test("whose containers crash without a rollout has lost its availability, and recovers", async () => {
    transcript = await follow(hub, "c1", row);
    const pods = await podsOf(c1, NAMESPACE, "shop");
    const victims = pods.slice(0, 3);
    for (const pod of victims) await crash(c1, pod);
    await untilVerdict(hub, "c1", row, "Degraded/LostAvailability");
    await untilConditions(hub, "c1", { WorkloadsHealthy: "False/", Degraded: "True/" });
    for (const pod of victims) await deletePod(c1, pod);
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    const verdicts = transcript.verdicts();
    const worst = verdicts.indexOf("Degraded/LostAvailability");
    expect(verdicts.slice(1, worst), verdicts.join(" > ")).not.toContain("Healthy/AllAvailable");
    expect(verdicts.at(-1)).toBe("Healthy/AllAvailable");
  });
});

/** The earlier verdicts of a workload of c1 as "Health/Reason SINCE", newest first. */
async function historyOf(row: string): Promise<string[]> {
  const { stdout } = await stack.kubectl("hub", "get", "kwl", "-n", "c1", row, "-o", "yaml");
  const Read = z.object({ status: z.object({ history: z.array(Period).default([]) }) });
  const { history } = Read.parse(parse(stdout)).status;
  return history.map(({ health, reason, since }) => `${health}/${reason} ${since}`);
}

describe("a canary held by a partition", () => {
  const canary = { namespace: NAMESPACE, name: "canary", replicas: 5 };
  const row = `cloneset.${NAMESPACE}.canary`;

  test("is Suspended/PartitionHeld while its pods are fine, and WorkloadsHealthy stays True", async () => {
    await applyCloneSet(c1, canary);
    await untilVerdict(hub, "c1", row, "Healthy/AllAvailable");
    transcript = await follow(hub, "c1", row);
    await applyCloneSet(c1, { ...canary, image: "shop/app:2", partition: 3 });
    await untilVerdict(hub, "c1", row, "Suspended/PartitionHeld");
    await untilConditions(hub, "c1", { WorkloadsHealthy: "True/", Degraded: "False/" });
    expect(transcript.verdicts().some((verdict) => verdict.startsWith("Degraded"))).toBe(false);
  });

  test("is not Suspended when the canary is broken under the same partition", async () => {
    await applyCloneSet(c1, { ...canary, image: "shop/app:3", partition: 3, nodeSelector: NOWHERE });
    await untilVerdict(hub, "c1", row, "Degraded/");
    await untilConditions(hub, "c1", { WorkloadsHealthy: "False/", Degraded: "True/" });
    await applyCloneSet(c1, { ...canary, image: "shop/app:4", partition: 3 });
    await untilVerdict(hub, "c1", row, "Suspended/PartitionHeld");
    await untilConditions(hub, "c1", { WorkloadsHealthy: "True/", Degraded: "False/" });
  });
});

describe("kubectl on the hub", () => {
  test("prints the workloads of a cluster as a table, follows them, and waits for them", async () => {
    const plain = await stack.kubectl("hub", "get", "kruiseworkloads", "-n", "c1");
    expect(plain.stdout).toMatch(/^NAME +KIND +WORKLOAD +HEALTH +REASON +READY +UPDATED +SINCE/);
    expect(plain.stdout).toMatch(
      new RegExp(`cloneset\\.${NAMESPACE}\\.shop +CloneSet +${NAMESPACE}/shop +Healthy +AllAvailable +5/5 +5/5`),
    );
    const wait = await stack.kubectl(
      "hub",
      "wait",
      "-n",
      "c1",
      `kwl/cloneset.${NAMESPACE}.shop`,
      "--for=condition=Healthy",
      "--timeout=20s",
    );
    expect(wait.code, wait.stderr).toBe(0);
    const wide = await stack.kubectl("hub", "get", "kwl", "-A", "-o", "wide");
    expect(wide.stdout).toMatch(/PARTITION +REVISION +IMAGES/);
    const clusters = await stack.kubectl("hub", "get", "kruiseclusters", "-A");
    expect(clusters.stdout).toMatch(/c1 +c1 +Fresh/);
    const selected = await stack.kubectl(
      "hub",
      "get",
      "kwl",
      "-A",
      "--field-selector",
      "health=Suspended",
      "-o",
      "name",
    );
    expect(selected.stdout.trim()).toBe(
      `kruiseworkload.kruise-health.open-cluster-management.io/cloneset.${NAMESPACE}.canary`,
    );
    const explain = await stack.kubectl("hub", "explain", "kruiseworkloads.status");
    expect(explain.stdout).toMatch(/health/);
  });

  test("forgets a workload that is deleted", async () => {
    await c1.request({
      method: "DELETE",
      path: `/apis/apps.kruise.io/v1alpha1/namespaces/${NAMESPACE}/clonesets/canary`,
    });
    await until(
      "the row to be gone",
      async () => {
        const { stdout } = await stack.kubectl("hub", "get", "kwl", "-n", "c1", "-o", "name");
        return lookAt(!stdout.includes("canary"), stdout);
      },
      { limitMs: 30_000 },
    );
  });
});
