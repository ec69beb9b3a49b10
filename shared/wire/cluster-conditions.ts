// What is said of a whole cluster in three conditions: by the agent on its ManagedClusterAddOn, and by the manager on the
// KruiseCluster, in the same words. Pure. Messages carry no ages and no counts that move with every step of a rollout:
// each change is a write to the hub.
import type { Health } from "../health/verdict.ts";
import type { WorkloadRecord } from "../kruise/record.ts";
import type { ReceivedInstallation, ReceivedKindState } from "./received.ts";

export const CONDITION_TYPES = ["KruiseReady", "WorkloadsHealthy", "Degraded"] as const;
export interface ClusterCondition {
  type: (typeof CONDITION_TYPES)[number];
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

/** States of kinds that leave nothing unknown. A word that only another version knows is no such state. */
const AS_IT_SHOULD_BE: ReadonlySet<string> = new Set(["Watching", "Listing", "NotInstalled"]);
/** Workloads named in a message. */
export const WORST_MAX = 5;
/** Kinds named in a message. */
const KINDS_MAX = 5;

/** All workloads of the cluster in short. */
export interface Summary {
  /** Every served kind has been listed once, as far as the agent may. */
  listed: boolean;
  byHealth: Readonly<Record<Health, number>>;
  /** Degraded and Unknown workloads to name, worst first, at most WORST_MAX; none: the message counts only. */
  worst: readonly Pick<WorkloadRecord, "k" | "ns" | "n" | "h" | "r">[];
  kinds: readonly ReceivedKindState[];
}

/** Whether a kind has been listed once, as far as it can be: while it is listed again its message says so. */
export function isListed({ state, message }: Readonly<{ state: string; message?: string | undefined }>): boolean {
  return state !== "Listing" || message !== undefined;
}

type Finding = Omit<ClusterCondition, "type">;

/** The three conditions, in the order of CONDITION_TYPES. */
export function planConditions(summary: Summary, kruise: ReceivedInstallation): ClusterCondition[] {
  const workloads = workloadsHealthy(summary, kruise);
  return [
    { type: "KruiseReady", ...kruiseReady(kruise) },
    { type: "WorkloadsHealthy", ...workloads },
    { type: "Degraded", ...degraded(kruise, workloads) },
  ];
}

function kruiseReady(kruise: ReceivedInstallation): Finding {
  const { reason, message } = kruise;
  // Not installed is an answer, not a doubt: it is False, so that "is Kruise ready here?" can be waited for.
  if (reason === "NotInstalled") return { status: "False", reason, message };
  if (kruise.health === "Unknown") return { status: "Unknown", reason, message };
  const ready = kruise.health === "Healthy" || kruise.health === "Progressing";
  return { status: ready ? "True" : "False", reason, message };
}

function workloadsHealthy(summary: Summary, kruise: ReceivedInstallation): Finding {
  const { byHealth, worst } = summary;
  const total = Object.values(byHealth).reduce((sum, count) => sum + count, 0);
  if (byHealth.Degraded > 0) {
    const message = `${byHealth.Degraded} of ${total} workloads are Degraded${named(worst, byHealth, "Degraded")}`;
    return { status: "False", reason: "WorkloadsDegraded", message };
  }
  const unread = summary.kinds.filter(({ state }) => !AS_IT_SHOULD_BE.has(state));
  if (unread.length > 0) return { status: "Unknown", reason: "KindsNotReadable", message: unreadable(unread) };
  if (kruise.reason === "NotInstalled" && total === 0) {
    return {
      status: "Unknown",
      reason: "NotInstalled",
      message: "OpenKruise is not installed: there is nothing to judge",
    };
  }
  if (!summary.listed) {
    return { status: "Unknown", reason: "NothingListedYet", message: "The workloads have not been listed yet" };
  }
  if (byHealth.Unknown > 0) {
    const message = `${byHealth.Unknown} of ${total} workloads cannot be judged${named(worst, byHealth, "Unknown")}`;
    return { status: "Unknown", reason: "WorkloadsUnknown", message };
  }
  return { status: "True", reason: "AllHealthy", message: allHealthy(total, byHealth.Suspended) };
}

/** The printer column: True when a workload or Kruise itself is Degraded. */
function degraded(kruise: ReceivedInstallation, workloads: Finding): Finding {
  if (kruise.health === "Degraded") {
    return { status: "True", reason: `Kruise${kruise.reason}`, message: kruise.message };
  }
  if (workloads.status === "False") return { ...workloads, status: "True" };
  if (workloads.reason === "NotInstalled") return { ...workloads, status: "False" };
  if (workloads.status === "Unknown") return workloads;
  return { status: "False", reason: "AsExpected", message: "No workload is Degraded" };
}

function named(worst: Summary["worst"], byHealth: Summary["byHealth"], health: Health): string {
  const those = worst.filter((workload) => workload.h === health).slice(0, WORST_MAX);
  if (those.length === 0) return "";
  const more = byHealth[health] - those.length;
  const names = those.map(({ k, ns, n, r }) => `${k} ${ns === "" ? n : `${ns}/${n}`}: ${r}`).join("; ");
  return more > 0 ? `: ${names}; and ${more} more` : `: ${names}`;
}

function unreadable(kinds: readonly ReceivedKindState[]): string {
  const states = kinds.slice(0, KINDS_MAX).map(({ kind, group, state }) => `${kind}.${group} (${state})`);
  const more = kinds.length - states.length;
  return `Not every kind can be read: ${states.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function allHealthy(total: number, held: number): string {
  if (total === 0) return "There are no workloads";
  return `None of ${total} workloads is Degraded${held > 0 ? `; ${held} held on purpose` : ""}`;
}
