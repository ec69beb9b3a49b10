import { describe, expect, test } from "vitest";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { Fleet } from "../fleet/fleet.ts";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import { fleetSeries } from "./fleet-series.ts";

const BROKEN = { h: "Degraded", r: "UpdateStalled" } as const;
const condition = (type: string, status: "True" | "False", reason: string) => ({
  type,
  status,
  reason,
  message: "",
  lastTransitionTime: "2026-11-20T10:00:00Z",
});

function world(clusters: Record<string, readonly Partial<WorkloadRecord>[] | undefined>) {
  const clock = { ms: 0, monotonicMs: () => clock.ms, wallMs: () => 1_764_000_000_000 + clock.ms };
  const fleet = new Fleet({ clock, epochMs: 1, staleAfterMs: 90_000, heartbeatMs: 30_000 });
  for (const [cluster, records] of Object.entries(clusters)) {
    fleet.expect(cluster);
    if (records !== undefined) fleet.apply(cluster, aReport(records.map(aRecord)));
  }
  fleet.rollUp.run(Number.POSITIVE_INFINITY);
  return { fleet, clock };
}

function read(fleet: Fleet, { addons = [], workloadSeriesMax = 0 }: Partial<Given> = {}): string[] {
  const text = [...fleetSeries({ fleet, addons: () => addons, workloadSeriesMax })].join("");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}
interface Given {
  addons: ReturnType<Parameters<typeof fleetSeries>[0]["addons"]>;
  workloadSeriesMax: number;
}
const of = (lines: readonly string[], name: string) =>
  lines.filter((line) => line.startsWith(`ocm_kruise_${name}`)).map((line) => line.slice("ocm_kruise_".length));

describe("fleetSeries()", () => {
  test("counts workloads by cluster, kind and health, and has no series for none", () => {
    const { fleet } = world({
      c1: [{ n: "a" }, { n: "b" }, { n: "c", ...BROKEN }, { n: "d", k: "SidecarSet", ns: "" }],
      c2: undefined,
    });
    expect(of(read(fleet), "workloads{")).toEqual([
      'workloads{cluster="c1",kind="CloneSet",health="Healthy"} 2',
      'workloads{cluster="c1",kind="CloneSet",health="Degraded"} 1',
      'workloads{cluster="c1",kind="SidecarSet",health="Healthy"} 1',
    ]);
  });

  test("calls the workloads of a cluster that fell silent Unknown, and keeps the time of its last report", () => {
    const { fleet, clock } = world({ c1: [BROKEN] });
    clock.ms = 100_000;
    fleet.sweep();
    const lines = read(fleet);
    expect(of(lines, "workloads{")).toEqual(['workloads{cluster="c1",kind="CloneSet",health="Unknown"} 1']);
    expect(of(lines, "cluster_last")).toEqual(['cluster_last_report_timestamp_seconds{cluster="c1"} 1764000000']);
  });

  test("says what did not fit into a report, and which versions a cluster has told", () => {
    const { fleet } = world({ c1: [], c2: undefined });
    fleet.apply("c1", aReport([], { sequence: 2, truncated: 7 }));
    const lines = read(fleet);
    expect(of(lines, "workloads_left_out")).toEqual(['workloads_left_out{cluster="c1"} 7']);
    expect(of(lines, "cluster_info")).toEqual([
      'cluster_info{cluster="c1",agent_version="0.1.0",kruise_version="1.8.0"} 1',
    ]);
  });

  test("counts each workload of the fleet once, and those that stand still on one cluster or on several", () => {
    const { fleet } = world({
      c1: [{ n: "a", ...BROKEN }, { n: "b", ...BROKEN }, { n: "c" }],
      c2: [{ n: "a", ...BROKEN, r: "ProgressDeadlineExceeded" }, { n: "b" }, { n: "c" }],
      c3: [{ n: "d", h: "Degraded", r: "Unavailable" }],
    });
    const lines = read(fleet);
    expect(of(lines, "fleet_workloads{").filter((line) => !line.endsWith(" 0"))).toEqual([
      'fleet_workloads{health="Healthy"} 1',
      'fleet_workloads{health="Degraded"} 3',
    ]);
    expect(of(lines, "fleet_workloads_stuck")).toEqual([
      'fleet_workloads_stuck{scope="one cluster"} 1',
      'fleet_workloads_stuck{scope="several clusters"} 1',
    ]);
  });

  test("shows the conditions of add-ons, with whatever somebody wrote into them", () => {
    const addon = {
      metadata: { namespace: "c1", name: "kruise-health", uid: "u" },
      status: { conditions: [condition("Available", "True", "Lease"), condition("Odd", "False", 'a "b"\\\n')] },
    };
    const bare = { metadata: { namespace: "c2", name: "kruise-health", uid: "v" }, status: {} };
    expect(of(read(world({}).fleet, { addons: [addon, bare] }), "addon_condition")).toEqual([
      'addon_condition{cluster="c1",type="Available",status="True",reason="Lease"} 1',
      'addon_condition{cluster="c1",type="Odd",status="False",reason="a \\"b\\"\\\\\\n"} 1',
    ]);
  });

  test.each([
    { max: 0, told: [], without: [] },
    { max: 1, told: ["worse"], without: ["workloads_without_series 2"] },
    { max: 9, told: ["worse", "worst", "doubtful"], without: ["workloads_without_series 0"] },
  ])("has no more than $max series of single workloads, the worst first", ({ max, told, without }) => {
    const doubtful = { n: "doubtful", h: "Unknown", r: "NotReadable" } as unknown as WorkloadRecord;
    const { fleet } = world({
      c1: [doubtful, { n: "worse", ...BROKEN }, { n: "fine" }],
      c2: [{ n: "worst", ...BROKEN }],
    });
    const lines = read(fleet, { workloadSeriesMax: max });
    expect(of(lines, "workload_not_healthy").map((line) => /workload="(\w+)"/.exec(line)?.[1])).toEqual(told);
    expect(of(lines, "workloads_without")).toEqual(without);
  });

  test("gives way often, however large the fleet is", () => {
    const names = Array.from({ length: 1000 }, (_, index) => [`c${index}`, [{}]] as const);
    const { fleet } = world(Object.fromEntries(names));
    const pieces = [...fleetSeries({ fleet, addons: () => [], workloadSeriesMax: 0 })];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(30_000);
  });
});
