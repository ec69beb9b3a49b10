// Says on each ManagedClusterAddOn whether reports arrive, and turns the agent's own conditions to Unknown when they
// stop: an agent that is gone cannot do it, and what it said last may no longer be true. The Reporting condition is the
// memory of this: once it says False only its own message is added to, so an agent that lives but cannot report is never
// fought.
import type { NextCondition } from "../../shared/kube/conditions.ts";
import type { Reconcile } from "../../shared/kube/controller.ts";
import type { Condition, Kube } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { ClusterRow } from "../fleet/types.ts";
import { conditionOf, patchStatus, planStatus, withConditions } from "./addon-status.ts";
import { haltedCertificateHint } from "./halted-certificate.ts";
import type { ManagedCluster, ManagedClusterAddOn, ManagedClusterAddOnStatus } from "../ocm/types.ts";
import { isActive } from "./registration.ts";

/** Conditions that the agent writes itself. */
const AGENT_CONDITIONS = ["KruiseReady", "WorkloadsHealthy", "Degraded"];

export interface SilenceDeps {
  kube: Kube;
  clock: Clock;
  /** When this manager began to listen: monotonic for the grace, wall clock for the message. */
  listening: { sinceMonotonicMs: number; sinceWallMs: number; graceMs: number };
  findAddon: (cluster: string) => ManagedClusterAddOn | undefined;
  findCluster: (cluster: string) => ManagedCluster | undefined;
  findRow: (cluster: string) => ClusterRow | undefined;
}

export interface SilenceInput {
  row: ClusterRow;
  /** Whether the manager has listened long enough to call an agent silent. */
  graceOver: boolean;
  listeningSinceWallMs: number;
  now: string;
}

/** The status to write, if any. */
export function planReporting(addon: ManagedClusterAddOn, input: SilenceInput): ManagedClusterAddOnStatus | undefined {
  const { row, graceOver, now } = input;
  if (row.state === "Fresh") {
    return planStatus(addon.status, { conditions: withConditions(addon, [reportsArrive(row)], now) });
  }
  if (!graceOver) return undefined;
  const said = conditionOf(addon, "Reporting");
  if (said?.status === "False") return planHint(addon, said, now);
  const { reason, message } = describeSilence(row, input.listeningSinceWallMs);
  const stale = AGENT_CONDITIONS.filter((type) => conditionOf(addon, type)).map((type): NextCondition => {
    return { type, status: "Unknown", reason: "ReportStale", message };
  });
  const silent: NextCondition = { type: "Reporting", status: "False", reason, message };
  return planStatus(addon.status, { conditions: withConditions(addon, [silent, ...stale], now) });
}

/** Adds to a silence that is told already what OCM says of its cause. */
function planHint(addon: ManagedClusterAddOn, said: Condition, now: string): ManagedClusterAddOnStatus | undefined {
  const hint = haltedCertificateHint(addon);
  if (hint === undefined || said.message.includes(hint)) return undefined;
  return planStatus(addon.status, {
    conditions: withConditions(addon, [{ ...said, message: `${said.message}; ${hint}` }], now),
  });
}

/** Keeps the Reporting condition of one cluster. */
export function reporting({ kube, clock, listening, findAddon, findCluster, findRow }: SilenceDeps): Reconcile {
  return async (cluster, signal) => {
    const addon = findAddon(cluster);
    const row = findRow(cluster);
    if (!addon || !row || !isActive(addon, findCluster(cluster))) return;
    const graceLeftMs = listening.graceMs - (clock.monotonicMs() - listening.sinceMonotonicMs);
    const status = planReporting(addon, {
      row,
      graceOver: graceLeftMs <= 0,
      listeningSinceWallMs: listening.sinceWallMs,
      now: rfc3339Seconds(clock.wallMs()),
    });
    if (status) await patchStatus(kube, addon, status, signal);
    return row.state !== "Fresh" && graceLeftMs > 0 ? { requeueAfterMs: graceLeftMs } : undefined;
  };
}

function reportsArrive({ duplicateAgent }: ClusterRow): NextCondition {
  const message =
    duplicateAgent === undefined
      ? "Reports arrive"
      : `Reports arrive; another agent, "${duplicateAgent}", also reports for this cluster and is not listened to`;
  return { type: "Reporting", status: "True", reason: "ReportsArrive", message };
}

// Fixed times, not ages: an age would change, and be written, on every pass.
function describeSilence(
  { lastReportWallMs }: ClusterRow,
  listeningSinceWallMs: number,
): { reason: string; message: string } {
  return lastReportWallMs === undefined
    ? {
        reason: "NoReport",
        message: `No report has come since the manager began to listen at ${rfc3339Seconds(listeningSinceWallMs)}`,
      }
    : { reason: "ReportStale", message: `The last report came at ${rfc3339Seconds(lastReportWallMs)}` };
}
