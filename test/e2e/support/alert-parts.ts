// How long it takes from a CloneSet that breaks to the receiver of the alert, and where the time goes.
import type { Kube } from "../../../shared/kube/types.ts";
import { workloadsPath } from "./addon.ts";
import type { Workload } from "./addon.ts";
import { INTERVAL, SHORT_FOR } from "./monitoring.ts";
import type { Monitoring, Notice } from "./monitoring.ts";
import { ESCALATE_AFTER_SECONDS } from "./values.ts";
import { applyCloneSet } from "./workloads.ts";
import type { CloneSetOptions } from "./workloads.ts";

interface Breaking {
  hub: Kube;
  cluster: Kube;
  /** The managed cluster's name, and the row's. */
  name: string;
  row: string;
  /** What breaks it. */
  set: CloneSetOptions;
  monitoring: Monitoring;
}

export interface Parts {
  notice: Notice;
  /** Milliseconds since 1970: each step, in its order. */
  steps: { what: string; atMs: number }[];
  brokenMs: number;
}

/** Breaks it and notes when each step sees it; `received` waits for the alert. */
export async function timeAlert(breaking: Breaking, received: () => Promise<Notice>): Promise<Parts> {
  const { hub, cluster, name, row, set, monitoring } = breaking;
  const stop = new AbortController();
  const sets = `/apis/apps.kruise.io/v1alpha1/namespaces/${set.namespace}/clonesets`;
  // Both begin with what is there: the object is as it was before it breaks.
  const followed = Promise.all([
    firstEvent<CloneSet>(cluster, { path: sets, name: set.name, signal: stop.signal }, isSeen),
    firstEvent<Workload>(hub, { path: workloadsPath(name), name: row, signal: stop.signal }, isDegraded),
  ]);
  const brokenMs = Date.now();
  try {
    await applyCloneSet(cluster, set);
    const notice = await received();
    const [seenMs, rowMs] = await followed;
    const first = async (expr: string): Promise<number> => firstSampleMs(monitoring, expr, brokenMs);
    const labels = `alertname="KruiseWorkloadsDegraded", cluster="${name}"`;
    return {
      notice,
      brokenMs,
      steps: [
        { what: "OpenKruise's controller writes it into the status", atMs: seenMs },
        {
          what: `the hub's row is Degraded (the model waits ${ESCALATE_AFTER_SECONDS} s for progress, 600 by default)`,
          atMs: rowMs,
        },
        {
          what: `Prometheus has scraped it (every ${INTERVAL})`,
          atMs: await first(`ocm_kruise_workloads{cluster="${name}", kind="CloneSet", health="Degraded"}`),
        },
        {
          what: `the rule holds (evaluated every ${INTERVAL})`,
          atMs: await first(`ALERTS{${labels}}`),
        },
        {
          what: `it has held for ${SHORT_FOR} (2m as shipped)`,
          atMs: await first(`ALERTS{${labels}, alertstate="firing"}`),
        },
        { what: "Alertmanager has told the receiver", atMs: notice.atMs },
      ],
    };
  } finally {
    stop.abort();
  }
}

interface CloneSet {
  metadata: { generation?: number };
  status?: { observedGeneration?: number; updatedReplicas?: number; updatedReadyReplicas?: number };
}

/** The controller has replaced a pod, and the new one does not get ready. */
function isSeen({ metadata, status }: CloneSet): boolean {
  if (status?.observedGeneration !== metadata.generation) return false;
  return (status?.updatedReplicas ?? 0) > (status?.updatedReadyReplicas ?? 0);
}

function isDegraded({ status }: Workload): boolean {
  return status.health === "Degraded";
}

/** When an object of a collection first is so, as a watch tells it. */
async function firstEvent<T>(
  kube: Kube,
  { path, name, signal }: { path: string; name: string; signal: AbortSignal },
  holds: (object: T) => boolean,
): Promise<number> {
  const query = { watch: true, fieldSelector: `metadata.name=${name}`, resourceVersion: "0" };
  for await (const line of kube.open({ method: "GET", path, query, signal })) {
    const { object } = JSON.parse(line) as { object: T };
    if (holds(object)) return Date.now();
  }
  throw new Error(`The watch of ${path} ended before ${name} was as wanted`);
}

/** When Prometheus first had a sample of it that is not 0, milliseconds since 1970. */
export async function firstSampleMs(monitoring: Monitoring, expr: string, sinceMs: number): Promise<number> {
  const answers = await monitoring.query(`${expr}[2m]`);
  const times = answers.flatMap(({ values }) =>
    values.flatMap(([seconds, value]) => (seconds * 1000 >= sinceMs && value !== "0" ? [seconds * 1000] : [])),
  );
  return Math.min(...times);
}

/** Prints the time of each step, and the whole. */
export function printParts({ steps, brokenMs }: Parts): void {
  const lines = steps.map(({ what, atMs }, index) => {
    const sinceMs = steps[index - 1]?.atMs ?? brokenMs;
    return `figure alert.${index + 1} ${(atMs - sinceMs).toFixed(0)} ms: ${what}`;
  });
  const wholeMs = (steps.at(-1)?.atMs ?? Number.NaN) - brokenMs;
  console.log(
    [...lines, `figure alert.whole ${wholeMs.toFixed(0)} ms from the breaking change to the receiver`].join("\n"),
  );
}
