import { beforeEach, describe, expect, it, test } from "vitest";
import { systemClock } from "../../shared/runtime/clock.ts";
import type { Transition } from "../../shared/kruise/record.ts";
import type { ReceivedReport } from "../../shared/wire/received.ts";
import { Fleet } from "../fleet/fleet.ts";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import { clusterView } from "./clusters.ts";
import { historyOf } from "./history.ts";
import { KruiseCluster } from "./cluster-schemas.ts";
import { KruiseWorkload } from "./schemas.ts";
import { sceneOf } from "./view.ts";
import { workloadView } from "./workloads.ts";

const SECOND = 1000;
const START_MS = Date.parse("2026-01-01T00:00:00Z");
const at = (second: number): string => new Date(START_MS + second * SECOND).toISOString().replace(".000", "");
const STALLED: Transition = { h: "Degraded", r: "UpdateStalled", since: at(20) };
const UPDATING: Transition = { h: "Progressing", r: "Updating", since: at(10), n: 3 };

test("historyOf() says of each verdict when it began, when the next one followed, and how often it took turns", () => {
  expect(historyOf(at(30), [STALLED, UPDATING])).toEqual([
    { health: "Degraded", reason: "UpdateStalled", since: at(20), until: at(30) },
    { health: "Progressing", reason: "Updating", since: at(10), until: at(20), times: 3 },
  ]);
});

describe("what readers get", () => {
  let nowMs: number;
  let fleet: Fleet;
  let sequence: number;
  beforeEach(() => {
    nowMs = START_MS;
    sequence = 0;
    const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
    fleet = new Fleet({ clock, epochMs: 1, staleAfterMs: 90 * SECOND, heartbeatMs: 30 * SECOND });
    fleet.expect("c1");
  });
  function send(record = aRecord(), more: Partial<ReceivedReport> = {}): void {
    sequence += 1;
    fleet.apply("c1", aReport([record], { sequence, ...more }));
  }
  function pass(seconds: number): void {
    nowMs += seconds * SECOND;
    fleet.sweep();
  }
  const scene = () => sceneOf(fleet, systemClock);
  function workload() {
    const row = fleet.workload("c1", "cloneset.shop.cart");
    return row && KruiseWorkload.strict().parse(workloadView.object(row, scene()));
  }
  function cluster() {
    const row = fleet.cluster("c1");
    return row && KruiseCluster.strict().parse(clusterView.object(row, scene()));
  }

  it("of a workload are its earlier verdicts, also while its cluster does not report", () => {
    send(aRecord({ since: at(30), hist: [STALLED, UPDATING] }));
    const history = [
      { health: "Degraded", reason: "UpdateStalled", since: at(20), until: at(30) },
      { health: "Progressing", reason: "Updating", since: at(10), until: at(20), times: 3 },
    ];
    expect(workload()?.status.history).toEqual(history);
    pass(91);
    expect(workload()?.status).toMatchObject({ reason: "ReportStale", lastKnown: { since: at(30) }, history });
  });

  it("of a workload that has not changed is nothing", () => {
    send();
    expect(Object.keys(workload()?.status ?? {})).not.toContain("history");
  });

  it("changes when the history alone has changed, and comes back to an agent that begins anew", () => {
    send();
    const { resourceVersion } = fleet;
    send(aRecord({ hist: [STALLED] }));
    expect(fleet.resourceVersion).toBeGreaterThan(resourceVersion);
    expect(workload()?.status.history).toHaveLength(1);
    const kruiseHistory = [{ h: "Healthy" as const, r: "Ready", since: at(3) }];
    const before = fleet.cluster("c1")?.resourceVersion;
    send(aRecord({ hist: [STALLED] }), { kruiseHistory });
    const version = fleet.cluster("c1")?.resourceVersion;
    expect(version).toBeGreaterThan(before ?? 0);
    send(aRecord({ hist: [STALLED] }), { kruiseHistory });
    expect([fleet.cluster("c1")?.resourceVersion, fleet.resourceVersion]).toEqual([version, version]);
    const recalled = fleet.apply("c1", aReport([], { form: "recall", epoch: 2000 }));
    expect(recalled).toMatchObject({ records: [{ hist: [STALLED] }], kruiseHistory });
  });

  it("of a cluster are the verdicts on OpenKruise and the times without reports, newest first", () => {
    send(aRecord(), { kruiseHistory: [{ h: "Healthy", r: "Ready", since: at(0) }] });
    expect(cluster()?.status.history).toBeUndefined();
    pass(50);
    send(aRecord(), {
      kruiseHistory: [
        { h: "Degraded", r: "ManagerUnavailable", since: at(40) },
        { h: "Healthy", r: "Ready", since: at(0) },
      ],
    });
    pass(100);
    expect(cluster()?.status).toMatchObject({ state: "Stale" });
    pass(10);
    send(aRecord(), {
      kruiseHistory: [
        { h: "Healthy", r: "Ready", since: at(155) },
        { h: "Degraded", r: "ManagerUnavailable", since: at(40) },
        { h: "Healthy", r: "Ready", since: at(0) },
      ],
    });
    expect(cluster()?.status).toMatchObject({
      state: "Fresh",
      history: [
        { type: "Reporting", reason: "ReportStale", since: at(150), until: at(160) },
        { type: "KruiseReady", health: "Degraded", reason: "ManagerUnavailable", since: at(40), until: at(155) },
        { type: "Reporting", reason: "Reporting", since: at(0), until: at(150) },
        { type: "KruiseReady", health: "Healthy", reason: "Ready", since: at(0), until: at(40) },
      ],
    });
  });

  it("of a cluster is bounded, and the manager's start is no news", () => {
    const hist = ["Ready", "NoLeader", "Ready", "NoLeader", "Ready", "NoLeader"].map((r, index) => ({
      h: "Healthy" as const,
      r,
      since: at(9 - index),
    }));
    for (let turn = 0; turn < 20; turn += 1) {
      send(aRecord(), { kruiseHistory: hist });
      pass(100);
    }
    const history = cluster()?.status.history ?? [];
    expect(history).toHaveLength(10);
    expect(history.filter(({ type }) => type === "Reporting")).toHaveLength(5);
  });
});
