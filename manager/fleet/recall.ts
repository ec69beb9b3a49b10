// What a restarted agent is told of its cluster: the records that are held, within the bound of a report. Pure.
import { severity } from "../../shared/health/verdict.ts";
import type { AnswerStatus } from "../../shared/wire/report.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import { compareText } from "./queries.ts";
import type { ClusterRow, WorkloadRow } from "./types.ts";

type Recalled = Pick<AnswerStatus, "records" | "kruiseHistory" | "recordsSentMs" | "recordsAgeMs">;

export interface Held {
  row: Pick<ClusterRow, "lastReportMonotonicMs" | "lastSentMs"> & Partial<Pick<ClusterRow, "kruiseHistory">>;
  rows: readonly Pick<WorkloadRow, "name" | "health" | "record">[];
}

/** Answers a recall: nothing when nothing is known. What does not fit is left out, Healthy ones first, then by name. */
export function recall({ row, rows }: Held, nowMonotonicMs: number, limitBytes = REPORT_BYTES_MAX): Recalled {
  const { lastReportMonotonicMs, lastSentMs, kruiseHistory } = row;
  if (lastReportMonotonicMs === undefined) return {};
  return {
    records: within([...rows].sort(worstFirst), limitBytes),
    ...(kruiseHistory && { kruiseHistory }),
    recordsAgeMs: Math.max(0, Math.floor(nowMonotonicMs - lastReportMonotonicMs)),
    ...(lastSentMs !== undefined && { recordsSentMs: lastSentMs }),
  };
}

function worstFirst(a: Held["rows"][number], b: Held["rows"][number]): number {
  return severity(b.health) - severity(a.health) || compareText(a.name, b.name);
}

function within(rows: Held["rows"], limitBytes: number): NonNullable<Recalled["records"]> {
  const records: NonNullable<Recalled["records"]> = [];
  let leftBytes = limitBytes;
  for (const { record } of rows) {
    // Nobody can go on from a health that is not known here.
    if (record.written !== undefined) continue;
    leftBytes -= Buffer.byteLength(JSON.stringify(record)) + 1;
    if (leftBytes < 0) break;
    records.push(record);
  }
  return records;
}
