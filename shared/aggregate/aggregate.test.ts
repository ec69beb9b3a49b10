// One workload over clusters: situations as a table, then what holds for any items.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReceivedRecord } from "../kruise/received-record.ts";
import { HEALTHS, severity } from "../health/verdict.ts";
import { aRecord, anItem, fresh, missing, someItems, stale, verdict } from "./aggregate.fixture.ts";
import { aggregate } from "./aggregate.ts";
import type { Aggregate } from "./aggregate.ts";
import type { AggregateItem } from "./items.ts";
import { naiveAggregate } from "./naive.fixture.ts";

const counted = (d: number, up: number) => ({ c: { d, p: d, rdy: d, av: d, up, uav: up } });
const held = {
  ...verdict("Suspended/PartitionHeld"),
  ...counted(10, 6),
  ro: { pt: "40%", ptn: 4, tgt: 6, pa: false },
};

function wave(version: number, names: string[], earliest: string, latest: string) {
  return { version, names, earliestMs: Date.parse(earliest), latestMs: Date.parse(latest) };
}

/** A record as a newer agent may send it. */
function ofNewer(fields: Partial<ReceivedRecord>): ReceivedRecord {
  return { ...aRecord(), ...fields };
}

const CASES: { of: string; items: AggregateItem[]; expected: Partial<Record<keyof Aggregate, unknown>> }[] = [
  {
    of: "no cluster",
    items: [],
    expected: { health: "Unknown", reasons: [], counts: {}, progress: undefined, partitions: undefined },
  },
  {
    of: "eight healthy clusters and one without a pod",
    items: [
      ...Array.from({ length: 8 }, (_, index) => fresh(`c${index}`, counted(10, 10))),
      fresh("c8", { ...verdict("Degraded/Unavailable"), c: { d: 10, rdy: 0, up: 10 } }),
    ],
    expected: {
      health: "Degraded",
      byHealth: { Healthy: 8, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 1 },
      reasons: [
        { health: "Degraded", reason: "Unavailable", clusters: { count: 1, names: ["c8"] } },
        { health: "Healthy", reason: "AllAvailable", clusters: { count: 8, names: [] } },
      ],
      counts: { d: 90, p: 80, rdy: 80, av: 80, up: 90, uav: 80 },
    },
  },
  {
    of: "a cluster that fell silent while it was Healthy, and one that never reported",
    items: [stale("c1"), missing("c2"), fresh("c3", {}, 2000)],
    expected: {
      health: "Healthy",
      byHealth: { Healthy: 1, Suspended: 0, Progressing: 0, Unknown: 2, Degraded: 0 },
      reasons: [
        { health: "Unknown", reason: "NeverReported", clusters: { count: 1, names: ["c2"] } },
        { health: "Unknown", reason: "ReportStale", clusters: { count: 1, names: ["c1"] } },
        { health: "Healthy", reason: "AllAvailable", clusters: { count: 1, names: [] } },
      ],
      reporting: { fresh: 1, stale: 1, missing: 1, absent: 0, oldestReportedAtMs: 500 },
      counts: { d: 5, p: 5, rdy: 5, av: 5, up: 5, uav: 5 },
    },
  },
  {
    of: "a cluster that reports and does not have the workload",
    items: [fresh("c1"), { cluster: "c2", record: undefined, state: "Fresh", reportedAtMs: 1000 }],
    expected: {
      health: "Healthy",
      byHealth: { Healthy: 1, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 },
      reporting: { fresh: 2, stale: 0, missing: 0, absent: 1, oldestReportedAtMs: 1000 },
    },
  },
  {
    of: "a rollout that is done here, moves there, is held and is stuck elsewhere",
    items: [
      fresh("done", { ...counted(10, 10), ro: { tgt: 10 } }),
      fresh("moving", { ...verdict("Progressing/Updating"), ...counted(10, 3), ro: { tgt: 10 } }),
      fresh("held", held),
      fresh("stuck", { ...verdict("Degraded/UpdateStalled"), ...counted(10, 7), ro: { tgt: 5 } }),
      fresh("empty", { ...verdict("Suspended/Paused"), ...counted(0, 0) }),
    ],
    expected: {
      progress: {
        reached: 24,
        target: 31,
        updated: 26,
        wanted: 40,
        held: 4,
        clusters: { atTarget: 2, moving: 1, held: 1, stuck: 1 },
      },
    },
  },
  {
    of: "a SidecarSet, whose pods are those that it matches",
    items: [fresh("c1", { k: "SidecarSet", c: { m: 7, up: 6, rdy: 7, urdy: 6 }, ro: { tgt: 6 } })],
    expected: { progress: expect.objectContaining({ reached: 6, target: 6, wanted: 7 }) },
  },
  {
    of: "one canary cluster",
    items: [fresh("c2", held), fresh("c1", { ro: { ptn: 0, pa: false } })],
    expected: {
      partitions: {
        listed: [
          { value: { written: "0", paused: false }, clusters: { count: 1, names: ["c1"] } },
          { value: { written: "40%", paused: false }, clusters: { count: 1, names: ["c2"] } },
        ],
        leftOut: 0,
        kept: 4,
        spread: true,
      },
    },
  },
  {
    of: "the same percentage of different numbers",
    items: [fresh("c1", held), fresh("c2", { ...held, ro: { pt: "40%", ptn: 1, tgt: 2, pa: false } })],
    expected: { partitions: expect.objectContaining({ spread: false, kept: 5 }) },
  },
  {
    of: "one of two clusters that is paused",
    items: [fresh("c1", { ro: { pa: true } }), fresh("c2", { ro: { pt: "0", pa: false } })],
    expected: { partitions: expect.objectContaining({ spread: true }) },
  },
  {
    of: "two versions",
    items: [
      fresh("c3", { img: [["app", "shop:2"]], th: "bb", since: "2026-11-20T09:00:00Z" }),
      fresh("c1", {
        img: [
          ["web", "web:1"],
          ["app", "shop:1"],
        ],
        th: "aa",
        since: "2026-11-20T11:00:00Z",
      }),
      fresh("c2", {
        img: [
          ["app", "shop:1"],
          ["web", "web:1"],
        ],
        th: "aa",
        since: "2026-11-20T10:00:00Z",
      }),
    ],
    expected: {
      versions: {
        listed: [
          {
            value: [
              ["app", "shop:1"],
              ["web", "web:1"],
            ],
            clusters: { count: 2, names: ["c1", "c2"] },
          },
          { value: [["app", "shop:2"]], clusters: { count: 1, names: ["c3"] } },
        ],
        leftOut: 0,
      },
      waves: [
        wave(1, ["c3"], "2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z"),
        wave(0, ["c2", "c1"], "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"),
      ],
      templates: {
        listed: [
          { value: "aa", clusters: { count: 2, names: ["c1", "c2"] } },
          { value: "bb", clusters: { count: 1, names: ["c3"] } },
        ],
        leftOut: 0,
      },
    },
  },
  {
    of: "a workload that a ManifestWork delivers everywhere and Helm once besides",
    items: [
      fresh("c1", { src: { t: "ManifestWork", n: "cart" } }),
      fresh("c2", { src: { t: "ManifestWork", n: "cart" }, also: [{ t: "Helm", n: "cart", q: "shop" }] }),
    ],
    expected: {
      sources: {
        listed: [
          { value: { t: "ManifestWork", n: "cart" }, clusters: { count: 2, names: ["c1", "c2"] } },
          { value: { t: "Helm", n: "cart", q: "shop" }, clusters: { count: 1, names: ["c2"] } },
        ],
        leftOut: 0,
      },
    },
  },
  {
    of: "clusters of a newer version, whose words are not known here",
    items: [
      { ...fresh("c1"), record: ofNewer({ h: "Degraded", r: "MeltedDown", c: { molten: 3, ["__proto__"]: 1 } }) },
      { ...fresh("c2"), record: ofNewer({ h: "Unknown", r: "Ascending", written: "Sublime", c: { molten: 4 } }) },
    ],
    expected: {
      health: "Degraded",
      reasons: [
        { health: "Degraded", reason: "MeltedDown", clusters: { count: 1, names: ["c1"] } },
        { health: "Unknown", reason: "Ascending", clusters: { count: 1, names: ["c2"] } },
      ],
      counts: { molten: 7 },
    },
  },
  {
    of: "a job that is done, runs and has failed",
    items: [
      fresh("c1", { k: "BroadcastJob", ...verdict("Healthy/Completed"), c: { des: 3, ok: 3 } }),
      fresh("c2", { k: "BroadcastJob", ...verdict("Progressing/Running"), c: { des: 3, act: 1, ok: 2 } }),
      fresh("c3", { k: "BroadcastJob", ...verdict("Degraded/JobFailed"), c: { des: 3, fail: 1 } }),
    ],
    expected: {
      jobs: { completed: 1, of: 3, failed: { count: 1, names: ["c3"] } },
      counts: { des: 9, ok: 5, act: 1, fail: 1 },
      progress: undefined,
    },
  },
  {
    of: "a schedule that one cluster is behind with",
    items: [
      fresh("c1", { k: "AdvancedCronJob", c: {}, last: "2026-11-20T10:00:00Z" }),
      fresh("c2", { k: "AdvancedCronJob", c: {}, last: "2026-11-19T10:00:00Z" }),
      fresh("c3", { k: "AdvancedCronJob", c: {} }),
    ],
    expected: {
      jobs: undefined,
      lastScheduleTime: { earliest: "2026-11-19T10:00:00Z", latest: "2026-11-20T10:00:00Z" },
    },
  },
  {
    of: "a cluster that is there twice",
    items: [fresh("c1", verdict("Degraded/Unavailable"), 1000), fresh("c1", {}, 2000)],
    expected: { health: "Healthy", counts: { d: 5, p: 5, rdy: 5, av: 5, up: 5, uav: 5 } },
  },
];

