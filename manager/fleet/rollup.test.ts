// The roll-up on a fleet: which rows it makes, when, and what watches are told. Then: whatever happened, it is what the
// aggregate of the rows is.
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { aggregate } from "../../shared/aggregate/aggregate.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { Fleet } from "./fleet.ts";
import { aRecord, aReport } from "./report.fixture.ts";
import type { FleetWorkloadRow } from "./rollup-row.ts";
import type { RowChange } from "./types.ts";

const START_MS = Date.parse("2026-11-20T12:00:00Z");
const STALE_MS = 90_000;
const SINCE = "2026-11-20T10:00:00Z";
const NAME = "cloneset.shop.cart";

let fleet: Fleet;
let nowMs: number;
let told: string[];
const sequences = new Map<string, number>();

beforeEach(() => build());

function build(): void {
  nowMs = 0;
  told = [];
  sequences.clear();
  const clock = { monotonicMs: () => 10_000 + nowMs, wallMs: () => START_MS + nowMs };
  fleet = new Fleet({ clock, epochMs: START_MS, staleAfterMs: STALE_MS, heartbeatMs: 30_000 });
  fleet.subscribe((change) => {
    if (change.resource === "fleetWorkloads") told.push(textOf(change));
  });
}

function textOf({ type, row }: RowChange): string {
  return type === "Deleted" || !("health" in row) ? type : `${type} ${row.health}`;
}

/** A snapshot of a cluster, taken in. */
function report(cluster: string, records: WorkloadRecord[]): void {
  fleet.expect(cluster);
  const sequence = (sequences.get(cluster) ?? 0) + 1;
  sequences.set(cluster, sequence);
  const { resync } = fleet.apply(cluster, aReport(records, { sequence }));
  expect(resync).toBe(false);
}

function later(ms: number): void {
  nowMs += ms;
  fleet.sweep();
}

/** Everything that is due, a second later. */
function settle(): void {
  later(1000);
  while (fleet.rollUp.run(10));
}

function row(name = NAME): FleetWorkloadRow {
  const found = fleet.rollUp.row(name);
  if (found === undefined) throw new Error(`there is no row ${name}`);
  return found;
}

const degraded = { h: "Degraded", r: "UpdateStalled" } as const;

describe("a row", () => {
  test("is there with the next run after the first report, once a second after that, and gone with the last cluster", () => {
    report("c1", [aRecord()]);
    fleet.rollUp.run(10);
    expect(told).toEqual(["Added Healthy"]);
    later(500);
    report("c2", [aRecord(degraded)]);
    fleet.rollUp.run(10);
    expect(told).toEqual(["Added Healthy"]);
    later(500);
    fleet.rollUp.run(10);
    expect(told).toEqual(["Added Healthy", "Modified Degraded"]);
    fleet.forget("c2");
    settle();
    fleet.forget("c1");
    settle();
    expect(told).toEqual(["Added Healthy", "Modified Degraded", "Modified Healthy", "Deleted"]);
    expect([fleet.rollUp.size, fleet.rollUp.rows()]).toEqual([0, []]);
  });

  test("has a version of its own in the log, and no change where it says the same", () => {
    report("c1", [aRecord()]);
    settle();
    const before = fleet.resourceVersion;
    report("c1", [aRecord({ m: "another message" })]);
    settle();
    expect(fleet.resourceVersion).toBe(before + 1);
    report("c1", [aRecord(degraded)]);
    settle();
    const changes = fleet.changesSince(before + 1);
    if (changes === "Expired") throw new Error("the log is too short");
    // The workload, the cluster's numbers, and this.
    expect(changes.map(({ resource }) => resource)).toEqual(["workloads", "clusters", "fleetWorkloads"]);
    expect(changes.at(-1)).toMatchObject({ row: { resourceVersion: before + 4 }, previous: { health: "Healthy" } });
  });

  test("counts a silent cluster as stale, and neither as Healthy nor for a wait for Healthy", () => {
    report("c1", [aRecord()]);
    later(60_000);
    report("c2", [aRecord()]);
    settle();
    expect(row().standings).toMatchObject({ Healthy: { status: "True" }, Reporting: { status: "True" } });
    later(STALE_MS - 30_000);
    settle();
    expect(row().content.aggregate).toMatchObject({
      health: "Healthy",
      byHealth: { Healthy: 1, Unknown: 1 },
      reporting: { fresh: 1, stale: 1, oldestReportedAtMs: START_MS },
    });
    expect(row().standings).toMatchObject({
      Healthy: { status: "Unknown" },
      Degraded: { status: "Unknown" },
      Reporting: { status: "False", sinceMs: START_MS + nowMs },
    });
    later(STALE_MS);
    settle();
    expect([row().health, row().standings.Healthy.status]).toEqual(["Unknown", "Unknown"]);
  });

  test("has the age that the cluster behind it tells when it becomes worse, and none when it becomes better", () => {
    report("c1", [aRecord({ since: "2026-11-20T11:00:00Z" })]);
    settle();
    expect(row().sinceMs).toBe(Date.parse("2026-11-20T11:00:00Z"));
    report("c2", [aRecord({ ...degraded, since: SINCE })]);
    settle();
    expect([row().health, row().sinceMs]).toEqual(["Degraded", Date.parse(SINCE)]);
    report("c1", [aRecord({ ...degraded, since: "2026-11-20T12:00:01Z" })]);
    report("c2", [aRecord({ since: "2026-11-20T12:00:02Z" })]);
    settle();
    expect([row().health, row().sinceMs]).toEqual(["Degraded", Date.parse(SINCE)]);
    report("c1", [aRecord({ since: "2026-11-20T12:00:03Z" })]);
    settle();
    expect([row().health, row().sinceMs]).toEqual(["Healthy", START_MS + nowMs]);
    expect(row().standings.Degraded).toEqual({ status: "False", sinceMs: START_MS + nowMs });
  });

  test("is as old as its last change even where a cluster has been like that for longer", () => {
    report("held", [aRecord({ h: "Suspended", r: "PartitionHeld", since: SINCE })]);
    report("c1", [aRecord(degraded)]);
    settle();
    report("c1", [aRecord()]);
    settle();
    const turnedMs = START_MS + nowMs;
    report("c2", [aRecord()]);
    settle();
    expect([row().health, row().sinceMs]).toEqual(["Suspended", turnedMs]);
  });

  test("counts its children, which have no row of their own", () => {
    const parent = { k: "UnitedDeployment", n: "cart" };
    const child = (n: string) => aRecord({ n, parent });
    report("c1", [aRecord({ k: "UnitedDeployment" }), child("cart-a"), child("cart-b")]);
    report("c2", [aRecord({ k: "UnitedDeployment" }), child("cart-a")]);
    settle();
    expect(fleet.rollUp.rows().map(({ name }) => name)).toEqual(["uniteddeployment.shop.cart"]);
    expect(row("uniteddeployment.shop.cart").children).toEqual([{ kind: "CloneSet", count: 3 }]);
    report("c1", [aRecord({ k: "UnitedDeployment" })]);
    fleet.forget("c2");
    settle();
    expect(row("uniteddeployment.shop.cart").children).toEqual([]);
  });

  test("keeps its name from a kind that only has the name of one of OpenKruise", () => {
    report("evil", [aRecord({ g: "example.com", ...degraded })]);
    report("c1", [aRecord()]);
    settle();
    expect([row().health, fleet.rollUp.size]).toEqual(["Healthy", 2]);
  });
});

