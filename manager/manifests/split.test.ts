import { describe, expect, test } from "vitest";
import { splitManifests } from "./split.ts";

const KIB = 1024;
/** A ConfigMap of about this size. */
const manifest = (name: string, kib: number) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "ns" },
  data: { x: "x".repeat(kib * KIB) },
});
const key = (name: string) => `ConfigMap/ns/${name}`;
/** The names in each work: `0: a b`. */
function split(sizes: Record<string, number>, placed: Record<number, string[]> = {}): string[] | string {
  const manifests = Object.entries(sizes).map(([name, kib]) => manifest(name, kib));
  const before = new Map(Object.entries(placed).map(([index, names]) => [Number(index), names.map(key)]));
  const result = splitManifests(manifests, before);
  if ("mistakes" in result) return result.mistakes;
  return [...result.works].map(([index, held]) => `${index}: ${held.map(({ metadata }) => metadata.name).join(" ")}`);
}

describe("splitManifests()", () => {
  test.each([
    { name: "small ones share a work, in their order", sizes: { c: 1, a: 2, b: 3 }, placed: {}, is: ["0: c a b"] },
    { name: "new ones fill works in their order", sizes: { a: 1, b: 399, c: 2 }, placed: {}, is: ["0: a c", "1: b"] },
    { name: "one over the budget has a work of its own", sizes: { a: 450, b: 1 }, placed: {}, is: ["0: a", "1: b"] },
    { name: "placed ones stay", sizes: { a: 1, b: 1 }, placed: { 0: ["a"], 1: ["b"] }, is: ["0: a", "1: b"] },
    { name: "placed ones stay in a later work", sizes: { b: 1 }, placed: { 0: ["a"], 1: ["b"] }, is: ["1: b"] },
    { name: "new ones join", sizes: { a: 1, b: 1 }, placed: { 1: ["a"] }, is: ["1: a b"] },
    {
      name: "of those that no longer fit, the largest moves",
      sizes: { a: 10, grown: 395, b: 10 },
      placed: { 0: ["a", "grown", "b"] },
      is: ["0: a b", "1: grown"],
    },
  ])("$name", ({ sizes, placed, is }) => {
    expect(split(sizes, placed)).toEqual(is);
  });

  test("gives the same works when its own result is what is placed", () => {
    const sizes = { a: 200, b: 150, c: 150, d: 60, e: 399 };
    const first = split(sizes) as string[];
    const placed = Object.fromEntries(first.map((line) => [Number(line[0]), line.slice(3).split(" ")]));
    expect(split(sizes, placed)).toEqual(first);
  });

  test("names what no work can take", () => {
    expect(split({ a: 1, huge: 501 })).toMatch(
      /^ConfigMap\/ns\/huge has 5\d{5} bytes; wanted are at most 512000, what one ManifestWork takes$/,
    );
  });
});
