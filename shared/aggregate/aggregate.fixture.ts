// Items for the tests of this folder.
import { HEALTHS, REASONS } from "../health/verdict.ts";
import type { Health, Reason } from "../health/verdict.ts";
import type { WorkloadRecord } from "../kruise/record.ts";
import type { AggregateItem } from "./items.ts";
import fc from "fast-check";

type Fields = Partial<WorkloadRecord>;

/** A CloneSet of five pods, all well, unless told otherwise. */
export function aRecord(fields: Fields = {}): WorkloadRecord {
  return {
    g: "apps.kruise.io",
    v: "v1beta1",
    k: "CloneSet",
    ns: "shop",
    n: "cart",
    u: "0a1b2c3d",
    gen: 3,
    obs: 3,
    h: "Healthy",
    r: "AllAvailable",
    m: "5 of 5 pods are updated and available",
    c: { d: 5, p: 5, rdy: 5, av: 5, up: 5, uav: 5 },
    since: "2026-11-20T10:00:00Z",
    ...fields,
  };
}

export function fresh(cluster: string, fields: Fields = {}, reportedAtMs = 1000): AggregateItem {
  return { cluster, record: aRecord(fields), state: "Fresh", reportedAtMs };
}

export function stale(cluster: string, fields: Fields = {}, reportedAtMs = 500): AggregateItem {
  return { ...fresh(cluster, fields, reportedAtMs), state: "Stale" };
}

export function missing(cluster: string): AggregateItem {
  return { cluster, record: undefined, state: "Missing" };
}

/** "Degraded/UpdateStalled" as the fields of a record. */
export function verdict(name: string): { h: Health; r: Reason } {
  const [h, r] = name.split("/") as [Health, Reason];
  return { h, r };
}

const count = fc.nat({ max: 2 ** 31 - 1 });
const names = HEALTHS.flatMap((health) => REASONS[health].map((reason) => `${health}/${reason}`));
const times = ["2026-11-20T10:00:00Z", "2026-11-20T10:00:01.5Z", "2026-11-19T23:00:00Z"];
const sources = [
  { t: "ManifestWork", n: "cart" },
  { t: "Helm", n: "cart", q: "shop" },
] as const;

const records = fc
  .record({
    verdict: fc.constantFrom(...names),
    c: fc.record({ d: count, p: count, rdy: count, up: count, uav: count }, { requiredKeys: [] }),
    since: fc.constantFrom(...times),
    shown: fc.record(
      {
        k: fc.constantFrom("CloneSet", "BroadcastJob"),
        ro: fc.record({ pt: fc.constantFrom("0", "40%"), ptn: fc.nat(5), tgt: count, pa: fc.boolean() }),
        img: fc.constantFrom<[string, string][]>([["a", "x:1"]], [["a", "x:2"]]),
        th: fc.constantFrom("aa", "bb"),
        last: fc.constantFrom(...times),
        src: fc.constantFrom(...sources),
        also: fc.subarray([...sources]),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ verdict: name, shown, ...fields }) => aRecord({ ...fields, ...shown, ...verdict(name) }));

/** Items of few clusters, so that some are there twice. */
export const anItem: fc.Arbitrary<AggregateItem> = fc
  .record({
    cluster: fc.constantFrom("c1", "c2", "c3", "c4", "c5", "c6", "c10", "c11"),
    record: fc.option(records, { nil: undefined, freq: 6 }),
    state: fc.constantFrom("Fresh", "Fresh", "Stale", "Missing"),
    reportedAtMs: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  })
  .map(({ cluster, record, state, reportedAtMs }) => ({
    cluster,
    record,
    state,
    ...(reportedAtMs !== undefined && { reportedAtMs }),
  }));

/** One item a cluster. */
export const someItems = fc.uniqueArray(anItem, { selector: ({ cluster }) => cluster });
