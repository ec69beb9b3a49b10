// What a restarted agent is told of its cluster: the records that are held, within the bound of a report. Pure.
import { severity } from "../../shared/health/verdict.ts";
import type { AnswerStatus } from "../../shared/wire/report.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import type { Entry } from "./entry.ts";
import { compareText } from "./queries.ts";
import type { WorkloadRow } from "./types.ts";

type Recalled = Pick<AnswerStatus, "records" | "recordsSentMs" | "recordsAgeMs">;

/** Answers a recall: nothing when nothing is known. What does not fit is left out, Healthy ones first, then by name. */
export function recall({ row, rows }: Entry, nowMonotonicMs: number, limitBytes = REPORT_BYTES_MAX): Recalled {
  const { lastReportMonotonicMs, lastSentMs } = row;
  if (lastReportMonotonicMs === undefined) return {};
  return {
    // Nobody can go on from a health that is not known here.
    records: within(
      [...rows.values()].filter(({ record }) => record.written === undefined).sort(worstFirst),
      limitBytes,
    ),
    recordsAgeMs: Math.max(0, Math.floor(nowMonotonicMs - lastReportMonotonicMs)),
    ...(lastSentMs !== undefined && { recordsSentMs: lastSentMs }),
  };
}

function worstFirst(a: WorkloadRow, b: WorkloadRow): number {
  return severity(b.record.h) - severity(a.record.h) || compareText(a.name, b.name);
}

function within(rows: readonly WorkloadRow[], limitBytes: number): NonNullable<Recalled["records"]> {
  let leftBytes = limitBytes;
  const fitting = rows.findIndex(({ record }) => {
    leftBytes -= Buffer.byteLength(JSON.stringify(record)) + 1;
    return leftBytes < 0;
  });
  return rows.slice(0, fitting < 0 ? rows.length : fitting).map(({ record }) => record);
}
