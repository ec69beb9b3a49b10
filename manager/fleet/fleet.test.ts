import { beforeEach, describe, expect, test } from "vitest";
import { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import { Fleet } from "./fleet.ts";
import { recall as recallOf } from "./recall.ts";
import { aRecord, aReport } from "./report.fixture.ts";
import type { RowChange } from "./types.ts";

const START_MS = 1_763_600_000_000;
const cart = aRecord();
const shop = aRecord({ n: "shop" });
const broken = aRecord({ h: "Degraded", r: "UpdateStalled", m: "no progress for 10 min" });

let nowMs: number;
let fleet: Fleet;
let changes: RowChange[];

function build(changesKept?: number): Fleet {
  const clock = { monotonicMs: () => nowMs, wallMs: () => START_MS + nowMs };
  const options = { clock, epochMs: START_MS, staleAfterMs: 90_000, heartbeatMs: 30_000 };
  return new Fleet(changesKept === undefined ? options : { ...options, changesKept });
}

beforeEach(() => {
  nowMs = 0;
  fleet = build();
  fleet.expect("c1");
  changes = [];
  fleet.subscribe((change) => changes.push(change));
});

const told = () =>
  changes.map((change) => `${change.type} ${"name" in change.row ? change.row.name : change.row.cluster}`);

describe("apply", () => {
  test("takes a first snapshot, acknowledges it and tells of each row and of the cluster", () => {
    const answer = fleet.apply("c1", aReport([cart, shop]));
    expect(answer).toEqual({
      brief: true,
      epoch: 1000,
      sequence: 1,
      managerEpoch: START_MS,
      resync: false,
      paceMs: 50,
      heartbeatMs: 30_000,
      windowMs: 5,
    });
    expect(told()).toEqual(["Added cloneset.shop.cart", "Added cloneset.shop.shop", "Modified c1"]);
    expect(changes.map((change) => change.row.resourceVersion)).toEqual([2, 3, 4].map((n) => START_MS * 1000 + n));
  });

  test("refuses a report of a cluster that is not expected", () => {
    expect(() => fleet.apply("c2", aReport([]))).toThrow('"c2" is not expected');
  });

  test("takes a delta that continues the sequence", () => {
    fleet.apply("c1", aReport([cart, shop]));
    changes.length = 0;
    const delta = aReport([broken], { form: "delta", sequence: 2, records: [broken], removed: ["cloneset.shop.shop"] });
    expect(fleet.apply("c1", delta).resync).toBe(false);
    expect(told()).toEqual(["Deleted cloneset.shop.shop", "Modified cloneset.shop.cart", "Modified c1"]);
    expect(fleet.workload("c1", "cloneset.shop.cart")?.record.r).toBe("UpdateStalled");
    expect(changes[1]?.previous).toMatchObject({ record: { h: "Healthy" } });
  });

  test.each([
    ["a gap in the sequence", { sequence: 3 }],
    ["a sequence seen before", { sequence: 1 }],
    ["an epoch without a snapshot", { epoch: 2000, sequence: 2 }],
    [
      "a digest that does not come out",
      { sequence: 2, totals: { ...aReport([broken]).totals, digest: "0".repeat(16) } },
    ],
    ["a count that does not come out", { sequence: 2, totals: { ...aReport([broken]).totals, count: 7 } }],
  ])("asks for a snapshot and changes nothing on %s", (_case, fields) => {
    fleet.apply("c1", aReport([cart]));
    const known = () => [fleet.resourceVersion, fleet.cluster("c1"), fleet.workloads().map(({ record }) => record)];
    const before = known();
    const answer = fleet.apply("c1", aReport([broken], { form: "delta", records: [broken], ...fields }));
    expect(answer).toMatchObject({ epoch: 1000, sequence: 1, resync: true });
    expect(known()).toEqual(before);
  });

  test("a heartbeat moves the time of the last report and makes no change", () => {
    fleet.apply("c1", aReport([cart]));
    const version = fleet.resourceVersion;
    nowMs = 30_000;
    fleet.apply("c1", aReport([cart], { form: "delta", sequence: 2, records: [] }));
    expect(fleet.resourceVersion).toBe(version);
    expect(fleet.cluster("c1")).toMatchObject({ sequence: 2, lastReportMonotonicMs: 30_000, resourceVersion: version });
  });

  test("a delta without the installation and the kinds leaves both as they were", () => {
    fleet.apply("c1", aReport([cart]));
    const { kruise, kinds, ...brief } = aReport([cart]);
    fleet.apply("c1", { ...brief, form: "delta", sequence: 2, records: [] });
    expect(fleet.cluster("c1")).toMatchObject({ sequence: 2, kruise, kinds });
  });

  test("a snapshot of a new agent replaces the rows and leaves equal ones alone", () => {
    fleet.apply("c1", aReport([cart, shop]));
    const kept = fleet.workload("c1", "cloneset.shop.cart");
    changes.length = 0;
    fleet.apply("c1", aReport([{ ...cart }], { epoch: 2000 }));
    expect(told()).toEqual(["Deleted cloneset.shop.shop", "Modified c1"]);
    expect(fleet.workload("c1", "cloneset.shop.cart")).toBe(kept);
  });

  test("an older agent changes nothing but is named, until it has been silent", () => {
    fleet.apply("c1", aReport([cart]));
    const agent = { ...aReport([]).agent, instance: "agent-old" };
    const answer = fleet.apply("c1", aReport([], { epoch: 900, agent }));
    expect(answer).toMatchObject({ epoch: 1000, sequence: 1, resync: false });
    expect(fleet.workloads("c1")).toHaveLength(1);
    expect(fleet.cluster("c1")?.duplicateAgent).toBe("agent-old");
    nowMs = 91_000;
    fleet.sweep();
    expect(fleet.cluster("c1")?.duplicateAgent).toBeUndefined();
  });

  test("two agents that started in the same millisecond do not mix", () => {
    fleet.apply("c1", aReport([cart]));
    fleet.apply("c1", aReport([], { sequence: 2, agent: { ...aReport([]).agent, instance: "agent-b" } }));
    expect(fleet.cluster("c1")).toMatchObject({ duplicateAgent: "agent-b", agent: { instance: "agent-a" } });
  });

  test("an agent with an older epoch is heard once the newer one has fallen silent", () => {
    fleet.apply("c1", aReport([cart]));
    nowMs = 90_001;
    fleet.sweep();
    expect(fleet.apply("c1", aReport([shop], { epoch: 900 }))).toMatchObject({ epoch: 900, resync: false });
  });
});

describe("silence", () => {
  test("a cluster that never reported is Missing", () => {
    expect(fleet.cluster("c1")).toMatchObject({ state: "Missing", agent: undefined });
  });

  test("every row of a silent cluster turns Stale once, and Fresh with the next report", () => {
    fleet.apply("c1", aReport([cart, shop]));
    changes.length = 0;
    nowMs = 90_000;
    fleet.sweep();
    expect(told()).toEqual([]);
    nowMs = 90_001;
    fleet.sweep();
    fleet.sweep();
    expect(told()).toEqual(["Modified cloneset.shop.cart", "Modified cloneset.shop.shop", "Modified c1"]);
    expect(fleet.workloads("c1").map((row) => row.state)).toEqual(["Stale", "Stale"]);

    changes.length = 0;
    fleet.apply("c1", aReport([broken, shop], { form: "delta", sequence: 2, records: [broken] }));
    expect(told()).toEqual(["Modified cloneset.shop.cart", "Modified cloneset.shop.shop", "Modified c1"]);
    expect(fleet.workloads("c1").map((row) => row.state)).toEqual(["Fresh", "Fresh"]);
  });
});

describe("turning points", () => {
  test("move with what they are about, not with each report", () => {
    nowMs = 10;
    fleet.apply("c1", aReport([cart]));
    nowMs = 20;
    const kruise = { health: "Degraded" as const, reason: "NoLeader" as const, message: "nobody leads" };
    fleet.apply("c1", aReport([cart], { form: "delta", sequence: 2, records: [], kruise }));
    nowMs = 30;
    fleet.apply("c1", aReport([broken], { form: "delta", sequence: 3, records: [broken], kruise }));
    const points = {
      Reporting: START_MS + 10,
      KruiseReady: START_MS + 20,
      WorkloadsHealthy: START_MS + 30,
      Degraded: START_MS + 20,
    };
    expect(fleet.turningPoints("c1")).toEqual(points);
    nowMs = 40;
    fleet.apply("c1", aReport([broken], { form: "delta", sequence: 4, records: [], kruise }));
    expect(fleet.turningPoints("c1")).toEqual(points);
  });
});

describe("changes", () => {
  test("forget tells that the rows and the cluster are gone", () => {
    fleet.apply("c1", aReport([cart]));
    changes.length = 0;
    fleet.forget("c1");
    expect(told()).toEqual(["Deleted cloneset.shop.cart", "Deleted c1"]);
    expect([fleet.expects("c1"), fleet.workloads()]).toEqual([false, []]);
  });

  test("changesSince gives what came after a version", () => {
    const version = fleet.resourceVersion;
    fleet.apply("c1", aReport([cart, shop]));
    expect(fleet.changesSince(version)).toEqual(changes);
    expect(fleet.changesSince(fleet.resourceVersion)).toEqual([]);
  });

  test("changesSince is Expired for versions that fell out of the log or are from another life", () => {
    fleet = build(2);
    const born = fleet.resourceVersion;
    fleet.expect("c1");
    fleet.expect("c2");
    expect(fleet.changesSince(born)).toHaveLength(2);
    fleet.expect("c3");
    expect(fleet.changesSince(born)).toBe("Expired");
    expect(fleet.changesSince(born + 1)).toHaveLength(2);
    expect(fleet.changesSince(born - 1)).toBe("Expired");
    expect(fleet.changesSince(fleet.resourceVersion + 1)).toBe("Expired");
  });

  test("a subscription ends", () => {
    const heard: RowChange[] = [];
    fleet.subscribe((change) => heard.push(change))();
    fleet.expect("c2");
    expect(heard).toEqual([]);
  });
});

describe("fault 2: a recall", () => {
  const recall = () => fleet.apply("c1", aReport([], { form: "recall", epoch: 9000 }));

  test("tells what is held, worst first, and how old it is; nothing changes", () => {
    fleet.apply("c1", aReport([cart, { ...broken, n: "z" }], { sentMs: 777 }));
    const version = fleet.resourceVersion;
    nowMs = 4000;
    const answer = recall();
    expect(answer).toMatchObject({ epoch: 1000, sequence: 1, resync: false, recordsSentMs: 777, recordsAgeMs: 4000 });
    expect(answer.records?.map((record) => record?.n)).toEqual(["z", "cart"]);
    expect([fleet.resourceVersion, fleet.cluster("c1")?.epoch]).toEqual([version, 1000]);
  });

  test("of a cluster that nothing is known of tells nothing", () => {
    expect(recall()).toMatchObject({ epoch: 0, sequence: 0, resync: false });
    expect(recall()).not.toHaveProperty("records");
  });

  test("is answered for a silent cluster too", () => {
    fleet.apply("c1", aReport([cart]));
    nowMs = 90_001;
    fleet.sweep();
    expect(recall().records).toEqual([cart]);
    expect(fleet.cluster("c1")?.state).toBe("Stale");
  });

  test("leaves out what does not fit, Healthy ones first", () => {
    const row = { lastReportMonotonicMs: 0, lastSentMs: undefined };
    const records = [cart, { ...broken, n: "b" }, { ...broken, n: "a" }];
    const rows = records.map((record) => ({ name: keyOf(record), health: record.h, record }));
    const size = (n: string) => JSON.stringify({ ...broken, n }).length + 1;
    const names = (limitBytes: number) => recallOf({ row, rows }, 0, limitBytes).records?.map((record) => record?.n);
    expect(names(10_000)).toEqual(["a", "b", "cart"]);
    expect(names(size("a") + size("b"))).toEqual(["a", "b"]);
    expect(names(size("a") + size("b") - 1)).toEqual(["a"]);
    expect(names(0)).toEqual([]);
  });
});

describe("fault 1: the window for snapshots", () => {
  const window = (report: Partial<ReceivedReport>) => fleet.apply("c1", aReport([cart], report)).windowMs;

  test("grows with the fleet, and is that of those who owe one when a snapshot is asked for", () => {
    for (let i = 2; i <= 1000; i++) fleet.expect(`c${i}`);
    expect(window({ form: "delta", sequence: 7 })).toBe(5000);
    for (let i = 1; i <= 999; i++) fleet.apply(`c${i}`, aReport([cart]));
    fleet.sweep();
    expect(window({ form: "delta", sequence: 7 })).toBe(5);
    expect(window({ form: "delta", sequence: 2, records: [] })).toBe(5000);
    for (let i = 1001; i <= 20_000; i++) fleet.expect(`c${i}`);
    expect(window({ form: "delta", sequence: 3, records: [] })).toBe(60_000);
  });
});

describe("fault 4: a clock that jumps", () => {
  test.each([
    ["ahead", 365 * 86_400_000],
    ["back", -365 * 86_400_000],
  ])("%s by a year makes no cluster silent and none fresh", (_, jumpMs) => {
    let wallMs = START_MS;
    const clock = { monotonicMs: () => nowMs, wallMs: () => wallMs };
    fleet = new Fleet({ clock, epochMs: START_MS, staleAfterMs: 90_000, heartbeatMs: 30_000 });
    fleet.expect("c1");
    fleet.apply("c1", aReport([cart]));
    wallMs += jumpMs;
    fleet.sweep();
    expect(fleet.cluster("c1")?.state).toBe("Fresh");
    nowMs = 90_001;
    fleet.sweep();
    expect(fleet.cluster("c1")?.state).toBe("Stale");
  });
});

describe("fault 27: a health that nobody here knows", () => {
  const odd = ReceivedRecord.parse({ ...cart, h: "Radiant", r: "Glowing" });
  const totals = () => {
    const digest = new ReportDigest();
    digest.toggle({ ...odd, h: "Radiant" as "Unknown" });
    return { ...aReport([odd]).totals, digest: digest.value };
  };

  test("reads Unknown, and the digest holds with the word that was written", () => {
    expect(odd).toMatchObject({ h: "Unknown", written: "Radiant", r: "Glowing" });
    const { written: _, ...known } = odd;
    expect(fleet.apply("c1", aReport([odd], { totals: totals() })).resync).toBe(false);
    expect(fleet.workload("c1", keyOf(cart))?.record.h).toBe("Unknown");
    const unknown = aReport([known], { form: "delta", sequence: 2 });
    expect(fleet.apply("c1", unknown).resync).toBe(false);
  });
});
