// One workload on many clusters: which rows belong together, and which of them can be believed.
import { severity } from "../health/verdict.ts";
import type { Health, Reason } from "../health/verdict.ts";
import type { WorkloadRecord } from "../kruise/record.ts";

/** What one cluster says of the workload. */
export interface AggregateItem {
  cluster: string;
  /** Absent when the cluster has not told of the workload. */
  record: WorkloadRecord | undefined;
  /** Fresh: the cluster reports; Stale: it fell silent; Missing: it never reported. */
  state: "Fresh" | "Stale" | "Missing";
  /** Arrival of the cluster's newest report, in milliseconds since 1970. */
  reportedAtMs?: number;
}

/** A record that says how things are now. */
export interface FreshItem {
  cluster: string;
  record: WorkloadRecord;
}

/** What is known of one cluster now: without a fresh report nothing is. */
export interface Known {
  health: Health;
  reason: Reason | "ReportStale" | "NeverReported";
}

/** Names what clusters have in common: the same object, in whatever API version each of them has it. */
function fleetIdentity({ g, k, ns, n }: Pick<WorkloadRecord, "g" | "k" | "ns" | "n">): string {
  return `${g}/${k}/${ns}/${n}`;
}

/** Groups items by fleet identity. What has a parent is counted with it, and is left out here. */
export function groupByIdentity(items: Iterable<AggregateItem>): Map<string, AggregateItem[]> {
  const groups = new Map<string, AggregateItem[]>();
  for (const item of items) {
    if (item.record === undefined || item.record.parent !== undefined) continue;
    const identity = fleetIdentity(item.record);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [item]);
    else group.push(item);
  }
  return groups;
}

/** Keeps the newest item of each cluster, in the order of the clusters' names. */
export function newestOfEach(items: Iterable<AggregateItem>): AggregateItem[] {
  const newest = new Map<string, AggregateItem>();
  for (const item of items) {
    const other = newest.get(item.cluster);
    if (other === undefined || isNewer(item, other)) newest.set(item.cluster, item);
  }
  return [...newest.values()].sort((a, b) => compareText(a.cluster, b.cluster));
}

export function freshOf(items: readonly AggregateItem[]): FreshItem[] {
  return items.flatMap(({ cluster, record, state }) => (state === "Fresh" && record ? [{ cluster, record }] : []));
}

/** What is known of an item; undefined when the cluster reports and has no such workload. */
export function knownOf({ record, state }: AggregateItem): Known | undefined {
  if (state === "Missing") return { health: "Unknown", reason: "NeverReported" };
  if (state === "Stale") return { health: "Unknown", reason: "ReportStale" };
  return record && { health: record.h, reason: record.r };
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
