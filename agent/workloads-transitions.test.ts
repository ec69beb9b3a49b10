// The earlier verdicts of a workload: what makes one, and how a restart of the agent goes on from them.
import { beforeEach, expect, it } from "vitest";
import { DEFAULT_THRESHOLDS } from "../shared/health/thresholds.ts";
import { observe } from "../shared/kruise/observe.ts";
import { ReceivedRecord } from "../shared/kruise/received-record.ts";
import { WorkloadRecord } from "../shared/kruise/record.ts";
import { TRANSITIONS_KEPT } from "../shared/kruise/transitions.ts";
import { Workloads } from "./workloads.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const START = Date.parse("2026-01-01T00:00:00Z");
const KEY = "cloneset.shop.web";
const UID = "6f3d1c2e-1111";

class Agent {
  told = 0;
  readonly workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: () => void (this.told += 1) });

  /** A CloneSet that wants 3 pods, so many of them updated and available. */
  see(updated: number, nowMs: number, { uid = UID, available = 3 } = {}): void {
    const numbers = { replicas: 3, readyReplicas: available, availableReplicas: available, updatedReplicas: updated };
    const ready = Math.min(updated, available);
    const observation = observe({
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "CloneSet",
      metadata: { name: "web", namespace: "shop", uid, generation: 1 },
      spec: { replicas: 3, template: { spec: { containers: [{ name: "app", image: "web:1" }] } } },
      status: {
        ...numbers,
        observedGeneration: 1,
        updatedReadyReplicas: ready,
        updatedAvailableReplicas: ready,
        currentRevision: "web-1",
        updateRevision: updated === 3 ? "web-1" : "web-2",
      },
    });
    this.workloads.apply("clonesets", observation, nowMs);
  }

  get record(): WorkloadRecord {
    return WorkloadRecord.parse(this.workloads.find(KEY)?.record);
  }

  /** "Health/Reason MINUTE" of the verdicts, the one of now first. */
  get verdicts(): string[] {
    const { h, r, since, hist = [] } = this.record;
    return [{ h, r, since, n: undefined }, ...hist].map(
      (each) => `${each.h}/${each.r} ${(Date.parse(each.since) - START) / MINUTE}${each.n ? ` x${each.n}` : ""}`,
    );
  }

  /** What the hub holds of it. */
  held(more: object = {}): ReceivedRecord[] {
    return [ReceivedRecord.parse({ ...this.record, ...more })];
  }
}

const ROLLED = [
  "Healthy/AllAvailable 22",
  "Progressing/Updating 20",
  "Degraded/UpdateStalled 11",
  "Progressing/Updating 1",
  "Healthy/AllAvailable 0",
];
let before: Agent;
let agent: Agent;
beforeEach(() => {
  before = new Agent();
  agent = new Agent();
});

/** A rollout that stalls and is repaired. */
function rollOut(one: Agent): void {
  one.see(3, START);
  one.see(1, START + MINUTE);
  one.workloads.tick(START + 11 * MINUTE);
  one.see(2, START + 20 * MINUTE);
  one.see(3, START + 22 * MINUTE);
}

it("has none while nothing has changed, whatever its numbers and message say", () => {
  agent.see(0, START);
  agent.see(1, START + MINUTE);
  agent.see(2, START + 2 * MINUTE);
  expect(agent.verdicts).toEqual(["Progressing/Updating 0"]);
  expect(Object.keys(agent.record)).not.toContain("hist");
});

it("tells how it came to its verdict, newest first", () => {
  rollOut(agent);
  expect(agent.verdicts).toEqual(ROLLED);
  expect(agent.record.hist).toHaveLength(4);
});

it("keeps its causes and its history when either changes", () => {
  rollOut(agent);
  agent.see(1, START + 23 * MINUTE);
  agent.workloads.setCauses(KEY, "6f3d1c2e", [{ reason: "NotReady", message: "", pods: 1 }]);
  expect(agent.verdicts).toEqual(["Progressing/Updating 23", ...ROLLED]);
  expect(Object.keys(agent.workloads.find(KEY)?.record ?? {}).slice(-2)).toEqual(["hist", "why"]);
  agent.see(2, START + 24 * MINUTE);
  expect(agent.record).toMatchObject({ why: [{ r: "NotReady" }], hist: [{}, {}, {}, {}, {}] });
  expect(agent.record.hist).toHaveLength(TRANSITIONS_KEPT);
});

