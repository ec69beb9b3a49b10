// The aggregate written down as it is defined, item by item and many times over: slow, and what the fast one is held to.
import { HEALTHS, severity } from "../health/verdict.ts";
import type { Health } from "../health/verdict.ts";
import type { ReceivedRecord } from "../kruise/received-record.ts";
import type { Aggregate } from "./aggregate.ts";
import { compareText } from "./items.ts";
import type { AggregateItem } from "./items.ts";
import { shapeOf } from "./shape.ts";
import type { Shape, Valued } from "./shape.ts";

const VALUES_MAX = 20;

interface FreshItem {
  cluster: string;
  record: ReceivedRecord;
  shape: Shape;
}

/** Items of which each cluster has one. */
export function naiveAggregate(items: readonly AggregateItem[], namesMax = 10): Aggregate {
  const sorted = items.toSorted((a, b) => compareText(a.cluster, b.cluster));
  const fresh = sorted.flatMap(({ cluster, record, state }) => {
    return state === "Fresh" && record ? [{ cluster, record, shape: shapeOf(record) }] : [];
  });
  return {
    health: HEALTHS.findLast((health) => fresh.some(({ record }) => record.h === health)) ?? "Unknown",
    byHealth: byHealth(sorted),
    reasons: reasons(sorted, namesMax),
    reporting: reporting(sorted),
    counts: counts(fresh),
    progress: progress(fresh),
    partitions: partitions(fresh, namesMax),
    versions: spreads(fresh, namesMax, ({ shape }) => (shape.images ? [shape.images] : [])),
    waves: waves(fresh, namesMax),
    templates: spreads(fresh, namesMax, ({ shape }) => (shape.template ? [shape.template] : [])),
    sources: spreads(fresh, namesMax, ({ shape }) => shape.sources),
    jobs: jobs(fresh, namesMax),
    lastScheduleTime: lastStarts(fresh),
  };
}

function knownOf({ record, state }: AggregateItem): { health: Health; reason: string } | undefined {
  if (state === "Missing") return { health: "Unknown", reason: "NeverReported" };
  if (state === "Stale") return { health: "Unknown", reason: "ReportStale" };
  return record && { health: record.h, reason: record.r };
}

function byHealth(items: readonly AggregateItem[]): Record<Health, number> {
  const count = (health: Health) => items.filter((item) => knownOf(item)?.health === health).length;
  return Object.fromEntries(HEALTHS.map((health) => [health, count(health)])) as Record<Health, number>;
}

function reasons(items: readonly AggregateItem[], namesMax: number): Aggregate["reasons"] {
  const sinceMs = ({ record, state, reportedAtMs }: AggregateItem) =>
    state === "Fresh" && record ? Date.parse(record.since) : (reportedAtMs ?? 0);
  const known = items
    .toSorted((a, b) => sinceMs(a) - sinceMs(b))
    .flatMap((item) => {
      const verdict = knownOf(item);
      return verdict === undefined ? [] : [{ ...verdict, cluster: item.cluster }];
    });
  const names = [...new Set(known.map(({ health, reason }) => `${health}/${reason}`))];
  return names
    .map((name) => {
      const [health, reason] = name.split("/") as [Health, string];
      const clusters = known.filter((one) => one.health === health && one.reason === reason);
      const named = health === "Healthy" ? [] : clusters.slice(0, namesMax).map(({ cluster }) => cluster);
      return { health, reason, clusters: { count: clusters.length, names: named } };
    })
    .sort(
      (a, b) =>
        severity(b.health) - severity(a.health) ||
        b.clusters.count - a.clusters.count ||
        compareText(a.reason, b.reason),
    )
    .slice(0, VALUES_MAX);
}

function reporting(items: readonly AggregateItem[]): Aggregate["reporting"] {
  const inState = (state: AggregateItem["state"]) => items.filter((item) => item.state === state);
  const times = items.flatMap(({ reportedAtMs }) => (reportedAtMs === undefined ? [] : [reportedAtMs]));
  return {
    fresh: inState("Fresh").length,
    stale: inState("Stale").length,
    missing: inState("Missing").length,
    absent: inState("Fresh").filter(({ record }) => record === undefined).length,
    ...(times.length > 0 && { oldestReportedAtMs: Math.min(...times) }),
  };
}

