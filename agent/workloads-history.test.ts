// What an agent takes over from the one before it, and how it tells of workloads that flap.
import { beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_THRESHOLDS } from "../shared/health/thresholds.ts";
import { observe } from "../shared/kruise/observe.ts";
import type { Observation } from "../shared/kruise/observe.ts";
import { ReceivedRecord } from "../shared/kruise/received-record.ts";
import { Workloads } from "./workloads.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const START = Date.parse("2026-01-01T00:00:00Z");
/** The earlier agent was seen last an hour before the start of the one under test. */
const EARLIER = START - 60 * MINUTE;

interface Seen {
  available?: number;
  updated?: number;
  uid?: string;
}

/** A CloneSet that wants 3 pods. */
function cloneSet(name: string, { available = 3, updated = 3, uid = "6f3d1c2e-1111" }: Seen = {}): Observation {
  const ready = Math.min(updated, available);
  return observe({
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", uid, generation: 1 },
    spec: { replicas: 3, template: { spec: { containers: [{ name: "app", image: "web:1" }] } } },
    status: {
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: available,
      availableReplicas: available,
      updatedReplicas: updated,
      updatedReadyReplicas: ready,
      updatedAvailableReplicas: ready,
      currentRevision: "web-1",
      updateRevision: updated === 3 ? "web-1" : "web-2",
    },
  });
}

class Agent {
  readonly told: string[] = [];
  readonly workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: (key) => this.told.push(key) });

  see(name: string, nowMs: number, seen?: Seen): void {
    this.workloads.apply("clonesets", cloneSet(name, seen), nowMs);
  }

  /** "Health/Reason since" of a workload, the time in minutes from the start. */
  says(name: string): string {
    const record = this.workloads.candidates.records.get(`cloneset.shop.${name}`)?.record;
    return `${record?.h}/${record?.r} ${(Date.parse(record?.since ?? "") - START) / MINUTE}`;
  }

  /** What the hub holds of it. */
  held(): ReceivedRecord[] {
    return Array.from(this.workloads.candidates.records.values(), ({ record }) =>
      ReceivedRecord.parse(JSON.parse(JSON.stringify(record))),
    );
  }
}

let before: Agent;
let agent: Agent;
beforeEach(() => {
  before = new Agent();
  agent = new Agent();
});

