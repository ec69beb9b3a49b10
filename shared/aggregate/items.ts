// One workload on many clusters: what each of them says, and which of two things that one cluster says is the newer.
import { severity } from "../health/verdict.ts";
import type { ReceivedRecord } from "../kruise/received-record.ts";

/** What one cluster says of the workload. */
export interface AggregateItem {
  cluster: string;
  /** Absent when the cluster has not told of the workload. */
  record: ReceivedRecord | undefined;
  /** Fresh: the cluster reports; Stale: it fell silent; Missing: it never reported. */
  state: "Fresh" | "Stale" | "Missing";
  /** Arrival of the cluster's newest report, in milliseconds since 1970. */
  reportedAtMs?: number;
}

/** Keeps the newest item of each cluster. */
export function newestOfEach(items: Iterable<AggregateItem>): Iterable<AggregateItem> {
  const newest = new Map<string, AggregateItem>();
  for (const item of items) {
    const other = newest.get(item.cluster);
    if (other === undefined || isNewer(item, other)) newest.set(item.cluster, item);
  }
  return newest.values();
}

const STATES = ["Missing", "Stale", "Fresh"];

/** Of two reports of one moment the order must not decide: the fresher, then the worse, then any that is always the same. */
function isNewer(a: AggregateItem, b: AggregateItem): boolean {
  const later =
    (a.reportedAtMs ?? 0) - (b.reportedAtMs ?? 0) ||
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    severityOf(a) - severityOf(b);
  return later === 0 ? compareText(JSON.stringify(a), JSON.stringify(b)) > 0 : later > 0;
}

function severityOf({ record }: AggregateItem): number {
  return record === undefined ? -1 : severity(record.h);
}

/** Order by code units: the same on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
