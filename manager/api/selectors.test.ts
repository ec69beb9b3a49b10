import { expect, test } from "vitest";
import { parseFieldSelector, parseLabelSelector } from "./selectors.ts";

const labels = { app: "web", tier: "front", "example.io/kind": "CloneSet", empty: "" };

test.each([
  [null, true],
  ["", true],
  ["app", true],
  ["!app", false],
  ["gone", false],
  ["! gone", true],
  ["app=web", true],
  ["app == web", true],
  ["app!=web", false],
  ["gone!=web", true],
  ["empty=", true],
  ["app=web,tier=back", false],
  ["example.io/kind in (CloneSet, StatefulSet),app", true],
  ["app notin (web,api)", false],
  ["gone notin (web)", true],
  ["gone in (web)", false],
])("label selector %s: %s", (selector, matches) => {
  expect(parseLabelSelector(selector)(labels)).toBe(matches);
});

test.each(["a b", "app in web", "app in (web", "=web", "app=>web", "app in (-)", "app,,tier", "app=a=b"])(
  "label selector %s is refused",
  (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(`label selector "${selector}" cannot be read`);
  },
);

test.each([
  ["health=Degraded", true],
  ["health==Degraded,kind!=SidecarSet", true],
  ["health!=Degraded", false],
  ["kind=", false],
])("field selector %s: %s", (selector, matches) => {
  expect(parseFieldSelector(selector, ["health", "kind"])({ health: "Degraded", kind: "CloneSet" })).toBe(matches);
});

test.each(["health", "health>3", "health=a=b", ",", "colour=red"])("field selector %s is refused", (selector) => {
  expect(() => parseFieldSelector(selector, ["health"])).toThrow(`field selector "${selector}" cannot be read`);
});
