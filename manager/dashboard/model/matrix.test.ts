import { describe, expect, test } from "vitest";
import { buildMatrix, choicesOf, keepOrder, markOfCell, markOfKind, shortCounts } from "./matrix.ts";
import { aState, aStore } from "./page.fixture.ts";

const store = aStore([
  ["c1 shop/cart", "Healthy/AllAvailable"],
  ["c1 shop/pay", "Progressing/Updating"],
  ["c1 log", "Healthy/AllUpdated", { kind: "SidecarSet" }],
  ["c2 shop/cart", "Degraded/UpdateStalled"],
  ["c2 shop/pay", "Healthy/AllAvailable"],
  ["c3 shop/cart", "Suspended/PartitionHeld"],
  ["c3 bank/cart", "Suspended/Paused"],
]);
const titles = (lines: readonly { title: string }[]) => lines.map(({ title }) => title);
const build = (choices: Parameters<typeof aState>[0] = {}, known: string[] = []) => {
  const state = aState(choices);
  return buildMatrix(store, state, state.by, known);
};

describe("the matrix", () => {
  test("has the worst rows and columns first", () => {
    const { clusters, others, counts } = build();
    expect(titles(clusters)).toEqual(["c2", "c1", "c3"]);
    expect(titles(others)).toEqual(["shop/cart", "shop/pay", "bank/cart", "log"]);
    expect(counts).toEqual([3, 2, 1, 0, 1]);
  });

  test("by kind counts what each cluster has of it", () => {
    const { others, kinds } = build({ by: "kind" });
    expect(titles(others)).toEqual(["CloneSet", "SidecarSet"]);
    expect(kinds.get("c3")?.get("CloneSet")).toEqual([0, 2, 0, 0, 0]);
    expect(kinds.get("c3")?.get("SidecarSet")).toBeUndefined();
  });

  test.each([
    [{ q: "CART" }, ["c2", "c3", "c1"], ["shop/cart", "bank/cart"]],
    [{ q: "cloneset.bank" }, ["c3"], ["bank/cart"]],
    [{ ns: "bank" }, ["c3"], ["bank/cart"]],
    [{ kind: "SidecarSet" }, ["c1"], ["log"]],
    [{ cluster: ["c2"] }, ["c2"], ["shop/cart", "shop/pay"]],
    // Lines with one of them are shown whole.
    [{ health: ["Suspended" as const] }, ["c3"], ["shop/cart", "bank/cart"]],
    [{ q: "nothing" }, [], []],
  ])("of %j has rows %j and columns %j", (choices, clusters, others) => {
    const matrix = build(choices);
    expect([titles(matrix.clusters), titles(matrix.others)]).toEqual([clusters, others]);
  });

  test("has a row for a cluster without workloads, unless something is looked for", () => {
    expect(titles(build({}, ["c1", "empty"]).clusters)).toEqual(["c2", "c1", "c3", "empty"]);
    expect(titles(build({ q: "cart" }, ["empty"]).clusters)).toEqual(["c2", "c3", "c1"]);
  });

  test("keeps its order under a reader, and puts what is new at the end", () => {
    const line = (key: string) => ({ key, title: key, note: "", counts: [0, 0, 0, 0, 0] });
    const kept = keepOrder([line("a"), line("gone"), line("b")], [line("new"), line("b"), line("a")]);
    expect(titles(kept)).toEqual(["a", "b", "new"]);
  });

  test("offers the kinds and namespaces that there are", () => {
    expect(choicesOf(store)).toEqual({ kinds: ["CloneSet", "SidecarSet"], namespaces: ["bank", "shop"] });
  });
});

describe("a cell", () => {
  const cell = store.cell("c2", "cloneset.shop.cart");

  test("says in words what its colour and letter say", () => {
    if (cell === undefined) throw new Error("there is no such cell");
    expect(markOfCell(cell, true)).toEqual({
      health: "Degraded",
      text: "4/4 UpdateStalled",
      label: "shop/cart on c2: Degraded, 4/4 UpdateStalled: UpdateStalled of shop/cart",
    });
    expect(markOfCell({ ...cell, health: "Healthy" }, true).text).toBe("4/4");
    expect(markOfCell({ ...cell, detail: undefined, health: "Healthy" }, false)).toEqual({
      health: "Healthy",
      text: "",
      label: "shop/cart on c2: Healthy",
    });
  });

  test.each([
    [[7, 0, 0, 0, 0], "Healthy", "7", "CloneSet on c1: 7 Healthy"],
    [[5, 0, 1, 0, 2], "Degraded", "2/8", "CloneSet on c1: 2/8 Degraded; 2 Degraded, 1 Progressing, 5 Healthy"],
  ])("of a kind with counts %j is %s: %s", (counts, health, text, label) => {
    expect(markOfKind(counts, "CloneSet", "c1")).toEqual({ health, text, label });
  });
});

test("a line's summary names what is not Healthy", () => {
  expect(shortCounts([90, 1, 0, 12, 3])).toBe("3D 12U 1S");
  expect(shortCounts([90, 0, 0, 0, 0])).toBe("");
});
