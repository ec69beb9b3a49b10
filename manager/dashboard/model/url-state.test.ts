import fc from "fast-check";
import { expect, test } from "vitest";
import { WORST_FIRST } from "./health.ts";
import { formatState, isFiltered, parseState, RANGES, USUAL, VIEWS } from "./url-state.ts";
import type { UrlState } from "./url-state.ts";

test.each<[string, Partial<UrlState>]>([
  ["#/fleet", {}],
  ["#/fleet?by=kind", { by: "kind" }],
  ["#/broken?q=cart&health=Degraded&health=Unknown", { view: "broken", q: "cart", health: ["Degraded", "Unknown"] }],
  ["#/fleet?kind=CloneSet&ns=shop&cluster=c1&cluster=c2", { kind: "CloneSet", ns: "shop", cluster: ["c1", "c2"] }],
  ["#/workload?workload=cloneset.a.b&range=24h", { view: "workload", workload: "cloneset.a.b", range: "24h" }],
  ["#/broken?at=c1%2Fcloneset.a.b&each=1", { view: "broken", at: "c1/cloneset.a.b", each: true }],
])("%s is what is chosen", (address, choices) => {
  expect(formatState({ ...USUAL, ...choices })).toBe(address);
  expect(parseState(address)).toEqual({ ...USUAL, ...choices });
});

test.each(["", "#", "#/", "#nonsense", "#/nonsense?by=x&health=Fine&range=1y&each=yes&at=c1"])(
  "%j is the usual page",
  (address) => {
    expect(parseState(address)).toEqual(USUAL);
  },
);

test("clusters may be named in front of #, by commas, and twice", () => {
  expect(parseState("#/fleet?cluster=c2", "?cluster=c1,c2&cluster=c3").cluster).toEqual(["c2", "c1", "c3"]);
});

test("every choice comes back from its address", () => {
  const word = fc.string().map((text) => text.trim());
  const name = fc.stringMatching(/^[a-z0-9.-]{1,20}$/);
  const choices = fc.record({
    view: fc.constantFrom(...VIEWS),
    by: fc.constantFrom("workload" as const, "kind" as const),
    q: word,
    health: fc.subarray([...WORST_FIRST]),
    kind: word,
    ns: word,
    cluster: fc.uniqueArray(name),
    workload: fc.constant(""),
    at: fc.constantFrom("", "c1/cloneset.a.b"),
    range: fc.constantFrom(...RANGES),
    each: fc.boolean(),
  });
  fc.assert(
    fc.property(choices, (state) => {
      expect(parseState(formatState(state))).toEqual(state);
    }),
  );
});

test.each<[Partial<UrlState>, boolean]>([
  [{ view: "broken", each: true, at: "c1/x", range: "1h" }, false],
  [{ q: "a" }, true],
  [{ health: ["Degraded"] }, true],
  [{ cluster: ["c1"] }, true],
])("%j narrows what is shown: %s", (choices, narrows) => {
  expect(isFiltered({ ...USUAL, ...choices })).toBe(narrows);
});
