// The row of one cluster: before its first report, after a report, and the part of it that readers act on. Pure.
import type { Report } from "../../shared/wire/report.ts";
import type { ClusterRow } from "./types.ts";

/** A cluster that has the add-on and has not reported to this manager. */
export function missingRow(cluster: string, resourceVersion: number, nowWallMs: number): ClusterRow {
  return {
    cluster,
    resourceVersion,
    state: "Missing",
    agent: undefined,
    epoch: 0,
    sequence: 0,
    kruise: undefined,
    kinds: [],
    byHealth: { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 },
    truncated: 0,
    lastReportWallMs: undefined,
    lastReportMonotonicMs: undefined,
    firstSeenMs: nowWallMs,
    duplicateAgent: undefined,
  };
}

/** The row once a report is taken in; its resourceVersion is the caller's affair. */
export function reportedRow(row: ClusterRow, report: Report, now: { wallMs: number; monotonicMs: number }): ClusterRow {
  return {
    ...row,
    state: "Fresh",
    agent: report.agent,
    epoch: report.epoch,
    sequence: report.sequence,
    kruise: report.kruise,
    kinds: report.kinds,
    byHealth: report.totals.byHealth,
    truncated: report.truncated,
    lastReportWallMs: now.wallMs,
    lastReportMonotonicMs: now.monotonicMs,
  };
}

/** What a reader acts on: all but the times, epoch and sequence that each heartbeat moves. */
export function telling(row: ClusterRow): Partial<ClusterRow> {
  const { state, agent, kruise, kinds, byHealth, truncated, duplicateAgent } = row;
  return { state, agent, kruise, kinds, byHealth, truncated, duplicateAgent };
}

/** Since when, in wall-clock milliseconds, a cluster reports or not, and what its report says has been so. */
export interface TurningPoints {
  state: number;
  kruise: number;
  workloads: number;
}

/** The turning points after a row was replaced: those of what changed are now. */
export function turningPoints(
  known: TurningPoints,
  previous: ClusterRow,
  next: ClusterRow,
  nowMs: number,
): TurningPoints {
  const state = previous.state === next.state ? known.state : nowMs;
  const isSameKruise =
    previous.kruise?.health === next.kruise?.health && previous.kruise?.reason === next.kruise?.reason;
  return {
    state,
    kruise: isSameKruise ? Math.max(known.kruise, state) : nowMs,
    workloads: isTroubled(previous) === isTroubled(next) ? Math.max(known.workloads, state) : nowMs,
  };
}

/** Whether any of a cluster's workloads is Degraded or Unknown. */
export function isTroubled({ byHealth }: ClusterRow): boolean {
  return byHealth.Degraded + byHealth.Unknown > 0;
}
