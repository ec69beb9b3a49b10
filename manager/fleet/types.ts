// What the fleet index holds and tells: one entry a managed cluster, one row a workload.
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { ReceivedInstallation, ReceivedKindState, ReceivedReport } from "../../shared/wire/received.ts";

/** Why a cluster's rows cannot be trusted now. */
export type ReportState = "Fresh" | "Stale" | "Missing";

/** One workload as the hub knows it. */
export interface WorkloadRow {
  cluster: string;
  /** Name on the hub: keyOf(record). */
  name: string;
  record: ReceivedRecord;
  /** Counts every change of any row or cluster; decimal, growing, never re-used (starts at wall-clock microseconds). */
  resourceVersion: number;
  state: ReportState;
  /** When this row's workload was first reported in this manager's life, wall-clock milliseconds. */
  firstSeenMs: number;
}

/** One managed cluster as the hub knows it. */
export interface ClusterRow {
  cluster: string;
  resourceVersion: number;
  state: ReportState;
  /** Undefined before its first report. */
  agent: ReceivedReport["agent"] | undefined;
  epoch: number;
  sequence: number;
  kruise: ReceivedInstallation | undefined;
  kinds: ReceivedKindState[];
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

/** A change of one row. `previous` is the row before it, so that a watch can tell what its selector matched until now. */
export type RowChange =
  | {
      type: "Added" | "Modified" | "Deleted";
      resource: "workloads";
      row: WorkloadRow;
      previous: WorkloadRow | undefined;
    }
  | { type: "Added" | "Modified" | "Deleted"; resource: "clusters"; row: ClusterRow; previous: ClusterRow | undefined };
