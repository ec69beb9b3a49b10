// Two columns of a table of workloads, in the words that each kind has for them.
import type { KindName } from "./kinds.ts";
import type { WorkloadRecord } from "./record.ts";

type Counter = keyof WorkloadRecord["c"];

/** The readable name of each counter, as the hub's API and `assess -o json` have it. */
export const COUNTER_NAMES = {
  d: "wanted",
  p: "existing",
  m: "matched",
  rdy: "ready",
  av: "available",
  up: "updated",
  uav: "updatedAvailable",
  urdy: "updatedReady",
  des: "desired",
  cur: "current",
  mis: "misscheduled",
  act: "active",
  ok: "succeeded",
  fail: "failed",
  don: "completed",
  tot: "total",
  alw: "allowedUnavailable",
} as const satisfies Record<Counter, string>;

interface Columns {
  ready: Counter;
  /** What `ready` is out of: the first counter that the record has. */
  of: readonly Counter[];
  updated?: Counter;
}

const REPLICAS: Columns = { ready: "rdy", of: ["d"], updated: "up" };
/** An EphemeralJob wants as many as it matches. */
const JOB: Columns = { ready: "ok", of: ["des", "m"] };

/** Kinds that have something to count; the others show "-". */
const COLUMNS: ReadonlyMap<string, Columns> = new Map<KindName, Columns>([
  ["CloneSet", REPLICAS],
  ["StatefulSet", REPLICAS],
  ["UnitedDeployment", REPLICAS],
  ["GameServerSet", REPLICAS],
  ["SidecarSet", { ready: "rdy", of: ["m"], updated: "up" }],
  ["DaemonSet", { ready: "rdy", of: ["des"], updated: "up" }],
  ["BroadcastJob", JOB],
  ["ImagePullJob", JOB],
  ["ImageListPullJob", JOB],
  ["ContainerRecreateRequest", JOB],
  ["EphemeralJob", JOB],
  ["ResourceDistribution", JOB],
  ["PodUnavailableBudget", { ready: "cur", of: ["des"] }],
]);

/** Writes "3/5": how much of what a workload wants is there, or done. */
export function readyText({ k, c }: Pick<WorkloadRecord, "k" | "c">): string {
  const columns = COLUMNS.get(k);
  return columns === undefined ? "-" : ratio(c, columns.ready, columns.of);
}

/** Writes "3/5": how much of what a workload wants is of its newest revision; "-" where a kind has no revisions. */
export function updatedText({ k, c }: Pick<WorkloadRecord, "k" | "c">): string {
  const columns = COLUMNS.get(k);
  return columns?.updated === undefined ? "-" : ratio(c, columns.updated, columns.of);
}

function ratio(counts: WorkloadRecord["c"], part: Counter, wholes: readonly Counter[]): string {
  const whole = wholes.map((counter) => counts[counter]).find((count) => count !== undefined);
  if (counts[part] === undefined && whole === undefined) return "-";
  return `${counts[part] ?? 0}/${whole ?? "?"}`;
}
