import { describe, expect, test } from "vitest";
import type { KruiseFleetWorkload } from "../../api/fleet-schemas.ts";
import { aState, aStore, minutesAgo, NOW } from "./page.fixture.ts";
import { countRollouts, readRollout, sortRollouts } from "./rollouts.ts";

const app = (image: string) => [{ container: "app", image }];
const status = (updated: number, image: string, rollout = {}) => ({
  counts: { wanted: 4, ready: 4, updated },
  images: app(image),
  rollout: { updateTarget: 4, ...rollout },
});
const held = { partition: "50%", updateTarget: 2 };

const store = aStore([
  ["c1 shop/cart", "Healthy/AllAvailable", { status: status(4, "r/cart:2") }],
  ["c2 shop/cart", "Progressing/Updating", { status: status(1, "r/cart:2"), since: minutesAgo(3) }],
  ["c3 shop/cart", "Suspended/PartitionHeld", { status: status(2, "r/cart:2", held) }],
  ["c4 shop/cart", "Degraded/UpdateStalled", { status: status(1, "r/cart:3"), since: minutesAgo(7) }],
  ["c5 shop/cart", "Unknown/ReportStale", { status: status(1, "r/cart:1") }],
  ["c1 shop/pay", "Suspended/Paused", { status: status(1, "r/pay:1", { paused: true }) }],
  ["c1 shop/old", "Healthy/AllAvailable", { status: status(4, "r/old:1") }],
  ["c2 shop/old", "Healthy/AllAvailable", { status: status(4, "r/old:2") }],
  ["c1 shop/done", "Healthy/AllAvailable", { status: status(4, "r/done:1") }],
  ["c1 shop/job", "Progressing/Running", { kind: "BroadcastJob", status: { counts: { desired: 4, active: 1 } } }],
]);

describe("rollouts counted from rows", () => {
  const rollouts = new Map(countRollouts(store, aState()).map((one) => [one.identity.title, one]));

  test("tell how far the clusters are, and leave out who is silent and what does not roll out", () => {
    expect(rollouts.get("shop/cart")).toMatchObject({
      health: "Degraded",
      stage: "stuck",
      sinceMs: NOW - 7 * 60_000,
      clusters: { atTarget: 1, moving: 1, held: 1, stuck: 1 },
      pods: { updated: 8, wanted: 16, held: 2 },
      versions: [
        { text: "cart:2", clusters: 3 },
        { text: "cart:3", clusters: 1 },
      ],
      holds: [{ text: "partition 50%", clusters: 1 }],
    });
    expect(rollouts.has("shop/job")).toBe(false);
  });

  test("that a person holds say by what", () => {
    expect(rollouts.get("shop/pay")).toMatchObject({ stage: "held", pods: { held: 3 }, holds: [{ text: "paused" }] });
  });

  test("are told by what is to be done about them, and not at all when that is nothing", () => {
    const { inFlight, held: byPerson, differ } = sortRollouts([...rollouts.values()], aState());
    const titles = (all: typeof inFlight) => all.map(({ identity }) => identity.title);
    expect([titles(inFlight), titles(byPerson), titles(differ)]).toEqual([["shop/cart"], ["shop/pay"], ["shop/old"]]);
  });

  test("are filtered as all is", () => {
    const { inFlight, held: byPerson } = sortRollouts(
      [...rollouts.values()],
      aState({ q: "pay", health: ["Suspended"] }),
    );
    expect([inFlight.length, byPerson.length]).toEqual([0, 1]);
  });
});

describe("a row of the fleet", () => {
  const row = (fields: Partial<KruiseFleetWorkload["status"]>) =>
    readRollout({
      metadata: { name: "cloneset.shop.cart" },
      workload: { group: "apps.kruise.io", kind: "CloneSet", namespace: "shop", name: "cart" },
      status: { health: "Suspended", message: "held", since: minutesAgo(1), ...fields },
    } as KruiseFleetWorkload);
  const clusters = (count: number) => ({ count, names: [] });

  test("tells the same", () => {
    const progress = {
      reached: 6,
      target: 6,
      updated: 6,
      wanted: 8,
      held: 2,
      clusters: { atTarget: 1, moving: 0, held: 1, stuck: 0 },
    };
    const found = row({
      progress,
      versions: [{ images: app("r/cart:2"), clusters: clusters(2) }],
      partitions: {
        values: [
          { partition: "0", paused: false, clusters: clusters(1) },
          { partition: "50%", paused: true, clusters: clusters(1) },
        ],
        podsKeptOld: 2,
        differ: true,
      },
    });
    expect(found).toMatchObject({
      stage: "held",
      pods: { updated: 6, wanted: 8, held: 2 },
      versions: [{ text: "cart:2", clusters: 2 }],
      holds: [{ text: "partition 50%, paused", clusters: 1 }],
    });
  });

  test("of a kind that rolls nothing out is none", () => {
    expect(row({})).toBeUndefined();
  });
});
