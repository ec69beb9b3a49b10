// The order of the suites over the lanes.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareSuites, SECONDS, SUITES_DIR } from "./sequence.ts";

test("a suite that takes long comes before those that nothing is known of, and those go by name", () => {
  const names = ["b.e2e.ts", "situations/a.e2e.ts", "faults.e2e.ts", "a.e2e.ts", "causes.e2e.ts"];
  const sorted = names.map((name) => join(SUITES_DIR, name)).toSorted(compareSuites);
  expect(sorted.map((path) => path.slice(SUITES_DIR.length + 1))).toEqual([
    "faults.e2e.ts",
    "causes.e2e.ts",
    "a.e2e.ts",
    "b.e2e.ts",
    "situations/a.e2e.ts",
  ]);
});

test.each(Object.keys(SECONDS))("%s, which is said to take long, is there", (name) => {
  expect(existsSync(join(SUITES_DIR, name))).toBe(true);
});
