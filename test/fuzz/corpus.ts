// What objects are made of: every known object, its keys, and the values that each key is known to have.
// Values are kept as JSON text: each use parses a new one, which may then be changed in place.
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { loadAllAssessCases } from "../fixtures/cases.ts";
import { loadAllScenarios } from "../fixtures/scenarios.ts";

export interface Corpus {
  objects: string[];
  keys: string[];
  valuesOf: ReadonlyMap<string, string[]>;
  /** Values that are wrong somewhere, or at the edge of being right. */
  odd: string[];
  /** Values far beyond any bound. */
  huge: string[];
  /** "apps.kruise.io/v1beta1 CloneSet" and so on. */
  kinds: { apiVersion: string; kind: string }[];
}

const HUGE = 5000;

/** Collects the corpus from the tables and scenarios. */
export function collectCorpus(): Corpus {
  const observed = loadAllScenarios().flatMap(({ steps }) => steps);
  const known = [...loadAllAssessCases(), ...observed].map(({ object }) => object);
  const objects = known.filter((object) => typeof object === "object" && object !== null);
  const values = new Map<string, Set<string>>();
  for (const object of objects) collectValues(object, values);
  return {
    objects: [...new Set(objects.map((object) => JSON.stringify(object)))],
    keys: [...values.keys(), "__proto__", "constructor", "toString", ""],
    valuesOf: new Map([...values].map(([key, texts]) => [key, [...texts]])),
    odd: oddValues(),
    huge: ["x".repeat(HUGE), "\u0007".repeat(HUGE), Array.from({ length: HUGE }, () => 1)].map((value) =>
      JSON.stringify(value),
    ),
    kinds: KRUISE_KINDS.flatMap(({ group, kind, versions }) =>
      versions.map((version) => ({ apiVersion: `${group}/${version}`, kind })),
    ),
  };
}

function collectValues(tree: unknown, values: Map<string, Set<string>>): void {
  if (typeof tree !== "object" || tree === null) return;
  for (const [key, child] of Object.entries(tree)) {
    if (!Array.isArray(tree)) values.set(key, (values.get(key) ?? new Set()).add(JSON.stringify(child)));
    collectValues(child, values);
  }
}

function oddValues(): string[] {
  const numbers = [0, -1, 1, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308];
  const texts = [
    "",
    "7",
    "100%",
    "-5%",
    "0.1%",
    "1e9%",
    "True",
    "\u0000\u001b[31m",
    "\ud800",
    "é".repeat(300),
    "a/b/c",
  ];
  const dates = ["2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+275760-09-13T00:00:00Z", "0000-01-01", "yesterday"];
  const schedules = [
    "* * * * *",
    "0 0 30 2 *",
    "@hourly",
    "CRON_TZ=Mars/Base * * * * *",
    "*/0 * * * *",
    "99 99 99 99 99",
  ];
  const trees = [null, true, false, [], {}, [null], [[]], { "": null }, [{}, { type: 1 }]];
  return [...numbers, ...texts, ...dates, ...schedules, ...trees].map((value) => JSON.stringify(value));
}