describe("fault 2: what the hub held of an earlier agent", () => {
  const at = { nowMs: START + SECOND, behindMs: 0 };

  it("keeps its dates when nothing has changed, whether the object is seen before or after", () => {
    before.see("web", EARLIER);
    before.see("db", EARLIER, { updated: 1 });
    before.workloads.tick(EARLIER + 10 * MINUTE);
    expect(before.says("db")).toBe("Degraded/UpdateStalled -50");
    agent.see("web", START);
    agent.see("db", START, { updated: 1 });
    expect([agent.says("web"), agent.says("db")]).toEqual(["Healthy/AllAvailable 0", "Progressing/Updating 0"]);
    agent.workloads.adopt(before.held(), at);
    expect([agent.says("web"), agent.says("db")]).toEqual(["Healthy/AllAvailable -60", "Degraded/UpdateStalled -50"]);

    const late = new Agent();
    late.workloads.adopt(before.held(), at);
    late.see("db", START + MINUTE, { updated: 1 });
    expect(late.says("db")).toBe("Degraded/UpdateStalled -50");
  });

  describe("the causes of what is not healthy", () => {
    const causes = [{ reason: "ImageNotPulled" as const, message: "no such image", pods: 2 }];
    const causesOf = (name: string): unknown =>
      agent.workloads.candidates.records.get(`cloneset.shop.${name}`)?.record.why?.map(({ r }) => r);
    beforeEach(() => {
      before.see("db", EARLIER, { updated: 1 });
      before.workloads.tick(EARLIER + 10 * MINUTE);
      before.workloads.setCauses("cloneset.shop.db", "6f3d1c2e", causes);
    });

    it("stay, whether the object is seen before or after, until a look says otherwise", () => {
      agent.see("db", START, { updated: 1 });
      expect(causesOf("db")).toBeUndefined();
      agent.workloads.adopt(before.held(), at);
      expect(causesOf("db")).toEqual(["ImageNotPulled"]);
      agent.workloads.setCauses("cloneset.shop.db", "6f3d1c2e", []);
      expect(causesOf("db")).toBeUndefined();

      agent = new Agent();
      agent.workloads.adopt(before.held(), at);
      agent.see("db", START + MINUTE, { updated: 1 });
      expect(causesOf("db")).toEqual(["ImageNotPulled"]);
    });

    it("go when the verdict is another one", () => {
      agent.workloads.adopt(before.held(), at);
      agent.see("db", START, { updated: 2 });
      expect(agent.says("db")).toBe("Progressing/Updating 0");
      expect(causesOf("db")).toBeUndefined();
    });

    it("give way to what this agent has seen itself, and to words that it knows", () => {
      const [record] = before.held();
      const odd = { r: "Gremlins", m: "", n: 1 };
      agent.see("db", START, { updated: 1 });
      agent.workloads.setCauses("cloneset.shop.db", "6f3d1c2e", [{ reason: "NotReady", message: "", pods: 1 }]);
      agent.workloads.adopt(before.held(), at);
      expect(causesOf("db")).toEqual(["NotReady"]);

      agent = new Agent();
      agent.workloads.adopt(record ? [{ ...record, why: [odd, ...(record.why ?? [])] }] : [], at);
      agent.see("db", START, { updated: 1 });
      expect(causesOf("db")).toEqual(["ImageNotPulled"]);
    });
  });

  it("goes on counting where the earlier agent was", () => {
    before.see("db", START - 5 * MINUTE, { updated: 1 });
    agent.see("db", START, { updated: 1 });
    agent.workloads.adopt(before.held(), at);
    agent.workloads.tick(START + 5 * MINUTE - 1);
    expect(agent.says("db")).toBe("Progressing/Updating -5");
    agent.workloads.tick(START + 5 * MINUTE);
    expect(agent.says("db")).toBe("Degraded/UpdateStalled 5");
  });

  it("notices what was lost while no agent ran", () => {
    before.see("web", EARLIER);
    agent.see("web", START, { available: 0 });
    agent.workloads.adopt(before.held(), at);
    expect(agent.says("web")).toBe(`Degraded/LostAvailability ${SECOND / MINUTE}`);
  });

  it("leaves alone what has changed since the agent began", () => {
    before.see("web", EARLIER);
    agent.see("web", START, { available: 1 });
    agent.see("web", START + SECOND / 2);
    agent.workloads.adopt(before.held(), { nowMs: START + MINUTE, behindMs: 0 });
    expect(agent.says("web")).toBe("Healthy/AllAvailable 0");
  });

  it("says nothing of an object that was made anew, or that is seen ten minutes later", () => {
    before.see("web", EARLIER);
    before.see("db", EARLIER);
    agent.see("web", START, { uid: "ffffffff" });
    agent.workloads.adopt(before.held(), at);
    agent.workloads.tick(at.nowMs + 10 * MINUTE);
    agent.see("db", START + 11 * MINUTE);
    expect([agent.says("web"), agent.says("db")]).toEqual(["Healthy/AllAvailable 0", "Healthy/AllAvailable 11"]);
  });

  it("fault 27: leaves out records that this version cannot go on from", () => {
    before.see("web", EARLIER);
    agent.see("web", START);
    const [record] = before.held();
    for (const odd of [{ r: "TidyingUp" }, { h: "Unknown" as const, written: "Radiant" }]) {
      agent.workloads.adopt(record ? [{ ...record, ...odd }] : [], at);
    }
    expect(agent.says("web")).toBe("Healthy/AllAvailable 0");
  });

  it.each([
    ["behind by a day", -1440, "-60"],
    ["ahead by a day", 1440, "-60"],
    ["off by less than a report may take", 0.5, "-59.5"],
  ])("fault 4: moves the dates of an earlier agent whose clock was %s", (_, offMinutes, since) => {
    before.see("web", EARLIER + offMinutes * MINUTE);
    agent.see("web", START);
    agent.workloads.adopt(before.held(), { ...at, behindMs: -offMinutes * MINUTE });
    expect(agent.says("web")).toBe(`Healthy/AllAvailable ${since}`);
  });

  it("fault 4: takes no date that is still to come", () => {
    before.see("web", START + 600 * MINUTE);
    agent.see("web", START);
    agent.workloads.adopt(before.held(), { nowMs: START + MINUTE, behindMs: 0 });
    expect(agent.says("web")).toBe("Healthy/AllAvailable 1");
  });
});

describe("fault 29: a workload that flaps", () => {
  /** Turns once a second, from healthy to an outage and back. */
  function flap(name: string, seconds: number, fromMs = START): void {
    for (let second = 0; second < seconds; second++) {
      agent.see(name, fromMs + second * SECOND, second % 2 === 0 ? {} : { available: 0 });
      agent.workloads.tick(fromMs + second * SECOND);
    }
  }
  const notes = (name: string): string[] | undefined =>
    agent.workloads.candidates.records.get(`cloneset.shop.${name}`)?.record.notes;

  it("is told of at most once in ten seconds, and is true in memory all the time", () => {
    flap("web", 7);
    expect([notes("web"), agent.told.length]).toEqual([undefined, 7]);
    agent.told.length = 0;
    flap("web", 61, START + 7 * SECOND);
    expect(notes("web")).toEqual(["Flapping"]);
    // First at 8 s, with the seventh turn; the last at 58 s.
    expect(agent.told.length).toBe(6);
    expect(agent.says("web")).toMatch(/^Healthy/);
    expect(agent.workloads.byHealth.Healthy).toBe(1);
  });

  it("is told of in the end, as it is then", () => {
    flap("web", 20);
    const flapping = agent.says("web");
    agent.told.length = 0;
    for (let second = 20; second < 60; second++) agent.workloads.tick(START + second * SECOND);
    expect([agent.told, agent.says("web")]).toEqual([["cloneset.shop.web"], flapping]);
    agent.workloads.tick(START + 30 * MINUTE);
    expect([notes("web"), agent.told.length]).toEqual([undefined, 2]);
  });

  it("delays no other workload, and is gone at once when it is deleted", () => {
    flap("web", 20);
    agent.told.length = 0;
    agent.see("db", START + 20 * SECOND);
    expect(agent.told).toEqual(["cloneset.shop.db"]);
    expect([...(agent.workloads.candidates.resting ?? [])]).toEqual(["cloneset.shop.web"]);
    agent.workloads.remove("cloneset.shop.web");
    expect(agent.told).toEqual(["cloneset.shop.db", "cloneset.shop.web"]);
    expect(agent.workloads.candidates.resting?.size).toBe(0);
  });
});
