// The report protocol, both sides together, over a network that loses, repeats, reorders and delays, with agents and
// managers that restart and clocks that jump: once it is quiet, the hub holds what the agent knows.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HEALTHS } from "../../shared/health/verdict.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import { SHAPES } from "./protocol-objects.ts";
import type { Shape } from "./protocol-objects.ts";
import { CLUSTER, World } from "./protocol-world.ts";
import type { AgentOptions, SimulatedAgent } from "./protocol-world.ts";

const NAMES = 8;
const DAY_MS = 86_400_000;

/** One thing that happens; shown by its words when a run is told. */
class Happening implements fc.Command<object, World> {
  readonly #words: string;
  readonly #happen: (world: World) => void;

  constructor(words: string, happen: (world: World) => void) {
    this.#words = words;
    this.#happen = happen;
  }

  check(): boolean {
    return true;
  }

  run(_: object, world: World): void {
    this.#happen(world);
  }

  toString(): string {
    return this.#words;
  }
}

type Happenings = fc.Arbitrary<Happening>;

const index = fc.nat(50);
const name = fc.nat(NAMES - 1).map((number) => `web-${number}`);
const shape = fc.constantFrom(...SHAPES);
const offMs = fc.constantFrom(0, 0, DAY_MS, -DAY_MS, 365 * DAY_MS);

function withAgent(words: string, happen: (world: World, agent: SimulatedAgent) => void): Happenings {
  return index.map(
    (which) =>
      new Happening(`${words} #${which}`, (world) => {
        const agent = world.agents[which % Math.max(1, world.agents.length)];
        if (agent !== undefined) happen(world, agent);
      }),
  );
}

function withLetter(words: string, happen: (world: World, which: number) => void): Happenings {
  return index.map((which) => new Happening(`${words} #${which}`, (world) => happen(world, which)));
}

const change: Happenings = fc
  .tuple(name, shape, fc.integer({ min: 3, max: 5 }))
  .map(([which, to, pods]) => new Happening(`${which} is ${to} ${pods}`, (world) => world.change(which, to, pods)));
const flap: Happenings = name.map(
  (which) =>
    new Happening(`${which} flaps`, (world) => {
      for (let turn = 0; turn < 9; turn++) world.change(which, turn % 2 === 0 ? "complete" : "updating");
    }),
);
const remove: Happenings = name.map((which) => new Happening(`${which} is deleted`, (world) => world.remove(which)));
const install: Happenings = fc
  .nat(3)
  .map((ready) => new Happening(`${ready} managers are ready`, (world) => void (world.message = `${ready} ready`)));
const pass: Happenings = fc
  .constantFrom(1, 1000, 11_000, 31_000, 100_000, 700_000)
  .map((ms) => new Happening(`${ms} ms pass`, (world) => world.pass(ms)));
const exchange = withAgent("exchange", (world, agent) => world.exchange(agent));

const network: Happenings[] = [
  withAgent("send", (world, agent) => world.send(agent)),
  withLetter("deliver", (world, which) => world.deliver(which)),
  withLetter("deliver answer", (world, which) => world.deliverAnswer(which)),
  withLetter("lose", (world, which) => void world.requests.splice(which, 1)),
  withLetter("lose answer", (world, which) => void world.answers.splice(which, 1)),
  withLetter("repeat", (world, which) => world.repeat(which)),
  withAgent("give up", (world, agent) => world.giveUp(agent)),
  withAgent("refuse", (world, agent) => world.refuse(agent, false)),
];
const restarts = (options: AgentOptions): Happenings[] => [
  offMs.map((off) => new Happening(`manager restarts ${off}`, (world) => world.restartManager(off))),
  offMs.map(
    (off) =>
      new Happening(`agent restarts ${off}`, (world) => {
        world.agents.shift();
        world.startAgent({ ...options, offMs: off });
      }),
  ),
  offMs.map(
    (off) =>
      new Happening(`another agent ${off}`, (world) => {
        if (world.agents.length < 2) world.startAgent({ ...options, offMs: off });
      }),
  ),
  index.map(
    (which) =>
      new Happening(`an agent dies #${which}`, (world) => {
        if (world.agents.length > 1) world.agents.splice(which % 2, 1);
      }),
  ),
];
const sizes: Happenings[] = [
  withAgent("too large", (world, agent) => world.refuse(agent, true)),
  withAgent("grow", (_, agent) => agent.session.grow()),
];