it("begins anew with an object that was made anew", () => {
  rollOut(agent);
  agent.see(3, START + 30 * MINUTE, { uid: "ffffffff-2222" });
  expect(agent.verdicts).toEqual(["Healthy/AllAvailable 30"]);
});

it("is not filled by one that flaps", () => {
  rollOut(agent);
  for (let turn = 0; turn < 50; turn += 1) agent.see(turn % 2 === 0 ? 1 : 3, START + (30 + turn) * MINUTE);
  expect(agent.verdicts).toEqual([
    "Healthy/AllAvailable 79",
    "Progressing/Updating 78",
    "Healthy/AllAvailable 77 x25",
    "Progressing/Updating 20 x25",
    "Degraded/UpdateStalled 11",
    "Progressing/Updating 1",
  ]);
});

it("is the same after a restart, whether the object is seen before or after the hub has told of it", () => {
  rollOut(before);
  agent.see(3, START + 30 * MINUTE);
  agent.told = 0;
  agent.workloads.adopt(before.held(), { nowMs: START + 31 * MINUTE, behindMs: 0 });
  expect([agent.verdicts, agent.told]).toEqual([ROLLED, 1]);

  const late = new Agent();
  late.workloads.adopt(before.held(), { nowMs: START + 31 * MINUTE, behindMs: 0 });
  late.see(3, START + 31 * MINUTE);
  expect(late.verdicts).toEqual(ROLLED);
  expect(late.record).toEqual(before.record);
});

it("goes on after a restart with what has changed meanwhile, before the hub was asked and after", () => {
  rollOut(before);
  agent.workloads.adopt(before.held(), { nowMs: START + 30 * MINUTE, behindMs: 0 });
  agent.see(1, START + 31 * MINUTE);
  expect(agent.verdicts).toEqual(["Progressing/Updating 31", ...ROLLED]);

  const early = new Agent();
  early.see(3, START + 30 * MINUTE);
  early.see(1, START + 31 * MINUTE);
  early.workloads.setCauses(KEY, "6f3d1c2e", [{ reason: "NotReady", message: "", pods: 1 }]);
  early.workloads.adopt(before.held(), { nowMs: START + 32 * MINUTE, behindMs: 0 });
  expect(early.verdicts).toEqual(["Progressing/Updating 31", ...ROLLED]);
  expect(Object.keys(early.workloads.find(KEY)?.record ?? {}).slice(-2)).toEqual(["hist", "why"]);
});

it("takes nothing over of another object of the same name", () => {
  rollOut(before);
  agent.see(3, START + 30 * MINUTE, { uid: "ffffffff-2222" });
  agent.workloads.adopt(before.held(), { nowMs: START + 31 * MINUTE, behindMs: 0 });
  expect(agent.verdicts).toEqual(["Healthy/AllAvailable 30"]);
});

it("fault 4: is moved with all dates of an earlier agent whose clock was off, and never into the time to come", () => {
  rollOut(before);
  const minuteOf = (verdict: string): number => Number(verdict.split(" ")[1]);
  agent.see(3, START + 82 * MINUTE);
  agent.workloads.adopt(before.held(), { nowMs: START + 82 * MINUTE, behindMs: 60 * MINUTE });
  expect(agent.verdicts.map(minuteOf)).toEqual([82, 80, 71, 61, 60]);

  const late = new Agent();
  late.see(3, START + 10 * MINUTE);
  late.workloads.adopt(before.held(), { nowMs: START + 10 * MINUTE, behindMs: 0 });
  expect(late.verdicts.map(minuteOf)).toEqual([10, 10, 10, 1, 0]);
});

it("fault 27: goes on from the words that this version knows, and from no longer a list than it keeps itself", () => {
  rollOut(before);
  const [newest] = before.record.hist ?? [];
  const at = { nowMs: START + 30 * MINUTE, behindMs: 0 };
  agent.workloads.adopt(before.held({ hist: [newest, { ...newest, r: "TidyingUp" }, newest] }), at);
  agent.see(3, at.nowMs);
  expect(agent.verdicts).toEqual(ROLLED.slice(0, 2));

  const reasons = ["Updating", "ScalingUp"];
  const long = Array.from({ length: 10 }, (_, index) => ({ ...newest, r: reasons[index % 2] }));
  const other = new Agent();
  other.workloads.adopt(before.held({ hist: long }), at);
  other.see(3, at.nowMs);
  expect(other.record.hist?.length).toBeLessThanOrEqual(TRANSITIONS_KEPT);
});
