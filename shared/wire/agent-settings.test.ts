// What a hub user may write into the agent's settings, and what is said of a mistake.
import { describe, expect, test } from "vitest";
import { KRUISE_KINDS } from "../kruise/kinds.ts";
import { AgentSettings, ignoredNamespaces, watchedKinds } from "./agent-settings.ts";

const mistakes = (given: Record<string, string>): string[] =>
  AgentSettings.safeParse(given).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("KINDS", () => {
  test("is all kinds when it is empty or not set", () => {
    for (const given of [{}, { KINDS: "" }, { KINDS: " , " }]) {
      expect(watchedKinds(AgentSettings.parse(given))).toBe(KRUISE_KINDS);
    }
  });

  test("names the kinds to watch, in the order of all kinds, and is kept in one spelling", () => {
    const settings = AgentSettings.parse({ KINDS: " SidecarSet,CloneSet ,SidecarSet" });
    expect(settings.KINDS).toBe("SidecarSet,CloneSet");
    expect(watchedKinds(settings).map(({ kind }) => kind)).toEqual(["CloneSet", "SidecarSet"]);
  });

  test("refuses a kind that is not known and names those that are", () => {
    const [mistake, ...others] = mistakes({ KINDS: "CloneSet,Cloneset" });
    expect(others).toEqual([]);
    expect(mistake).toMatch(/^KINDS: "Cloneset" is not watched: known are CloneSet, StatefulSet, .*, GameServerSet$/);
  });
});

describe("IGNORE_NAMESPACES", () => {
  test.each([
    ["", []],
    ["kube-system", ["kube-system"]],
    [" test-*, kube-system,", ["test-*", "kube-system"]],
    ["a*,9", ["a*", "9"]],
  ])("reads %j", (text, wanted) => {
    expect(ignoredNamespaces(AgentSettings.parse({ IGNORE_NAMESPACES: text }))).toEqual(wanted);
  });

  test.each(["Shop", "-a", "a-", "a_b", "*", "a*b", "*-test", "a b", "x".repeat(64), "-*"])("refuses %j", (name) => {
    expect(mistakes({ IGNORE_NAMESPACES: `shop,${name}` })).toEqual([
      `IGNORE_NAMESPACES: ${JSON.stringify(name)} is no namespace, nor the beginning of some with * after it`,
    ]);
  });

  test("has a bound", () => {
    const names = Array.from({ length: 65 }, (_, index) => `n${index}`);
    expect(mistakes({ IGNORE_NAMESPACES: names.join(",") })).toEqual([
      "IGNORE_NAMESPACES: wanted are at most 64 namespaces",
    ]);
  });
});

test.each([
  ["UPDATE_STALLED_AFTER_SECONDS", "0", "1 or more"],
  ["UPDATE_STALLED_AFTER_SECONDS", "1.5", "1 or more"],
  ["DELETION_STALLED_AFTER_SECONDS", "1h", "1 or more"],
  ["MIN_REPORT_INTERVAL_SECONDS", "-1", "0 to 300"],
  ["MIN_REPORT_INTERVAL_SECONDS", "301", "0 to 300"],
])("%s is not %j", (name, value, range) => {
  expect(mistakes({ [name]: value })).toEqual([`${name}: wanted is a whole number of seconds, ${range}`]);
});