/** Everything that happens, in any order. */
function anything(...more: Happenings[]): fc.Arbitrary<Iterable<fc.Command<object, World>>> {
  return fc.commands([change, change, change, flap, remove, install, pass, exchange, exchange, ...network, ...more], {
    maxCommands: 100,
    size: "max",
  });
}

function play(world: World, happenings: Iterable<fc.Command<object, World>>): void {
  fc.modelRun(() => ({ model: {}, real: world }), happenings);
}

/** The one living agent that the hub listens to now that it is quiet; it stays the same. */
function heardAgent(world: World): SimulatedAgent {
  const heard = new Set(world.quiet());
  expect(heard.size).toBe(1);
  const agent = world.agents.find(({ instance }) => heard.has(instance));
  if (agent === undefined) throw new Error(`the hub listens to ${[...heard].join()}, which does not live`);
  return agent;
}

function expectEqualTables(world: World): void {
  const agent = heardAgent(world);
  const byName = (records: { n: string }[]) => records.toSorted((a, b) => (a.n < b.n ? -1 : 1));
  expect(byName(world.held())).toEqual(byName(agent.records()));
  expect(world.byHealth()).toEqual(agent.workloads.byHealth);
  expect(world.fleet.cluster(CLUSTER)).toMatchObject({
    state: "Fresh",
    truncated: 0,
    kruise: { message: world.message },
  });
}

/** Each run is a life of a cluster; a busy machine needs its time for a hundred of them. */
const PATIENCE = { timeout: 60_000 };

