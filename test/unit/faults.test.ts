// The faults that the agent has to survive are numbered; each has a test whose name begins with its number.
// Held here, so that none gets lost when tests are moved or renamed.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = ["{agent,assess,manager,shared}/**/*.test.ts", "test/**/*.{test,e2e}.ts"];
/** The beginning of a test's name, behind the number of what OCM may expect if it has one. */
const NAME = /["`](?:(?:\d+|, | and )+: )?(faults? (?:\d+|, | and )+): /g;
const FAULTS: Readonly<Record<number, string>> = {
  1: "the hub is away for hours",
  2: "the agent restarts",
  3: "there is less memory than objects ask for",
  4: "a clock is wrong, or jumps",
  5: "a client certificate is rotated, or has expired",
  6: "OCM asks for no certificate any more",
  7: "the hub has another authority, or another certificate",
  8: "the hub gives tokens, and they end",
  9: "a cluster is detached and imported again",
  10: "two agents report for one cluster",
  11: "an object is poison",
  12: "a CRD is removed while it is watched",
  13: "a CRD comes later",
  14: "a CRD is served in other versions",
  15: "an API server answers 429 or 503",
  16: "an API server has forgotten its history",
  17: "a connection is half open, a watch silent",
  18: "the hub is slow",
  19: "a watch lags",
  21: "reports are replayed, late, or out of order",
  25: "the hub is restored from a backup",
  27: "agent and manager are of different versions",
  28: "OCM writes the same object at the same moment",
  29: "a workload flaps",
  30: "everything changes at once",
  31: "one kind may not be read",
  32: "a list breaks off in the middle",
  37: "OpenKruise stands still, or its webhooks do",
  39: "a kind is absent on purpose",
};

const numbers = new Set(globSync(SOURCES, { cwd: ROOT }).flatMap(numbersIn));

/** The numbers in the names of a file's tests. */
function numbersIn(file: string): number[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(NAME)].flatMap(([, name = ""]) => [...name.matchAll(/\d+/g)].map(Number));
}

test.each(Object.entries(FAULTS))("there is a test named by number %s: %s", (number) => {
  expect(numbers).toContain(Number(number));
});