describe("aggregate()", () => {
  test.each(CASES)("of $of", ({ items, expected }) => {
    expect(aggregate(items)).toMatchObject(expected);
  });

  test("names ten clusters of a reason, those longest in it first", () => {
    const day = (index: number) => String(28 - index).padStart(2, "0");
    const items = Array.from({ length: 14 }, (_, index) =>
      fresh(`c${index}`, { ...verdict("Degraded/Unavailable"), since: `2026-11-${day(index)}T00:00:00Z` }),
    );
    const [reason] = aggregate(items).reasons;
    expect(reason?.clusters.count).toBe(14);
    expect(reason?.clusters.names).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4].map((index) => `c${index}`));
    expect(aggregate(items, { namesMax: 1 }).reasons[0]?.clusters.names).toEqual(["c13"]);
  });

  test("does not depend on the order of the items, duplicates included", () => {
    const shuffled = fc
      .array(anItem, { maxLength: 12 })
      .chain((items) =>
        fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length })),
      );
    fc.assert(
      fc.property(shuffled, ([items, others]) => {
        expect(JSON.stringify(aggregate(others))).toBe(JSON.stringify(aggregate(items)));
      }),
    );
  });

  test("of one item has the health of that item", () => {
    fc.assert(
      fc.property(anItem, (item) => {
        const known = item.state === "Fresh" ? item.record?.h : undefined;
        expect(aggregate([item]).health).toBe(known ?? "Unknown");
      }),
    );
  });

  test("is never worse for one more cluster that is Healthy, and never better for a Stale one that was", () => {
    fc.assert(
      fc.property(someItems, (items) => {
        const before = aggregate(items);
        const more = aggregate([...items, fresh("new")]);
        expect(severity(more.health)).toBeLessThanOrEqual(severity(before.health));
        const silent = aggregate([...items, stale("new")]);
        expect(silent.health).toBe(before.health);
        expect(silent.byHealth.Healthy).toBe(before.byHealth.Healthy);
      }),
    );
  });

  test("has the worst health of the fresh items, and counts no other as Healthy", () => {
    fc.assert(
      fc.property(someItems, (items) => {
        const known = items.flatMap(({ state, record }) => (state === "Fresh" && record ? [record.h] : []));
        const worst = HEALTHS.findLast((health) => known.includes(health));
        const { health, byHealth } = aggregate(items);
        expect(health).toBe(worst ?? "Unknown");
        expect(byHealth.Healthy).toBe(known.filter((one) => one === "Healthy").length);
      }),
    );
  });

  test("sums what the columns of the fresh rows sum to, and its shares add up", () => {
    fc.assert(
      fc.property(someItems, (items) => {
        const rows = items.flatMap(({ state, record }) => (state === "Fresh" && record ? [record] : []));
        const { counts, progress, byHealth, reasons, reporting } = aggregate(items);
        for (const counter of ["d", "p", "rdy", "up", "uav"] as const) {
          const column = rows.flatMap(({ c }) => c[counter] ?? []);
          const sum = column.reduce((a, b) => a + b, 0);
          expect(counts[counter]).toBe(column.length === 0 ? undefined : sum);
        }
        expect(reporting.fresh + reporting.stale + reporting.missing).toBe(items.length);
        const known = items.length - reporting.absent;
        expect(Object.values(byHealth).reduce((a, b) => a + b)).toBe(known);
        expect(reasons.reduce((sum, { clusters }) => sum + clusters.count, 0)).toBe(known);
        expect(progress === undefined || progress.reached <= progress.target).toBe(true);
      }),
    );
  });

  test("is what its slow definition says", () => {
    fc.assert(
      fc.property(someItems, fc.constantFrom(0, 1, 2, 10), (items, namesMax) => {
        expect(aggregate(items, { namesMax })).toEqual(naiveAggregate(items, namesMax));
      }),
    );
  });

  test("lists twenty of very many values and counts the rest", () => {
    const items = Array.from({ length: 30 }, (_, index) => fresh(`c${index}`, { img: [["app", `shop:${index}`]] }));
    const { versions, waves } = aggregate(items);
    expect([versions.listed.length, versions.leftOut, waves.length]).toEqual([20, 10, 20]);
    expect(aggregate(items)).toEqual(naiveAggregate(items));
  });

  test("takes of duplicates the newest report", () => {
    fc.assert(
      fc.property(someItems, fc.array(anItem), (items, older) => {
        const newest = items.map((item) => ({ ...item, reportedAtMs: 10 }));
        const clusters = new Set(items.map(({ cluster }) => cluster));
        const duplicates = older.filter(({ cluster }) => clusters.has(cluster));
        expect(aggregate([...duplicates, ...newest])).toEqual(aggregate(newest));
      }),
    );
  });

  test("leaves its input as it is", () => {
    fc.assert(
      fc.property(someItems, (items) => {
        const text = JSON.stringify(items);
        aggregate(items);
        expect(JSON.stringify(items)).toBe(text);
      }),
    );
  });
});
