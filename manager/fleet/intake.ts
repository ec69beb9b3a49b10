// What a report means for what is known of its cluster: whether to take it, and what it changes. Pure.
import { ReportDigest } from "../../shared/wire/digest.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import type { RowTable } from "./row-table.ts";
import type { ClusterRow } from "./types.ts";
import type { PackedRow } from "./workload-row.ts";

/** Take: it continues what is known. Resync: its base is unknown here. Outvoted: another, newer agent speaks for the cluster. */
export type Decision = "Take" | "Resync" | "Outvoted";

export function decide(known: ClusterRow, report: ReceivedReport): Decision {
  // A silent winner has lost its right: after a clock set back, the only living agent may have the older epoch.
  if (known.state === "Fresh" && isOlderAgent(known, report)) return "Outvoted";
  if (report.form === "snapshot") {
    return report.epoch !== known.epoch || report.sequence >= known.sequence ? "Take" : "Resync";
  }
  return report.epoch === known.epoch && report.sequence === known.sequence + 1 ? "Take" : "Resync";
}

function isOlderAgent(known: ClusterRow, report: ReceivedReport): boolean {
  if (report.epoch !== known.epoch) return report.epoch < known.epoch;
  return known.agent !== undefined && known.agent.instance !== report.agent.instance;
}

export interface Difference {
  /** Records to keep by name; undefined: to forget. */
  records: Map<string, ReceivedRecord | undefined>;
  digest: string;
}

/** The report's changes to the rows; undefined when they do not lead to the totals that the report claims. */
export function difference(rows: RowTable, digest: string, report: ReceivedReport): Difference | undefined {
  const records = recordsAfter(rows, report);
  const toggled = new ReportDigest();
  let count = rows.size;
  for (const [name, after] of records) {
    const before = rows.get(name);
    count += Number(after !== undefined) - Number(before !== undefined);
    toggle(toggled, before, after);
  }
  const result = records.size === 0 ? digest : exclusiveOr(digest, toggled.value);
  return count === report.totals.count && result === report.totals.digest ? { records, digest: result } : undefined;
}

function recordsAfter({ rows }: RowTable, report: ReceivedReport): Difference["records"] {
  const records: Difference["records"] = new Map();
  if (report.form === "snapshot") for (const { name } of rows) records.set(name, undefined);
  for (const name of report.removed) records.set(name, undefined);
  for (const record of report.records) records.set(keyOf(record), record);
  return records;
}

function toggle(digest: ReportDigest, before: PackedRow | undefined, after: ReceivedRecord | undefined): void {
  // Most records of a snapshot keep their verdict: they need no hashing.
  if (before !== undefined && after !== undefined && isSameVerdict(before, after)) return;
  if (before !== undefined) digest.toggle(verdictOf(before));
  if (after !== undefined) digest.toggle(after);
}

function isSameVerdict({ shape }: PackedRow, after: ReceivedRecord): boolean {
  return shape.health === after.h && shape.reason === after.r && shape.written === after.written;
}

/** What of a row is in the digest, read without its record. */
function verdictOf({ identity, shape }: PackedRow): Parameters<ReportDigest["toggle"]>[0] {
  const { health: h, reason: r, written } = shape;
  const { kind: k, namespace: ns, name: n } = identity;
  return { k, ns, n, h, r, ...(written !== undefined && { written }) };
}

function exclusiveOr(a: string, b: string): string {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(16).padStart(16, "0");
}
