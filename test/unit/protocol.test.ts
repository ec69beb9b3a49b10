// The report protocol, agent's session and manager's fleet together, over a network that loses, repeats and reorders
// reports and answers, with managers that restart: once it is quiet, the hub holds what the agent knows.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fleet } from "../../manager/fleet/fleet.ts";
import { ReportSession } from "../../agent/report/session.ts";
import type { Facts } from "../../agent/report/session.ts";
import type { SizedRecord } from "../../agent/report/selection.ts";
import type { Health, Reason } from "../../shared/health/verdict.ts";
import { HEALTHS } from "../../shared/health/verdict.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { Report } from "../../shared/wire/report.ts";

const CLUSTER = "c1";
const REASON: Record<Health, Reason> = {
  Healthy: "AllAvailable",
  Suspended: "Paused",
  Progressing: "Updating",
  Unknown: "StatusMalformed",
  Degraded: "UpdateStalled",
};

function recordOf(name: number, health: Health, generation: number): WorkloadRecord {
  return {
    g: "apps.kruise.io",
    v: "v1beta1",
    k: "CloneSet",
    ns: "shop",
    n: `web-${name}`,
    u: "0a1b2c3d",
    gen: generation,
    h: health,
    r: REASON[health],
    m: "",
    c: { d: generation },
    since: "2026-01-01T00:00:00Z",
  };
}

/** The agent's side: a table of workloads and its session. */
class AgentModel {
  readonly records = new Map<string, SizedRecord>();
  readonly session: ReportSession;
  constructor(epochMs: number, limitBytes: number) {
    this.session = new ReportSession({ agent: { version: "1", ruleSet: "1", instance: "pod-1" }, epochMs, limitBytes });
  }

  set(record: WorkloadRecord): void {
    this.records.set(keyOf(record), { record, bytes: Buffer.byteLength(JSON.stringify(record)) });
    this.session.note(keyOf(record));
  }

  remove(key: string): void {
    if (this.records.delete(key)) this.session.note(key);
  }

  facts(): Facts {
    const byHealth: Record<Health, number> = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
    let bytes = 0;
    for (const sized of this.records.values()) {
      byHealth[sized.record.h] += 1;
      bytes += sized.bytes;
    }
    return {
      candidates: { records: this.records, bytes },
      kruise: { health: "Healthy", reason: "Ready", message: "" },
      kinds: [],
      byHealth,
    };
  }
}

class ManagerModel {
  clockMs = 1_000_000;
  fleet = this.begin();

  begin(): Fleet {
    this.clockMs += 1000;
    const now = (): number => this.clockMs;
    const clock = { monotonicMs: now, wallMs: now };
    const fleet = new Fleet({ clock, epochMs: this.clockMs, staleAfterMs: 90_000, heartbeatMs: 30_000 });
    fleet.expect(CLUSTER);
    return fleet;
  }

  restart(): void {
    this.fleet = this.begin();
  }

  held(): WorkloadRecord[] {
    return this.fleet.workloads(CLUSTER).map(({ record }) => record);
  }
}

/** A report through the wire's own schema, so that nothing is shared by reference. */
function overTheWire(report: Report): Report {
  return Report.parse(JSON.parse(JSON.stringify(report)));
}

function exchange(agent: AgentModel, manager: ManagerModel): void {
  agent.session.answer(manager.fleet.apply(CLUSTER, overTheWire(agent.session.next(agent.facts()))));
}

type Step =
  | { do: "set"; name: number; health: Health; generation: number }
  | { do: "remove"; name: number }
  | { do: "exchange" | "loseRequest" | "loseAnswer" | "refuse" | "restart" }
  | { do: "replay"; index: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("set" as const),
      name: fc.nat(11),
      health: fc.constantFrom(...HEALTHS),
      generation: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), name: fc.nat(11) }) },
  { weight: 5, arbitrary: fc.constant({ do: "exchange" as const }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...(["loseRequest", "loseAnswer", "refuse", "restart"] as const).map((word) => ({ do: word })),
    ),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("replay" as const), index: fc.nat(20) }) },
);

