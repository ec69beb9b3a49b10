// What the fleet index holds and tells: one entry a managed cluster, one row a workload.
import type { Health } from "../../shared/health/verdict.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { ReceivedInstallation, ReceivedKindState, ReceivedReport } from "../../shared/wire/received.ts";
import type { Identity } from "./identities.ts";
import type { FleetWorkloadRow } from "./rollup-row.ts";

/** Why a cluster's rows cannot be trusted now. */
export type ReportState = "Fresh" | "Stale" | "Missing";

/**
 * One workload as the hub knows it. It is kept packed: `record` is built anew by each read, all else costs nothing.
 * Members may be getters: `{ ...row }` is no row.
 */
export interface WorkloadRow {
  readonly cluster: string;
  /** Name on the hub: keyOf(record). */
  readonly name: string;
  readonly record: ReceivedRecord;
  /** Of the record: h and r. */
  readonly health: Health;
  readonly reason: string;
  readonly identity: Identity;
  /** Has a controlling owner, which it is counted with. */
  readonly isPart: boolean;
  /** Counts every change of any row or cluster; decimal, growing, never re-used (starts at wall-clock microseconds). */
  readonly resourceVersion: number;
  readonly state: ReportState;
  /** When this row's workload was first reported in this manager's life, wall-clock milliseconds. */
  readonly firstSeenMs: number;
}

/** One managed cluster as the hub knows it. Epoch, sequence and the times of the newest report move in place. */
export interface ClusterRow {
  cluster: string;
  resourceVersion: number;
  state: ReportState;
  /** Undefined before its first report. */
  agent: ReceivedReport["agent"] | undefined;
  epoch: number;
  sequence: number;
  kruise: ReceivedInstallation | undefined;
  /** Verdicts on that, newest first; the first is the one of now. */
  kruiseHistory: ReceivedReport["kruiseHistory"];
  kinds: ReceivedKindState[];
  /** What the agent was told not to watch. */
  leftOut: ReceivedReport["leftOut"];
  byHealth: ReceivedReport["totals"]["byHealth"];
  truncated: number;
  /** Arrival of the newest report: wall clock for people, monotonic for ages. Undefined before the first. */
  lastReportWallMs: number | undefined;
  lastReportMonotonicMs: number | undefined;
  /** The agent's own clock when it sent that report. */
  lastSentMs: number | undefined;
  firstSeenMs: number;
  /** Instance of another agent that also reports for this cluster and lost (the newest epoch wins). */
  duplicateAgent: string | undefined;
}

interface ChangeOf<Resource extends string, R> {
  type: "Added" | "Modified" | "Deleted";
  resource: Resource;
  row: R;
  previous: R | undefined;
}

/** A change of one row. `previous` is the row before it, so that a watch can tell what its selector matched until now. */
export type RowChange =
  | ChangeOf<"workloads", WorkloadRow>
  | ChangeOf<"clusters", ClusterRow>
  | ChangeOf<"fleetWorkloads", FleetWorkloadRow>;
