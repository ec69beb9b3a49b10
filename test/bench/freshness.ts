// How long after a managed cluster's API server told of a change the hub tells of it: through the add-on, through the
// bare script of floor.ts, and through OCM's own ManifestWork feedback (watched, and polled every 10 s).
// OpenKruise's manager stands still meanwhile, so that the status is what this bench writes; numbers from 1 mark the changes.
// Changes come after a short quiet of random length: what is measured is a change, not a stream of them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as timeout } from "node:timers/promises";
import { join } from "node:path";
import type { Condition, Kube, KubeObject } from "../../shared/kube/types.ts";
import { installAddon } from "../e2e/harness/addon.ts";
import { met, unmet, until } from "../e2e/harness/polling.ts";
import { startStack } from "../e2e/harness/stack.ts";
import type { RunningStack } from "../e2e/harness/stack.ts";
import { addonPath, enableAddon, untilVerdict, workloadsPath } from "../e2e/support/addon.ts";
import { placementValues } from "../e2e/support/values.ts";
import { applyCloneSet, createNamespace } from "../e2e/support/workloads.ts";
import { arrivals } from "./arrivals.ts";
import type { Arrivals } from "./arrivals.ts";
import { percentile, printFigure } from "./figure.ts";

const CHANGES = 100;
const POLLED_CHANGES = 12;
const QUIET_MS = { least: 60, spread: 100 };
const POLL_SECONDS = 10;
const WORK = "bench-feedback";
const WORKS = "/apis/work.open-cluster-management.io/v1/namespaces/c1/manifestworks";

interface CloneSet extends KubeObject {
  status?: { availableReplicas?: number };
}
interface Row extends KubeObject {
  status: { counts?: { available?: number } };
}
interface Addon extends KubeObject {
  status?: { conditions?: Condition[] };
}
interface Work extends KubeObject {
  status?: {
    resourceStatus?: { manifests?: { statusFeedback?: { values?: { fieldValue: { integer?: number } }[] } }[] };
  };
}

export async function freshness(): Promise<void> {
  const stack = await startStack({ clusters: ["c1"], workStatusSyncSeconds: POLL_SECONDS });
  try {
    await installAddon(stack, { values: placementValues() });
    const hub = await stack.hub.admin();
    const c1 = await stack.cluster("c1").admin();
    await enableAddon(stack, hub, ["c1"]);
    await measure(stack, hub, c1);
    hub.close();
    c1.close();
  } finally {
    await stack.stop();
  }
}

async function measure(stack: RunningStack, hub: Kube, c1: Kube): Promise<void> {
  for (const name of ["ours", "floor", "fed-watch", "fed-poll"]) {
    await createNamespace(c1, name);
    if (!name.startsWith("fed")) await applyCloneSet(c1, { namespace: name, name, replicas: 0 });
  }
  for (const scrape of ["Watch", "Poll"] as const) await createWork(hub, scrape);
  for (const name of ["ours", "floor", "fed-watch", "fed-poll"]) {
    await untilVerdict(hub, "c1", `cloneset.${name}.${name}`, "Healthy/ScaledToZero");
  }
  await stack.component("c1/kruise-manager").signal("SIGSTOP");
  const floor = spawn(process.execPath, [
    join(import.meta.dirname, "floor.ts"),
    stack.cluster("c1").kubeconfig,
    stack.hub.kubeconfig,
    "floor",
    addonPath("c1"),
  ]);
  try {
    const ours = await sample(
      c1,
      "ours",
      CHANGES,
      arrivals(hub, {
        path: workloadsPath("c1"),
        query: { fieldSelector: "metadata.name=cloneset.ours.ours" },
        read: (row: Row) => row.status.counts?.available,
      }),
    );
    const bare = await sample(
      c1,
      "floor",
      CHANGES,
      arrivals(hub, { path: addonPath("c1").replace(/\/[^/]+$/, ""), read: floorMark }),
    );
    const watched = await sample(
      c1,
      "fed-watch",
      CHANGES,
      arrivals(hub, { path: WORKS, query: { fieldSelector: `metadata.name=${WORK}-watch` }, read: feedback }),
    );
    const polled = await sample(
      c1,
      "fed-poll",
      POLLED_CHANGES,
      arrivals(hub, { path: WORKS, query: { fieldSelector: `metadata.name=${WORK}-poll` }, read: feedback }),
    );
    for (const share of [0.5, 0.99]) {
      const name = `freshness-p${share * 100}`;
      const value = percentile(ours, share);
      printFigure(name, value, "ms", percentile(bare, share));
      printFigure(`${name}-against-ocm-watch`, value, "ms", percentile(watched, share));
    }
    printFigure("freshness-p50-against-ocm-poll-10s", percentile(ours, 0.5), "ms", percentile(polled, 0.5));
  } finally {
    floor.kill();
    await stack.component("c1/kruise-manager").signal("SIGCONT");
    if (floor.exitCode === null) await once(floor, "exit");
  }
}

const floorMark = (addon: Addon) =>
  Number(addon.status?.conditions?.find(({ type }) => type === "BenchFloor")?.message.split(" ")[1]);
const feedback = (work: Work) =>
  work.status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values?.[0]?.fieldValue.integer;

/** Makes changes one after another and measures how much later than the cluster's own watch each arrived on the hub. */
async function sample(c1: Kube, name: string, changes: number, onHub: Arrivals<number>): Promise<number[]> {
  const path = `/apis/apps.kruise.io/v1alpha1/namespaces/${name}/clonesets`;
  const onCluster = arrivals(c1, { path, read: (object: CloneSet) => object.status?.availableReplicas ?? 0 });
  const delays: number[] = [];
  await onCluster.of(0);
  for (let mark = 1; mark <= changes; mark += 1) {
    await timeout(QUIET_MS.least + Math.random() * QUIET_MS.spread);
    await c1.request({
      method: "PATCH",
      path: `${path}/${name}/status`,
      contentType: "application/merge-patch+json",
      body: { status: { availableReplicas: mark } },
    });
    const [from, to] = await Promise.all([onCluster.of(mark), onHub.of(mark)]);
    delays.push(to - from);
  }
  onCluster.stop();
  onHub.stop();
  return delays;
}

async function createWork(hub: Kube, scrape: "Watch" | "Poll"): Promise<void> {
  const name = `fed-${scrape.toLowerCase()}`;
  const identifier = { group: "apps.kruise.io", resource: "clonesets", namespace: name, name };
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "shop/app:1" }] } };
  await hub.request({
    method: "POST",
    path: WORKS,
    body: {
      apiVersion: "work.open-cluster-management.io/v1",
      kind: "ManifestWork",
      metadata: { name: `${WORK}-${scrape.toLowerCase()}` },
      spec: {
        workload: {
          manifests: [
            {
              apiVersion: "apps.kruise.io/v1alpha1",
              kind: "CloneSet",
              metadata: { name, namespace: name },
              spec: { replicas: 0, selector: { matchLabels: labels }, template },
            },
          ],
        },
        manifestConfigs: [
          {
            resourceIdentifier: identifier,
            feedbackScrapeType: scrape,
            feedbackRules: [
              { type: "JSONPaths", jsonPaths: [{ name: "available", path: ".status.availableReplicas" }] },
            ],
          },
        ],
      },
    },
  });
  await until(
    `feedback of ${name}`,
    async () => {
      const work = await hub.request<Work>({ method: "GET", path: `${WORKS}/${WORK}-${scrape.toLowerCase()}` });
      return feedback(work) === undefined ? unmet(work.status) : met(undefined);
    },
    { limitMs: 90_000 },
  );
}
