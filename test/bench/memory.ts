// Memory of the agent at rest with a thousand CloneSets, beside client-node's informer that watches the same ones.
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Kube } from "../../shared/kube/types.ts";
import { API_VERSION } from "../../shared/wire/group.ts";
import { installAddon } from "../e2e/harness/addon.ts";
import { lookAt, until } from "../e2e/harness/polling.ts";
import { startStack } from "../e2e/harness/stack.ts";
import { enableAddon } from "../e2e/support/addon.ts";
import { placementValues } from "../e2e/support/values.ts";
import { applyCloneSet, createNamespace } from "../e2e/support/workloads.ts";
import { percentile, printFigure } from "./figure.ts";

const CLONE_SETS = 1000;
const NAMESPACE = "memory-bench";
/** One look a second for half a minute of rest. */
const SAMPLES = 30;

export async function memory(): Promise<void> {
  const stack = await startStack({ clusters: ["c1"] });
  try {
    const addon = await installAddon(stack, { values: placementValues() });
    const hub = await stack.hub.admin();
    const c1 = await stack.cluster("c1").admin();
    await enableAddon(stack, hub, ["c1"]);
    await createNamespace(c1, NAMESPACE);
    for (let i = 0; i < CLONE_SETS; i += 1) {
      await applyCloneSet(c1, { namespace: NAMESPACE, name: `shop-${i}`, replicas: 0 });
    }
    await untilAllOnHub(hub);
    const agent = addon.kubelets["c1"]?.pods()[0];
    if (agent === undefined) throw new Error("The agent's pod is not there");
    const pid = await processOf(agent.podIP);
    const ours: number[] = [];
    const informer = await informerMegabytes(stack.cluster("c1").kubeconfig);
    await until(
      "half a minute of rest",
      async () => {
        ours.push(await megabytes(pid));
        return lookAt(ours.length >= SAMPLES, ours.length);
      },
      { limitMs: 120_000, everyMs: 1000 },
    );
    printFigure(`agent-rss-at-rest-${CLONE_SETS}-clonesets`, percentile(ours, 0.5), "MB", informer);
    hub.close();
    c1.close();
  } finally {
    await stack.stop();
  }
}

async function untilAllOnHub(hub: Kube): Promise<void> {
  await until(
    `${CLONE_SETS} workloads on the hub`,
    async () => {
      const path = `/apis/${API_VERSION}/namespaces/c1/kruiseworkloads`;
      const { items } = await hub.request<{ items: unknown[] }>({ method: "GET", path });
      return lookAt(items.length >= CLONE_SETS, items.length);
    },
    { limitMs: 120_000, everyMs: 1000 },
  );
}

/** The process whose environment says that it is the pod with this address; its launchers, which say so too, are small. */
async function processOf(podIP: string): Promise<number> {
  const sizes: { pid: number; size: number }[] = [];
  for (const entry of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${entry}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`POD_IP=${podIP}`)) continue;
    sizes.push({ pid: Number(entry), size: await megabytes(Number(entry)) });
  }
  const largest = sizes.toSorted((one, other) => other.size - one.size)[0];
  if (largest === undefined) throw new Error(`Cannot find the process of pod ${podIP}`);
  return largest.pid;
}

async function megabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Runs client-node's informer over the same CloneSets in a process of its own and reads its memory once it is synced. */
async function informerMegabytes(kubeconfig: string): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "informer.ts"), kubeconfig, NAMESPACE], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== `synced ${CLONE_SETS}`) continue;
    const value = await megabytes(child.pid ?? 0);
    child.kill();
    return value;
  }
  throw new Error("The informer ended before it was synced");
}