describe("the report protocol", PATIENCE, () => {
  it("leads to equal tables after any losses, repetitions, late reports, restarts and clocks", () => {
    fc.assert(
      fc.property(anything(...restarts({})), (happenings) => {
        const world = new World();
        play(world, happenings);
        expectEqualTables(world);
      }),
      { numRuns: 250 },
    );
  });

  it("fault 27: leads to equal tables between a newer agent and a manager that knows no recall", () => {
    fc.assert(
      fc.property(anything(...restarts({ newer: true })), (happenings) => {
        const world = new World({ newer: true });
        world.managerKnowsRecall = false;
        world.managerKnowsBrief = false;
        play(world, happenings);
        expectEqualTables(world);
      }),
      { numRuns: 100 },
    );
  });

  it("leads to equal tables when the manager is replaced by an older one, and by a newer one again", () => {
    const version: Happenings = fc.boolean().map(
      (knows) =>
        new Happening(`manager of another version ${knows}`, (world) => {
          world.managerKnowsBrief = knows;
          world.restartManager(0);
        }),
    );
    fc.assert(
      fc.property(anything(version, version, ...restarts({})), (happenings) => {
        const world = new World();
        play(world, happenings);
        expectEqualTables(world);
      }),
      { numRuns: 100 },
    );
  });

  it("fault 20: keeps the worst records on the hub, and the exact counts, when not everything fits", () => {
    const limited = fc
      .integer({ min: 0, max: 3000 })
      .chain((limitBytes) =>
        anything(...restarts({ limitBytes }), ...sizes).map((happenings) => ({ limitBytes, happenings })),
      );
    fc.assert(
      fc.property(limited, ({ limitBytes, happenings }) => {
        const world = new World({ limitBytes });
        play(world, happenings);
        const agent = heardAgent(world);
        const held = new Map(world.held().map((record) => [keyOf(record), record]));
        const row = world.fleet.cluster(CLUSTER);
        expect(held.size + (row?.truncated ?? 0)).toBe(world.cluster.size);
        expect(row?.byHealth).toEqual(agent.workloads.byHealth);
        const all = agent.records();
        for (const record of all.filter((one) => held.has(keyOf(one)))) expect(held.get(keyOf(record))).toEqual(record);
        const leastHeld = Math.min(...[...held.values()].map(({ h }) => HEALTHS.indexOf(h)));
        const leftOut = all.filter((one) => !held.has(keyOf(one)));
        expect(held.size + leftOut.length).toBe(all.length);
        for (const { h } of leftOut) expect(HEALTHS.indexOf(h)).toBeLessThanOrEqual(leastHeld);
      }),
      { numRuns: 120 },
    );
  });

  it("fault 2: dates everything as an agent that never restarts does, whatever its clock", () => {
    const CALM: Shape[] = ["complete", "updating", "paused"];
    const changeCalmly: Happenings = fc
      .tuple(name, fc.constantFrom(...CALM))
      .map(([which, to]) => new Happening(`${which} is ${to}`, (world) => world.change(which, to)));
    const restart: Happenings = offMs.map(
      (off) =>
        new Happening(`agents restart ${off}`, (world) => {
          const [steady] = world.agents;
          const [, last] = world.agents.splice(0);
          // It had told everything when it ended.
          if (last !== undefined) world.exchange(last);
          if (last !== undefined) world.exchange(last);
          if (steady !== undefined) world.agents.push(steady);
          world.startAgent({ offMs: off });
          const next = world.agents.at(-1);
          if (next !== undefined) world.exchange(next);
        }),
    );
    const happenings = fc.commands([changeCalmly, changeCalmly, pass, restart], { maxCommands: 40, size: "max" });
    fc.assert(
      fc.property(happenings, (some) => {
        // The first agent never reports and never restarts: it shows what is right.
        const world = new World();
        world.startAgent({});
        play(world, some);
        const [steady, last] = world.agents;
        if (steady === undefined || last === undefined) throw new Error("two agents were to live");
        for (let i = 0; i < 3; i++) world.exchange(last);
        const off = last.options.offMs ?? 0;
        const dated = (agent: SimulatedAgent, movedMs: number) =>
          agent
            .records()
            .flatMap(({ n, h, r, since, hist = [] }) => [{ n, h, r, since }, ...hist.map((each) => ({ ...each, n }))])
            .map(({ n, h, r, since }) => `${n} ${h}/${r} ${Date.parse(since) - movedMs}`);
        expect(dated(last, off).toSorted()).toEqual(dated(steady, 0).toSorted());
      }),
      { numRuns: 120 },
    );
  });

  it("fault 10: two agents for one cluster: the newer is heard, the other named, nobody alternates", () => {
    const world = new World();
    world.change("web", "complete");
    world.pass(1000);
    world.startAgent({});
    const [older, newer] = world.agents;
    if (older === undefined || newer === undefined) throw new Error("two agents were to live");
    for (const agent of [older, older, newer, newer]) world.exchange(agent);
    const changes: string[] = [];
    world.fleet.subscribe(({ resource, row }) => void changes.push(`${resource} ${row.resourceVersion}`));
    for (let round = 0; round < 20; round++) {
      world.pass(30_000);
      for (const agent of [older, newer]) world.exchange(agent);
    }
    expect(world.fleet.cluster(CLUSTER)).toMatchObject({ agent: { instance: "pod-2" }, duplicateAgent: "pod-1" });
    // The name of the other is the only news.
    expect(changes).toHaveLength(1);
    world.agents.pop();
    expect(world.quiet()).toEqual(["pod-1", "pod-1", "pod-1"]);
  });

  it("fault 25: an agent's sequence never goes back, also when the manager forgets or goes back in time", () => {
    const world = new World();
    const [agent] = world.agents;
    const sequences: number[] = [];
    for (const off of [0, -365 * DAY_MS, DAY_MS]) {
      world.restartManager(off);
      world.pass(30_000);
      for (let i = 0; i < 3 && agent !== undefined; i++) world.exchange(agent);
      sequences.push(world.fleet.cluster(CLUSTER)?.sequence ?? 0);
      expect(world.fleet.cluster(CLUSTER)?.state).toBe("Fresh");
    }
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(3);
  });

  it("fault 21: a report that is replayed, late or out of order changes nothing", () => {
    const world = new World();
    const [agent] = world.agents;
    if (agent === undefined) throw new Error("an agent was to live");
    for (const to of SHAPES) {
      world.change("web", to);
      world.exchange(agent);
    }
    world.exchange(agent);
    const before = world.held();
    const version = world.fleet.resourceVersion;
    for (let i = 0; i < 10; i++) world.repeat(9 - i);
    while (world.requests.length > 0) world.deliver(0);
    expect([world.held(), world.fleet.resourceVersion]).toEqual([before, version]);
  });
});
