import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedRows } from "./sorted-rows.ts";

interface Step {
  name: number;
  gone: boolean;
}

function expectAsModel(
  rows: SortedRows<{ name: string; turn: number }>,
  model: Map<string, { name: string; turn: number }>,
) {
  const sorted = [...model.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(rows.rows()).toEqual(sorted);
  expect(rows.size).toBe(model.size);
}

test("rows are by name whatever came in which order, and each is the last of its name", () => {
  const step: fc.Arbitrary<Step> = fc.record({ name: fc.nat(40), gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const rows = new SortedRows<{ name: string; turn: number }>();
      const model = new Map<string, { name: string; turn: number }>();
      for (const [turn, { name, gone }] of steps.entries()) {
        const row = { name: `w${name}`, turn };
        if (gone) rows.delete(row.name);
        else rows.set(row);
        if (gone) model.delete(row.name);
        else model.set(row.name, row);
        expect(rows.get(row.name)).toBe(gone ? undefined : row);
      }
      expectAsModel(rows, model);
    }),
  );
});

test.each(["up", "down", "mixed"])("many rows that come %s stay in order and go again", (order) => {
  const names = Array.from({ length: 5000 }, (_, index) => (order === "mixed" ? (index * 2731) % 5000 : index));
  if (order === "down") names.reverse();
  const rows = new SortedRows<{ name: string; turn: number }>();
  const model = new Map<string, { name: string; turn: number }>();
  for (const [turn, index] of names.entries()) {
    const row = { name: `w${index}`, turn };
    rows.set(row);
    model.set(row.name, row);
  }
  expectAsModel(rows, model);
  for (const index of names) if (index % 7 !== 0) rows.delete(`w${index}`);
  for (const index of names) if (index % 7 !== 0) model.delete(`w${index}`);
  expectAsModel(rows, model);
});