/** Every report that was ever on its way, to be delivered again at any later time. */
function play(agent: AgentModel, manager: ManagerModel, steps: readonly Step[]): void {
  const sent: Report[] = [];
  const send = (): Report => {
    const report = overTheWire(agent.session.next(agent.facts()));
    sent.push(report);
    return report;
  };
  const actions: { [Word in Step["do"]]: (step: Extract<Step, { do: Word }>) => void } = {
    set: ({ name, health, generation }) => agent.set(recordOf(name, health, generation)),
    remove: ({ name }) => agent.remove(keyOf(recordOf(name, "Healthy", 0))),
    exchange: () => void agent.session.answer(manager.fleet.apply(CLUSTER, send())),
    loseRequest: () => {
      send();
      agent.session.lose();
    },
    loseAnswer: () => {
      manager.fleet.apply(CLUSTER, send());
      agent.session.lose();
    },
    refuse: () => {
      // Refused reports never reach the manager, not even late.
      agent.session.next(agent.facts());
      agent.session.refuse();
    },
    restart: () => manager.restart(),
    replay: ({ index }) => {
      const old = sent[index % Math.max(1, sent.length)];
      if (old !== undefined) manager.fleet.apply(CLUSTER, old);
    },
  };
  for (const one of steps) (actions[one.do] as (given: Step) => void)(one);
}

describe("the report protocol", () => {
  it("leads to equal tables after any losses, repetitions, late reports and manager restarts", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const agent = new AgentModel(1000, 1_000_000);
        const manager = new ManagerModel();
        play(agent, manager, steps);
        // Quiet: a heartbeat may be answered by resync, its snapshot is taken.
        for (let i = 0; i < 3; i++) exchange(agent, manager);
        const known = Array.from(agent.records.values(), ({ record }) => record);
        expect(new Set(manager.held())).toEqual(new Set(known));
        expect(manager.fleet.cluster(CLUSTER)?.byHealth).toEqual(agent.facts().byHealth);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the worst records on the hub, and the exact counts, when not everything fits", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 2000 }), (steps, limitBytes) => {
        const agent = new AgentModel(1000, limitBytes);
        const manager = new ManagerModel();
        play(agent, manager, steps);
        for (let i = 0; i < 3; i++) exchange(agent, manager);
        const held = manager.held();
        const row = manager.fleet.cluster(CLUSTER);
        expect(held.length + (row?.truncated ?? 0)).toBe(agent.records.size);
        expect(row?.byHealth).toEqual(agent.facts().byHealth);
        for (const record of held) expect(agent.records.get(keyOf(record))?.record).toEqual(record);
        const leftOut = [...agent.records.values()].filter(({ record }) => !held.some(({ n }) => n === record.n));
        const leastHeld = Math.min(...held.map(({ h }) => HEALTHS.indexOf(h)));
        for (const { record } of leftOut) expect(HEALTHS.indexOf(record.h)).toBeLessThanOrEqual(leastHeld);
      }),
      { numRuns: 200 },
    );
  });

  it("yields to a newer agent and takes over again when that one is silent", () => {
    const manager = new ManagerModel();
    const older = new AgentModel(1000, 1_000_000);
    const newer = new AgentModel(2000, 1_000_000);
    older.set(recordOf(1, "Healthy", 1));
    newer.set(recordOf(2, "Healthy", 1));
    exchange(older, manager);
    exchange(newer, manager);
    const outcome = older.session.answer(manager.fleet.apply(CLUSTER, overTheWire(older.session.next(older.facts()))));
    expect(outcome).toBe("Outvoted");
    expect(manager.held().map(({ n }) => n)).toEqual(["web-2"]);
    manager.clockMs += 91_000;
    manager.fleet.sweep();
    exchange(older, manager);
    expect(manager.held().map(({ n }) => n)).toEqual(["web-1"]);
  });
});
