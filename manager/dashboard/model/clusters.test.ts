import { expect, test } from "vitest";
import { hasKruiseTrouble, readAddOns, readClusters, sortClusters, troubledClusters, troubleText } from "./clusters.ts";
import { aState, NOW } from "./page.fixture.ts";

const COLUMNS = [
  "Name",
  "State",
  "Kruise",
  "Healthy",
  "Progressing",
  "Suspended",
  "Degraded",
  "Unknown",
  "Reported",
  "Agent",
];
const table = {
  columnDefinitions: COLUMNS.map((name) => ({ name })),
  rows: [
    ["fine", "Fresh", "1.8.3", 5, 0, 1, 0, 0, "5s", "0.2.0"],
    ["broken", "Fresh", "1.8.3", 0, 0, 0, 9, 0, "1s", "0.2.0"],
    ["none", "Fresh", "NotInstalled", 0, 0, 0, 0, 0, "1s", "0.2.0"],
    ["silent", "Stale", "1.8.3", 0, 0, 0, 0, 3, "3m12s", "0.2.0"],
    ["longer", "Stale", "1.8.3", 0, 0, 0, 0, 3, "25h", "0.2.0"],
    ["never", "Missing", "-", 0, 0, 0, 0, 0, "never", "-"],
  ].map((cells) => ({ cells })),
};
const lines = readClusters(table, NOW);
const addOns = readAddOns([
  { metadata: { namespace: "fine" }, status: { conditions: [{ type: "Available", status: "True" }] } },
  {
    metadata: { namespace: "broken" },
    status: { conditions: [{ type: "Available", status: "Unknown", message: "no lease" }] },
  },
  { metadata: { namespace: "none" } },
]);

test("a line of the table is read by the names of its columns", () => {
  expect(lines[0]).toEqual({
    name: "fine",
    state: "Fresh",
    kruise: "1.8.3",
    agent: "0.2.0",
    counts: [5, 1, 0, 0, 0],
    reportedMs: NOW - 5_000,
  });
  expect(lines.find(({ name }) => name === "never")?.reportedMs).toBeUndefined();
});

test("who is silent comes first, the longest silence first; then what does not work; then all others", () => {
  const names = sortClusters(lines, addOns, aState()).map(({ name }) => name);
  expect(names).toEqual(["never", "longer", "silent", "broken", "none", "fine"]);
});

test("clusters that need a look are counted, those with broken workloads are not", () => {
  expect(troubledClusters(lines)).toBe(4);
});

test.each([
  ["1.8.3", false],
  ["v1.9.0-rc.1", false],
  ["-", false],
  ["NotInstalled", true],
  ["1.8.3 WebhookDown", true],
])("OpenKruise %j has trouble: %s", (kruise, trouble) => {
  expect(hasKruiseTrouble({ name: "c", state: "Fresh", kruise, agent: "", counts: [], reportedMs: 0 })).toBe(trouble);
});

test("a cluster's own trouble is told in a word beside its name", () => {
  const texts = Object.fromEntries(lines.map((line) => [line.name, troubleText(line)]));
  expect(texts).toEqual({
    fine: "",
    broken: "",
    none: "NotInstalled",
    silent: "silent",
    longer: "silent",
    never: "no report",
  });
});

test("clusters are filtered by name", () => {
  expect(sortClusters(lines, addOns, aState({ q: "SIL" })).map(({ name }) => name)).toEqual(["silent"]);
  expect(sortClusters(lines, addOns, aState({ cluster: ["fine"] })).map(({ name }) => name)).toEqual(["fine"]);
});
