import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, noCounts } from "./health.ts";
import { anObject, aStore } from "./page.fixture.ts";
import { identityOfName, readMetadata, readWorkload } from "./records.ts";
import { Store } from "./store.ts";

const read = (place: string, verdict: string, version = 1) => readWorkload(anObject(place, verdict, { version }));

describe("a row", () => {
  test("of a whole object has what tables show", () => {
    const object = anObject("c1 shop/cart", "Suspended/PartitionHeld", {
      status: {
        counts: { wanted: 10, ready: 9, updated: 2 },
        rollout: { partition: "80%", updateTarget: 2, updateRevision: "cart-1" },
        images: [{ container: "app", image: "registry.example:5000/shop/cart:2.1@sha256:0a" }],
      },
    });
    expect(readWorkload(object)).toMatchObject({
      cluster: "c1",
      identity: { name: "cloneset.shop.cart", kind: "CloneSet", namespace: "shop", title: "shop/cart" },
      health: "Suspended",
      detail: { reason: "PartitionHeld", ready: 9, updated: 2, wanted: 10, partition: "80%", images: "cart:2.1" },
    });
  });

  test.each([
    ["c1 shop/cart.v2", "CloneSet"],
    ["c1 log-shipper", "SidecarSet"],
  ])("of metadata alone has the same name: %s", (place, kind) => {
    const object = anObject(place, "Healthy/AllAvailable", { kind });
    const { identity } = readMetadata(object, "Healthy");
    expect(identity).toEqual(readWorkload(object).identity);
    expect(identityOfName(identity.name).title).toBe(identity.title);
  });
});

describe("what the store takes in", () => {
  test("tells what has turned, and nothing of what has not", () => {
    const store = new Store();
    expect(store.put(read("c1 a/x", "Healthy/AllAvailable", 1))).toMatchObject({ from: undefined });
    expect(store.put(read("c1 a/x", "Degraded/UpdateStalled", 2))).toMatchObject({ from: "Healthy" });
    expect(store.put(read("c1 a/x", "Degraded/LostAvailability", 3))).toBeUndefined();
    expect(store.size).toBe(1);
  });

  test("is no older than what it has: a watch may tell again what a list has told", () => {
    const store = aStore([["c1 a/x", "Degraded/UpdateStalled", { version: 5 }]]);
    expect(store.put(read("c1 a/x", "Healthy/AllAvailable", 4))).toBeUndefined();
    expect(store.cell("c1", "cloneset.a.x")?.health).toBe("Degraded");
    store.remove("c1", "cloneset.a.x", 4);
    expect(store.size).toBe(1);
  });

  test("keeps what it knew of a row when metadata of the same version comes after it", () => {
    const store = aStore([["c1 a/x", "Healthy/AllAvailable", { version: 5 }]]);
    store.put(readMetadata(anObject("c1 a/x", "Healthy/AllAvailable", { version: 5 }), "Healthy"));
    expect(store.cell("c1", "cloneset.a.x")?.detail?.reason).toBe("AllAvailable");
  });
});

describe("a list that is read again", () => {
  test("takes away what it did not tell, and nothing that came meanwhile", () => {
    const store = aStore([
      ["c1 a/x", "Healthy/AllAvailable"],
      ["c1 a/y", "Healthy/AllAvailable"],
    ]);
    const round = store.begin();
    store.put(read("c1 a/y", "Healthy/AllAvailable"), round);
    store.put(read("c2 a/z", "Healthy/AllAvailable", 9));
    store.end(round);
    expect([...store.workloads.keys()]).toEqual(["cloneset.a.y", "cloneset.a.z"]);
    expect([...store.clusters.keys()]).toEqual(["c1", "c2"]);
  });

  test("of one cluster leaves the others alone", () => {
    const store = aStore([
      ["c1 a/x", "Healthy/AllAvailable"],
      ["c2 a/x", "Healthy/AllAvailable"],
    ]);
    store.end(store.begin(), "c1");
    expect([...store.clusters.keys()]).toEqual(["c2"]);
    expect(store.workloads.get("cloneset.a.x")?.cells.size).toBe(1);
  });
});

test("whatever comes, what is counted is what is there", () => {
  const verdicts = ["Healthy/A", "Degraded/B", "Unknown/C", "Progressing/D"];
  const step = fc.record({
    place: fc.constantFrom("c1 a/x", "c1 a/y", "c2 a/x", "c2 a/y", "c3 a/y"),
    verdict: fc.constantFrom("gone", ...verdicts),
    version: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = new Store();
      for (const { place, verdict, version } of steps) {
        if (verdict === "gone") store.remove(place.slice(0, 2), `cloneset.a.${place.slice(-1)}`, version);
        else store.put(read(place, verdict, version));
      }
      const cells = [...store.workloads.values()].flatMap((workload) => [...workload.cells.values()]);
      expect(store.size).toBe(cells.length);
      expect([...store.unhealthy].length).toBe(cells.filter(({ health }) => health !== "Healthy").length);
      for (const { counts, cells: mine } of [...store.clusters.values(), ...store.workloads.values()]) {
        const recounted = noCounts();
        for (const { health } of mine.values()) add(recounted, health);
        expect(counts).toEqual(recounted);
      }
    }),
  );
});
