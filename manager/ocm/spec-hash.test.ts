import { describe, expect, test } from "vitest";
import { canonicalJson, specHash } from "./spec-hash.ts";

describe("specHash()", () => {
  test("is SHA-256 of the compact, sorted JSON of the spec", () => {
    const object = {
      kind: "AddOnDeploymentConfig",
      metadata: { generation: 4, name: "cfg" },
      spec: { customizedVariables: [{ value: "debug", name: "LOG_LEVEL" }], agentInstallNamespace: "x" },
      status: {},
    };
    // printf '%s' '{"spec":{"agentInstallNamespace":"x","customizedVariables":[{"name":"LOG_LEVEL","value":"debug"}]}}' | sha256sum
    expect(specHash(object)).toBe("f7fb76022fefe152c06b24f7f24c7d4bb1cf6b83aef2c260c5a09b42b5034c58");
  });

  test("does not see metadata and status", () => {
    const spec = { a: 1 };
    expect(specHash({ metadata: { name: "a", labels: { x: "y" } }, spec })).toBe(specHash({ spec, status: { b: 2 } }));
  });
});

describe("canonicalJson()", () => {
  test.each([
    { name: "sorts keys at every level", value: { b: { d: 1, c: 2 }, a: [] }, json: '{"a":[],"b":{"c":2,"d":1}}' },
    { name: "keeps the order of lists", value: [2, 1], json: "[2,1]" },
    { name: "escapes what Go escapes", value: "<a&b>\u2028\u2029", json: '"\\u003ca\\u0026b\\u003e\\u2028\\u2029"' },
    { name: "leaves other characters as they are", value: 'é"\\/', json: '"é\\"\\\\/"' },
    { name: "leaves undefined fields out", value: { a: undefined, b: null }, json: '{"b":null}' },
    {
      name: "sorts by bytes, not by UTF-16 units",
      value: { "\u{1F600}": 1, "\uFF5E": 2 },
      json: '{"\uFF5E":2,"\u{1F600}":1}',
    },
  ])("$name", ({ value, json }) => {
    expect(canonicalJson(value)).toBe(json);
  });
});