function counts(fresh: readonly FreshItem[]): Aggregate["counts"] {
  const names = [...new Set(fresh.flatMap(({ record }) => Object.keys(record.c)))].sort(compareText);
  return Object.fromEntries(names.map((name) => [name, sum(fresh.map(({ record }) => record.c[name] ?? 0))]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function progress(fresh: readonly FreshItem[]): Aggregate["progress"] {
  const rollouts = fresh.flatMap(({ shape }) => (shape.rollout === undefined ? [] : [shape.rollout]));
  if (rollouts.length === 0) return undefined;
  const inState = (state: string) => rollouts.filter((rollout) => rollout.state === state);
  return {
    reached: sum(rollouts.map(({ updated, target }) => Math.min(updated, target))),
    target: sum(rollouts.map(({ target }) => target)),
    updated: sum(rollouts.map(({ updated }) => updated)),
    wanted: sum(rollouts.map(({ wanted }) => wanted)),
    held: sum(inState("held").map(({ updated, wanted }) => Math.max(wanted - updated, 0))),
    clusters: {
      atTarget: inState("atTarget").length,
      moving: inState("moving").length,
      held: inState("held").length,
      stuck: inState("stuck").length,
    },
  };
}

function partitions(fresh: readonly FreshItem[], namesMax: number): Aggregate["partitions"] {
  const values = spreads(fresh, namesMax, ({ shape }) => (shape.partition ? [shape.partition] : []));
  if (values.listed.length === 0) return undefined;
  const kept = sum(fresh.filter(({ shape }) => shape.partition).map(({ record }) => record.ro?.ptn ?? 0));
  return { ...values, kept, spread: values.listed.length > 1 };
}

function spreads<T>(
  fresh: readonly FreshItem[],
  namesMax: number,
  valuesOf: (item: FreshItem) => readonly Valued<T>[],
): { listed: { value: T; clusters: { count: number; names: string[] } }[]; leftOut: number } {
  const all = fresh.flatMap((item) => valuesOf(item).map((valued) => ({ ...valued, cluster: item.cluster })));
  const texts = [...new Set(all.map(({ text }) => text))];
  const values = texts
    .map((text) => {
      const same = all.filter((one) => one.text === text);
      const clusters = { count: same.length, names: same.slice(0, namesMax).map(({ cluster }) => cluster) };
      return { text, value: JSON.parse(JSON.stringify(same[0]?.value)) as T, clusters };
    })
    .sort((a, b) => b.clusters.count - a.clusters.count || compareText(a.text, b.text));
  const listed = values.slice(0, VALUES_MAX).map(({ value, clusters }) => ({ value, clusters }));
  return { listed, leftOut: values.length - listed.length };
}

function waves(fresh: readonly FreshItem[], namesMax: number): Aggregate["waves"] {
  const { listed } = spreads(fresh, namesMax, ({ shape }) => (shape.images ? [shape.images] : []));
  return listed
    .map(({ value }, version) => {
      const same = fresh
        .filter(({ shape }) => JSON.stringify(shape.images?.value) === JSON.stringify(value))
        .map(({ cluster, record }) => ({ cluster, sinceMs: Date.parse(record.since) }))
        .sort((a, b) => a.sinceMs - b.sinceMs);
      const names = same.slice(0, namesMax).map(({ cluster }) => cluster);
      return { version, names, earliestMs: same[0]?.sinceMs ?? 0, latestMs: same.at(-1)?.sinceMs ?? 0 };
    })
    .sort((a, b) => a.earliestMs - b.earliestMs || compareText(a.names[0] ?? "", b.names[0] ?? ""));
}

function jobs(fresh: readonly FreshItem[], namesMax: number): Aggregate["jobs"] {
  const all = fresh.filter(({ shape }) => shape.isJob);
  if (all.length === 0) return undefined;
  const failed = all.filter(({ record }) => record.h === "Degraded").map(({ cluster }) => cluster);
  const completed = all.filter(({ record }) => record.h === "Healthy").length;
  return { completed, of: all.length, failed: { count: failed.length, names: failed.slice(0, namesMax) } };
}

function lastStarts(fresh: readonly FreshItem[]): Aggregate["lastScheduleTime"] {
  const starts = fresh
    .flatMap(({ record: { last } }) => (last === undefined ? [] : [last]))
    .sort((a, b) => Date.parse(a) - Date.parse(b) || compareText(a, b));
  const [earliest] = starts;
  const latest = starts.at(-1);
  return earliest === undefined || latest === undefined ? undefined : { earliest, latest };
}
