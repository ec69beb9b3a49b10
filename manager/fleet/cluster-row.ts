// The row of one cluster: before its first report, after a report, and the part of it that readers act on. Pure.
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import { CONDITION_TYPES, isListed, planConditions } from "../../shared/wire/cluster-conditions.ts";
import type { ClusterCondition } from "../../shared/wire/cluster-conditions.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
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
    lastSentMs: undefined,
    firstSeenMs: nowWallMs,
    duplicateAgent: undefined,
  };
}

/** The row once a report is taken in; its resourceVersion is the caller's affair. */
export function reportedRow(
  row: ClusterRow,
  report: ReceivedReport,
  now: { wallMs: number; monotonicMs: number },
): ClusterRow {
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
    lastSentMs: report.sentMs,
  };
}

/** What a reader acts on: all but the times, epoch and sequence that each heartbeat moves. */
export function telling(row: ClusterRow): Partial<ClusterRow> {
  const { state, agent, kruise, kinds, byHealth, truncated, duplicateAgent } = row;
  return { state, agent, kruise, kinds, byHealth, truncated, duplicateAgent };
}

/** One condition of a cluster, without its time. */
export type Claim = Omit<ClusterCondition, "type"> & { type: ClusterCondition["type"] | "Reporting" };

/** What a row says as conditions: whether the agent reports, and what it says of its cluster. */
export function claimsOf(row: ClusterRow): Claim[] {
  const reporting = reportingOf(row);
  if (row.state === "Fresh" && row.kruise !== undefined) {
    const { byHealth, kinds, kruise } = row;
    const listed = kinds.every(isListed);
    return [reporting, ...planConditions({ listed, byHealth, kinds, worst: [] }, kruise)];
  }
  const { reason, message } = reporting;
  return [reporting, ...CONDITION_TYPES.map((type) => ({ type, status: "Unknown" as const, reason, message }))];
}

function reportingOf({ state, lastReportWallMs }: ClusterRow): Claim {
  const type = "Reporting";
  if (state === "Fresh") return { type, status: "True", reason: "Reporting", message: "the agent reports" };
  if (lastReportWallMs === undefined) {
    return { type, status: "False", reason: "NeverReported", message: "the agent has not reported yet" };
  }
  const message = `the agent has not reported since ${rfc3339Seconds(lastReportWallMs)}`;
  return { type, status: "False", reason: "ReportStale", message };
}

/** Since when each condition has had its status, in wall-clock milliseconds. */
export type TurningPoints = Readonly<Partial<Record<Claim["type"], number>>>;

/** The turning points after a row was replaced: those of conditions whose status changed are now. */
export function turningPoints(
  known: TurningPoints,
  previous: ClusterRow,
  next: ClusterRow,
  nowMs: number,
): TurningPoints {
  const before = new Map(claimsOf(previous).map(({ type, status }) => [type, status]));
  return Object.fromEntries(
    claimsOf(next).map(({ type, status }) => [type, before.get(type) === status ? known[type] : nowMs]),
  );
}