describe("a slice", () => {
  const names = Array.from({ length: 50 }, (_, index) => `w${index}`);

  test("ends with its budget, and the next one goes on", () => {
    report(
      "c1",
      names.map((n) => aRecord({ n })),
    );
    // No time left: one row a slice.
    for (let slice = 1; slice <= 3; slice += 1) {
      expect(fleet.rollUp.run(0)).toBe(true);
      expect(fleet.rollUp.size).toBe(slice);
    }
    expect(fleet.rollUp.run(Infinity)).toBe(false);
    expect(fleet.rollUp.size).toBe(names.length);
  });

  test("makes of a storm of changes one change a second", () => {
    report("c1", [aRecord()]);
    settle();
    for (let turn = 0; turn < 100; turn += 1) {
      nowMs += 30;
      report("c1", [aRecord(turn % 2 === 0 ? degraded : {})]);
      fleet.rollUp.run(10);
    }
    expect(told.length).toBeLessThanOrEqual(5);
  });
});

const someRecords = fc
  .uniqueArray(
    fc.record({
      n: fc.constantFrom("cart", "pay"),
      h: fc.constantFrom("Healthy", "Degraded", "Suspended"),
      up: fc.nat(3),
      image: fc.constantFrom("shop:1", "shop:2"),
      since: fc.constantFrom(SINCE, "2026-11-20T09:00:00Z", "2026-11-19T10:00:00Z"),
    }),
    { selector: ({ n }) => n },
  )
  .map((fields) =>
    fields.map(({ n, h, up, image, since }) =>
      aRecord({ n, h, r: h === "Healthy" ? "AllAvailable" : "Paused", c: { d: 3, up }, img: [["app", image]], since }),
    ),
  );
const clusters = fc.constantFrom("c1", "c2", "c3", "c4", "c5", "c6", "c7");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ cluster: clusters, records: someRecords }) },
  { weight: 1, arbitrary: fc.record({ forget: clusters }) },
  { weight: 1, arbitrary: fc.record({ passMs: fc.constantFrom(100, 1000, 50_000) }) },
);

test("whatever has happened, each row is the aggregate of its rows, and the changes told lead to the rows", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      build();
      const shown = new Map<string, FleetWorkloadRow>();
      fleet.subscribe(({ resource, type, row: changed }) => {
        if (resource !== "fleetWorkloads") return;
        if (type === "Deleted") shown.delete(changed.name);
        else shown.set(changed.name, changed);
      });
      for (const one of steps) {
        if ("cluster" in one) report(one.cluster, one.records);
        else if ("forget" in one) fleet.forget(one.forget);
        else later(one.passMs);
        if ("forget" in one) sequences.delete(one.forget);
        fleet.rollUp.run(0);
      }
      settle();
      expect([...shown.values()]).toEqual(expect.arrayContaining(fleet.rollUp.rows()));
      expect(shown.size).toBe(fleet.rollUp.size);
      expect(fleet.rollUp.size).toBe(fleet.identities.size);
      for (const identity of fleet.identities.all()) {
        const found = fleet.rollUp.rows().find((one) => one.identity.key === identity.key);
        const items = fleet.identities.rowsOf(identity).map(({ cluster, record, state }) => {
          const reportedAtMs = fleet.cluster(cluster)?.lastReportWallMs;
          return { cluster, record, state, ...(state !== "Fresh" && reportedAtMs !== undefined && { reportedAtMs }) };
        });
        expect(found?.content.aggregate).toEqual(aggregate(items));
      }
    }),
  );
});
