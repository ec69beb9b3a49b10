// The agent beside OCM's work agent with the same CloneSets, each under its own ManifestWork that only reads it and feeds four
// numbers of its status back (feedbackScrapeType Watch). Both follow the same ten changes a second at the same time.
import { setTimeout as timeout } from "node:timers/promises";
import type { KubeObject } from "../../shared/kube/types.ts";
import { lookAt, until } from "../e2e/harness/polling.ts";
import { CLONE_SETS, NAMESPACE, steadily } from "./agent-clonesets.ts";
import { PER_SECOND } from "./agent-latency.ts";
import { CLUSTER, startAgent } from "./agent-stack.ts";
import type { AgentBench } from "./agent-stack.ts";
import { printFigure } from "./figure.ts";
import { countTraffic, cpuSeconds, machineMs, peakMegabytes, restingMegabytes } from "./process-figures.ts";

const WORKS = `/apis/work.open-cluster-management.io/v1/namespaces/${CLUSTER}/manifestworks`;
const LABEL = "bench";
const WRITERS = 16;
const FED = ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"];
const FED_LIMIT_MS = 300_000;
const SETTLE_MS = 15_000;
const LOOKS = 10;

interface Work extends KubeObject {
  status?: { resourceStatus?: { manifests?: { statusFeedback?: { values?: unknown[] } }[] } };
}

/** Measures both and ends the work agent: its works stay on the hub and nobody follows them any more. */
export async function measureOcm(bench: AgentBench, seconds: number): Promise<void> {
  const { stack, cloneSets } = bench;
  await createWorks(bench);
  const agent = await startAgent(bench, { hook: true });
  const workAgent = stack.processes.component(`${CLUSTER}/work-agent`).pid ?? Number.NaN;
  const pids = [agent.pid, workAgent];
  await timeout(SETTLE_MS);
  print("rss-at-rest", await restingMegabytes(pids, LOOKS), "MB");
  const cpuBefore = await Promise.all(pids.map(cpuSeconds));
  const traffic = await Promise.all(pids.map(async (pid) => countTraffic(pid, stack.hub.port)));
  const before = await hubCounters(bench);
  const fromMs = machineMs();
  await steadily(PER_SECOND, seconds, async () => cloneSets.changeNext());
  // What is still on its way belongs to these changes.
  await timeout(2_000);
  const toMs = machineMs();
  const after = await hubCounters(bench);
  const grown = (name: string, labels: Record<string, string>): number => after(name, labels) - before(name, labels);
  const minutes = seconds / 60;
  const aMinute = (values: number[]): number[] => values.map((value) => value / minutes);
  const bytes = await Promise.all(traffic.map(async (count) => count.end()));
  const cpuAfter = await Promise.all(pids.map(cpuSeconds));
  const hubHost = `127.0.0.1:${stack.hub.port}`;
  const requests = (await agent.trace()).filter(
    (line) => line.type === "request" && line.host === hubHost && line.startMs >= fromMs && line.startMs <= toMs,
  );
  print("cpu-seconds-a-minute", aMinute(cpuAfter.map((value, index) => value - (cpuBefore[index] ?? 0))), "s");
  print("rss-under-changes", await restingMegabytes(pids, LOOKS), "MB");
  print("rss-peak", await Promise.all(pids.map(peakMegabytes)), "MB");
  const works = grown("apiserver_request_total", { resource: "manifestworks" });
  print("hub-requests-a-minute", aMinute([requests.length, works]), "requests");
  print("bytes-to-hub-a-minute", aMinute(bytes.map(({ sentBytes }) => sentBytes / 1024)), "KiB");
  print("bytes-from-hub-a-minute", aMinute(bytes.map(({ receivedBytes }) => receivedBytes / 1024)), "KiB");
  const writes = (resource: string): number =>
    ["create", "update", "delete"].reduce(
      (sum, operation) => sum + grown("etcd_requests_total", { resource, operation }),
      0,
    );
  print("etcd-writes-a-minute", aMinute([writes("managedclusteraddons"), writes("manifestworks")]), "writes");
  const refused = grown("apiserver_request_total", { resource: "manifestworks", code: "409" });
  console.log(`Of the work agent's requests ${refused} were refused with 409`);
  await agent.stop();
  await stack.component(`${CLUSTER}/work-agent`).stop();
}

function print(name: string, [ours = Number.NaN, theirs = Number.NaN]: number[], unit: string): void {
  printFigure(`ocm-${name}`, ours, unit, theirs);
}

/** One work a CloneSet, and waits until each has brought its first numbers. */
async function createWorks({ hub, cloneSets }: AgentBench): Promise<void> {
  const left = cloneSets.names();
  const total = left.length;
  const write = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      await hub.request({ method: "POST", path: WORKS, body: manifestWork(name) });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await until(
    `feedback of ${total} works`,
    async () => {
      const { items } = await hub.request<{ items: Work[] }>({
        method: "GET",
        path: WORKS,
        query: { labelSelector: LABEL },
      });
      const fed = items.filter(
        ({ status }) => (status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values?.length ?? 0) === FED.length,
      );
      return lookAt(fed.length === total, `${fed.length} of ${total}`);
    },
    { limitMs: FED_LIMIT_MS, everyMs: 2_000 },
  );
}

function manifestWork(name: string): KubeObject & { spec: object } {
  const { group, version, plural: resource } = CLONE_SETS;
  return {
    apiVersion: "work.open-cluster-management.io/v1",
    kind: "ManifestWork",
    metadata: { name, labels: { [LABEL]: "true" } },
    spec: {
      workload: {
        manifests: [{ apiVersion: `${group}/${version}`, kind: "CloneSet", metadata: { name, namespace: NAMESPACE } }],
      },
      manifestConfigs: [
        {
          resourceIdentifier: { group, resource, namespace: NAMESPACE, name },
          updateStrategy: { type: "ReadOnly" },
          feedbackScrapeType: "Watch",
          feedbackRules: [
            { type: "JSONPaths", jsonPaths: FED.map((field) => ({ name: field, path: `.status.${field}` })) },
          ],
        },
      ],
    },
  };
}

/** The hub's API server's own counters: gives the sum of a metric over all series with these labels. */
async function hubCounters({ stack }: AgentBench): Promise<(name: string, labels: Record<string, string>) => number> {
  const { stdout } = await stack.kubectl("hub", "get", "--raw", "/metrics");
  const lines = stdout.split("\n");
  return (name, labels) => {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const found = lines.filter((line) => line.startsWith(`${name}{`) && wanted.every((text) => line.includes(text)));
    return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  };
}
