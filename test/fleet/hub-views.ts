// What a hub user reads, through the hub's API server: rows of workloads and clusters, conditions, and how a row moved.
import * as z from "zod";
import { ApiError } from "../../shared/kube/errors.ts";
import { collectionPath, objectPath } from "../../shared/kube/paths.ts";
import type { Condition, Kube, Resource } from "../../shared/kube/types.ts";
import { ADDON_NAME, GROUP, VERSION } from "../../shared/wire/group.ts";

const WORKLOADS: Resource = { group: GROUP, version: VERSION, plural: "kruiseworkloads" };
const CLUSTERS: Resource = { group: GROUP, version: VERSION, plural: "kruiseclusters" };
const FLEET_WORKLOADS: Resource = { group: GROUP, version: VERSION, plural: "kruisefleetworkloads" };
const TABLES = { workloads: WORKLOADS, clusters: CLUSTERS, fleetWorkloads: FLEET_WORKLOADS };
const ADDONS: Resource = {
  group: "addon.open-cluster-management.io",
  version: "v1alpha1",
  plural: "managedclusteraddons",
};

const Workload = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  status: z.object({ health: z.string(), reason: z.string(), message: z.string() }),
});
const KruiseCluster = z.object({
  status: z.object({ kinds: z.array(z.object({ kind: z.string(), state: z.string() })) }),
});
const Table = z.object({
  columnDefinitions: z.array(z.object({ name: z.string(), priority: z.number() })),
  rows: z.array(
    z.object({
      cells: z.array(z.unknown()),
      object: z.object({ metadata: z.object({ namespace: z.string().default("") }) }),
    }),
  ),
});
const Event = z.object({ type: z.string(), object: z.unknown() });

/** Reads every workload row as "cluster/name: Health/Reason". While the API is away: none. */
export async function rows(kube: Kube, cluster?: string): Promise<string[]> {
  const list = await readOrNothing(kube, collectionPath(WORKLOADS, cluster));
  const { items } = z.object({ items: z.array(Workload) }).parse(list ?? { items: [] });
  return items.map(
    ({ metadata, status }) => `${metadata.namespace}/${metadata.name}: ${status.health}/${status.reason}`,
  );
}

/** Reads one workload's "Health/Reason"; undefined when there is no such row. */
export async function verdict(kube: Kube, cluster: string, name: string): Promise<string | undefined> {
  const object = await readOrNothing(kube, objectPath(WORKLOADS, { namespace: cluster, name }));
  if (object === undefined) return undefined;
  const { status } = Workload.parse(object);
  return `${status.health}/${status.reason}`;
}

/** Reads the conditions of a cluster's ManagedClusterAddOn as "Status/Reason" by type; {} when there is none. */
export async function conditions(kube: Kube, cluster: string): Promise<Record<string, string>> {
  const addon = await readOrNothing(kube, objectPath(ADDONS, { namespace: cluster, name: ADDON_NAME }));
  const found = (addon as { status?: { conditions?: Condition[] } } | undefined)?.status?.conditions ?? [];
  return Object.fromEntries(found.map(({ type, status, reason }) => [type, `${status}/${reason}`]));
}

/** Reads the state of each kind on a cluster, by kind. */
export async function kindStates(kube: Kube, cluster: string): Promise<Record<string, string>> {
  const found = await readOrNothing(kube, objectPath(CLUSTERS, { namespace: cluster, name: cluster }));
  const { kinds } = KruiseCluster.parse(found).status;
  return Object.fromEntries(kinds.map(({ kind, state }) => [kind, state]));
}

/** Reads a table as kubectl does; undefined while the API is away. */
export async function table(
  kube: Kube,
  what: keyof typeof TABLES,
): Promise<{ head: string[]; lines: string[][] } | undefined> {
  const path = collectionPath(TABLES[what]);
  const answer = await readOrNothing(kube, path, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
  if (answer === undefined) return undefined;
  const { columnDefinitions, rows: found } = Table.parse(answer);
  const shown = columnDefinitions.flatMap(({ priority }, index) => (priority === 0 ? [index] : []));
  return {
    head: ["CLUSTER", ...shown.map((index) => (columnDefinitions[index]?.name ?? "").toUpperCase())],
    lines: found.map(({ cells, object }) => [object.metadata.namespace, ...shown.map((index) => String(cells[index]))]),
  };
}

/** Follows one row and notes each new "Health/Reason", until the signal aborts. */
export async function follow(
  kube: Kube,
  { cluster, name }: { cluster: string; name: string },
  into: string[],
  signal: AbortSignal,
): Promise<void> {
  const path = collectionPath(WORKLOADS, cluster);
  const query = { watch: true, fieldSelector: `metadata.name=${name}` };
  try {
    for await (const line of kube.open({ method: "GET", path, query, signal })) {
      const { type, object } = Event.parse(JSON.parse(line));
      if (type !== "ADDED" && type !== "MODIFIED") continue;
      const { status } = Workload.parse(object);
      const next = `${status.health}/${status.reason}`;
      if (into.at(-1) !== next) into.push(next);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** GETs JSON; undefined when it is not there, or while the API behind the hub is away. */
async function readOrNothing(kube: Kube, path: string, headers?: Record<string, string>): Promise<unknown> {
  try {
    return await kube.request<unknown>({ method: "GET", path, ...(headers ? { headers } : {}) });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 503)) return undefined;
    throw error;
  }
}
