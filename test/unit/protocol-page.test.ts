// Holds docs/protocol.md against the code: its examples are reports and answers, its numbers are the ones in use.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  BACKOFF,
  FIRST_HEARTBEAT_MS,
  FIRST_PACE_MS,
  HEARTBEAT_LEAST_MS,
  HEARTBEAT_MOST_MS,
  PACE_MOST_MS,
  PATIENCE_LEAST_MS,
  PATIENCE_MOST_MS,
  RETRY_AFTER_MOST_MS,
  WINDOW_MOST_MS,
} from "../../agent/report/tempo.ts";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import { ReceivedReport } from "../../shared/wire/received.ts";
import { AnswerStatus, Report, ReportAnswer } from "../../shared/wire/report.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/protocol.md"), "utf8");
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => JSON.parse(text) as unknown);
const Answer = ReportAnswer.extend({ status: AnswerStatus.strict() }).strict();

function newFleet(): Fleet {
  const clock = { monotonicMs: () => 0, wallMs: () => 1 };
  const fleet = new Fleet({ clock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  fleet.expect("c1");
  return fleet;
}

describe("docs/protocol.md", () => {
  test("has an example of a report that is one, with the digest of its records", () => {
    const report = Report.parse(examples[0]);
    const digest = new ReportDigest();
    for (const record of report.records) digest.toggle(record);
    expect(report.totals).toMatchObject({ count: report.records.length, digest: digest.value });
    expect(newFleet().apply("c1", ReceivedReport.parse(report))).toMatchObject({ resync: false, sequence: 1 });
  });

  test("has a heartbeat that continues it", () => {
    const fleet = newFleet();
    const report = ReceivedReport.parse(examples[0]);
    fleet.apply("c1", report);
    const [, differs = ""] = /A heartbeat of the same agent differs in `(.*?)`/.exec(page) ?? [];
    const heartbeat = ReceivedReport.parse({ ...report, ...(JSON.parse(`{${differs}}`) as object) });
    expect(fleet.apply("c1", heartbeat)).toMatchObject({ resync: false, sequence: 2 });
  });

  test("has examples of answers that are answers, and every record of them is one", () => {
    expect(examples).toHaveLength(3);
    for (const example of examples.slice(1)) expect(Answer.parse(example)).toEqual(example);
    const { status } = Answer.parse(examples[2]);
    expect(status.records).toEqual([expect.objectContaining({ n: "cart", r: "UpdateStalled" })]);
  });

  test("tells the times that are in use", () => {
    const [, table = ""] = /\| time \| ms \|\n\|.*\|\n((?:\|.*\n)+)/.exec(page) ?? [];
    const told = table
      .trim()
      .split("\n")
      .map((row) => Number(row.split("|").at(-2)));
    const taken = [PACE_MOST_MS, HEARTBEAT_MOST_MS, HEARTBEAT_LEAST_MS, WINDOW_MOST_MS, RETRY_AFTER_MOST_MS];
    const waits = [BACKOFF.baseMs, BACKOFF.maxMs, PATIENCE_LEAST_MS, PATIENCE_MOST_MS];
    expect(told).toEqual([FIRST_PACE_MS, FIRST_HEARTBEAT_MS, ...taken, ...waits]);
  });
});
