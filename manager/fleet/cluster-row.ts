// The row of one cluster: before its first report, after a report, and the part of it that readers act on. Pure.
import { isDeepStrictEqual } from "node:util";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import { CONDITION_TYPES, isListed, planConditions } from "../../shared/wire/cluster-conditions.ts";
import type { ClusterCondition } from "../../shared/wire/cluster-conditions.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import type { Once } from "./once.ts";
import { noneOfEach } from "./queries.ts";
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
    kruiseHistory: undefined,
    kinds: [],
    leftOut: undefined,
    byHealth: noneOfEach(),
    truncated: 0,
    lastReportWallMs: undefined,
    lastReportMonotonicMs: undefined,
    lastSentMs: undefined,
    firstSeenMs: nowWallMs,
    duplicateAgent: undefined,
  };
}

/**
 * The row once a report is taken in; its resourceVersion is the caller's affair. What the report says again is kept from
 * the row before, so that rows are compared quickly; `once` gives what other clusters say too.
 */
export function reportedRow(
  row: ClusterRow,
  report: ReceivedReport,
  now: { wallMs: number; monotonicMs: number },
  once: Once,
): ClusterRow {
  return {
    ...row,
    state: "Fresh",
    agent: again(row.agent, report.agent),
    epoch: report.epoch,
    sequence: report.sequence,
    ...(report.kruise !== undefined && aboutCluster(row, report, once)),
    byHealth: again(row.byHealth, report.totals.byHealth),
    truncated: report.truncated,
    lastReportWallMs: now.wallMs,
    lastReportMonotonicMs: now.monotonicMs,
    lastSentMs: report.sentMs,
  };
}

/** What a delta leaves out where it is as before. */
function aboutCluster(
  row: ClusterRow,
  { kruise, kruiseHistory, kinds = [], leftOut }: ReceivedReport,
  once: Once,
): Pick<ClusterRow, "kruise" | "kruiseHistory" | "kinds" | "leftOut"> {
  return {
    kruise: again(row.kruise, kruise, once),
    kruiseHistory: again(row.kruiseHistory, kruiseHistory),
    kinds: again(row.kinds, kinds, once),
    leftOut: again(row.leftOut, leftOut, once),
  };
}

function again<T, N extends T>(known: T, told: N, once?: Once): T {
  const value = once === undefined ? told : once.of(told);
  return value === known || isDeepStrictEqual(known, value) ? known : value;
}

const TELLING = [
  "state",
  "agent",
  "kruise",
  "kruiseHistory",
  "kinds",
  "leftOut",
  "byHealth",
  "truncated",
  "duplicateAgent",
] as const;

/** Whether two rows tell a reader the same: they may differ in times, epoch and sequence, which each heartbeat moves. */
export function tellSame(a: ClusterRow, b: ClusterRow): boolean {
  return TELLING.every((member) => a[member] === b[member]);
}

/** Moves what each report moves, in place: a new row for each heartbeat would be garbage that has grown old. */
export function moveOn(row: ClusterRow, { epoch, sequence, ...next }: ClusterRow): void {
  row.epoch = epoch;
  row.sequence = sequence;
  row.lastReportWallMs = next.lastReportWallMs;
  row.lastReportMonotonicMs = next.lastReportMonotonicMs;
  row.lastSentMs = next.lastSentMs;
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

/** Turns of reporting that are kept. */
const TURNS_KEPT = 5;

/** A time in which a cluster was Fresh or Stale, in wall-clock milliseconds. */
interface Turn {
  readonly state: ClusterRow["state"];
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Since when each condition has had its status, in wall-clock milliseconds, and how reporting went before: newest first. */
export type TurningPoints = Readonly<Partial<Record<Claim["type"], number>> & { turns?: readonly Turn[] }>;

/** The turning points after a row was replaced: those of conditions whose status changed are now. */
export function turningPoints(
  known: TurningPoints,
  previous: ClusterRow,
  next: ClusterRow,
  nowMs: number,
): TurningPoints {
  const before = new Map(claimsOf(previous).map(({ type, status }) => [type, status]));
  const turns = turnsOf(known, previous, next, nowMs);
  return {
    ...Object.fromEntries(
      claimsOf(next).map(({ type, status }) => [type, before.get(type) === status ? known[type] : nowMs]),
    ),
    ...(turns && { turns }),
  };
}

/** A manager that starts knows nothing of the time before: Missing is no turn. */
function turnsOf({ turns, Reporting }: TurningPoints, { state }: ClusterRow, next: ClusterRow, nowMs: number) {
  if (state === next.state || state === "Missing") return turns;
  const sinceMs = Reporting ?? nowMs;
  return [{ state, sinceMs, untilMs: nowMs }, ...(turns ?? [])].slice(0, TURNS_KEPT);
}
