// What the agent says to the hub while nothing happens, beside OCM's registration agent, which keeps the cluster alive.
import { setTimeout as timeout } from "node:timers/promises";
import { CLUSTER, startAgent } from "./agent-stack.ts";
import type { AgentBench } from "./agent-stack.ts";
import { versionNow } from "./arrivals.ts";
import { printFigure } from "./figure.ts";
import { countTraffic, cpuSeconds, machineMs } from "./process-figures.ts";

const SETTLE_MS = 10_000;
const HOUR_SECONDS = 3600;
const CLUSTER_LEASE = `/apis/coordination.k8s.io/v1/namespaces/${CLUSTER}/leases`;

/** Measures for so many seconds and extrapolates to an hour. */
export async function measureIdle(bench: AgentBench, seconds: number): Promise<void> {
  const { stack, cloneSets } = bench;
  await cloneSets.heal();
  const agent = await startAgent(bench, { hook: true });
  const registration = stack.processes.component(`${CLUSTER}/registration-agent`).pid ?? Number.NaN;
  await timeout(SETTLE_MS);
  const pids = [agent.pid, registration];
  const traffic = await Promise.all(pids.map(async (pid) => countTraffic(pid, stack.hub.port)));
  const cpuBefore = await Promise.all(pids.map(cpuSeconds));
  const renewals = await countRenewals(bench);
  const fromMs = machineMs();
  await timeout(seconds * 1000);
  const cpuAfter = await Promise.all(pids.map(cpuSeconds));
  const [ours, theirs] = await Promise.all(traffic.map(async (count) => count.end()));
  const requests = (await agent.trace()).filter((line) => line.type === "request" && line.startMs >= fromMs);
  await agent.stop();
  const anHour = (value = Number.NaN): number => (value * HOUR_SECONDS) / seconds;
  const of = (port: number): number =>
    anHour(requests.filter((line) => line.type === "request" && line.host === `127.0.0.1:${port}`).length);
  const name = (what: string): string => `agent-idle-${what}-an-hour-${cloneSets.count}`;
  printFigure(name("bytes-to-hub"), anHour(ours?.sentBytes) / 1024, "KiB", anHour(theirs?.sentBytes) / 1024);
  printFigure(name("bytes-from-hub"), anHour(ours?.receivedBytes) / 1024, "KiB", anHour(theirs?.receivedBytes) / 1024);
  const [cpuOurs = Number.NaN, cpuTheirs = Number.NaN] = cpuAfter.map((value, i) =>
    anHour(value - (cpuBefore[i] ?? 0)),
  );
  printFigure(name("cpu"), cpuOurs, "s", cpuTheirs);
  printFigure(name("hub-requests"), of(stack.hub.port), "requests", anHour(renewals.end()));
  console.log(`Requests an hour to the managed cluster's own API server: ${of(stack.cluster(CLUSTER).port)}`);
}

/** Counts the klusterlet's renewals of the cluster's Lease on the hub. */
async function countRenewals({ hub }: AgentBench): Promise<{ end: () => number }> {
  const stop = new AbortController();
  const query = { watch: true, resourceVersion: await versionNow(hub, CLUSTER_LEASE) };
  let count = 0;
  const counting = (async () => {
    const lines = hub.open({ method: "GET", path: CLUSTER_LEASE, query, signal: stop.signal });
    while ((await lines.next()).done !== true) count += 1;
  })();
  counting.catch((cause: unknown) => {
    if (!stop.signal.aborted) console.error(`The watch on the cluster's Lease ended: ${String(cause)}`);
  });
  return {
    end: () => {
      stop.abort();
      return count;
    },
  };
}
