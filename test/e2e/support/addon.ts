// What the add-on's suites share: enabling it as a user does, and reading what the hub shows.
import type { Condition, Kube, KubeObject } from "../../../shared/kube/types.ts";
import { API_VERSION } from "../../../shared/wire/group.ts";
import { lookAt, met, unmet, until } from "../harness/polling.ts";
import type { Stack } from "../harness/stack-data.ts";

export const ADDON = "kruise-health";
export const INSTALL_NAMESPACE = "open-cluster-management-agent-addon";

interface WithConditions extends KubeObject {
  status?: { conditions?: Condition[] };
}

export interface Workload extends KubeObject {
  status: {
    health: string;
    reason: string;
    message: string;
    stale?: boolean;
    lastKnown?: { health: string; reason: string };
  };
}

export function addonPath(cluster: string): string {
  return `/apis/addon.open-cluster-management.io/v1alpha1/namespaces/${cluster}/managedclusteraddons/${ADDON}`;
}

export function workloadsPath(cluster: string): string {
  return `/apis/${API_VERSION}/namespaces/${cluster}/kruiseworkloads`;
}

/** Enables the add-on with clusteradm and waits until OCM and we call it complete, and the klusterlet available. */
export async function enableAddon(stack: Stack, hub: Kube, clusters: string[]): Promise<void> {
  await deployAddon(stack, hub, clusters);
  for (const cluster of clusters) {
    await untilConditions(hub, cluster, { Available: "True/ManagedClusterAddOnLeaseUpdated" });
  }
}

/** The same, but does not wait for the klusterlet, which looks at the agent's Lease every thirty seconds. */
export async function deployAddon(stack: Stack, hub: Kube, clusters: string[]): Promise<void> {
  const { code, stdout, stderr } = await stack.clusteradm(
    "addon",
    "enable",
    "--names",
    ADDON,
    "--clusters",
    clusters.join(","),
  );
  if (code !== 0) throw new Error(`clusteradm addon enable ended with ${code}: ${stdout}${stderr}`);
  for (const cluster of clusters) {
    await untilConditions(hub, cluster, {
      RegistrationApplied: "True/SetPermissionApplied",
      ManifestApplied: "True/AddonManifestApplied",
      Progressing: "False/Completed",
      Reporting: "True/",
    });
  }
}

/** Waits until the conditions of the ManagedClusterAddOn read `status/reason`; an empty reason means any. */
export async function untilConditions(
  hub: Kube,
  cluster: string,
  wanted: Record<string, string>,
  limitMs = 120_000,
): Promise<Condition[]> {
  return until(
    `the add-on of ${cluster} to be ${JSON.stringify(wanted)}`,
    async () => {
      const addon = await hub.request<WithConditions>({ method: "GET", path: addonPath(cluster) });
      const conditions = addon.status?.conditions ?? [];
      const seen = Object.fromEntries(conditions.map((c) => [c.type, `${c.status}/${c.reason} ${c.message}`]));
      const holds = Object.entries(wanted).every(([type, text]) => seen[type]?.startsWith(text));
      return holds ? met(conditions) : unmet(seen);
    },
    { limitMs },
  );
}

/** Waits until the hub shows `health/reason` for a workload; an empty reason means any. */
export async function untilVerdict(hub: Kube, cluster: string, name: string, verdict: string): Promise<Workload> {
  return until(
    `${cluster}/${name} to be ${verdict} on the hub`,
    async () => {
      const row = await hub.request<Workload>({ method: "GET", path: `${workloadsPath(cluster)}/${name}` });
      const seen = `${row.status.health}/${row.status.reason}`;
      return seen.startsWith(verdict) ? met(row) : unmet(`${seen}: ${row.status.message}`);
    },
    { limitMs: 60_000 },
  );
}

/** Waits until an object is gone. */
export async function untilGone(kube: Kube, path: string, limitMs = 60_000): Promise<void> {
  await until(
    `${path} to be gone`,
    async () => {
      try {
        return lookAt(false, await kube.request({ method: "GET", path }));
      } catch (cause) {
        return lookAt((cause as { status?: number }).status === 404, cause);
      }
    },
    { limitMs },
  );
}

export interface Transcript {
  /** `health/reason` of every event of one workload, repeats folded, in the order in which the hub told them. */
  verdicts(): string[];
  stop(): void;
}

/** Follows one workload on the hub as `kubectl get -w` does. */
export async function follow(hub: Kube, cluster: string, name: string): Promise<Transcript> {
  const verdicts: string[] = [];
  const stop = new AbortController();
  const lines = hub.open({
    method: "GET",
    path: workloadsPath(cluster),
    query: { watch: true, fieldSelector: `metadata.name=${name}`, resourceVersion: "0" },
    signal: stop.signal,
  });
  const reading = (async () => {
    for await (const line of lines) {
      const event = JSON.parse(line) as { type: string; object: Workload };
      const verdict =
        event.type === "DELETED" ? "DELETED" : `${event.object.status.health}/${event.object.status.reason}`;
      if (verdicts.at(-1) !== verdict) verdicts.push(verdict);
    }
  })();
  reading.catch((cause: unknown) => {
    if (!stop.signal.aborted) verdicts.push(`watch ended: ${String(cause)}`);
  });
  return { verdicts: () => [...verdicts], stop: () => stop.abort() };
}
