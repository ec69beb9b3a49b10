import { describe, expect, test } from "vitest";
import { configKeys, planDefinition, planReferences } from "./configs.ts";
import { planDesiredConfig } from "./desired-config.ts";
import { addon, among, config, reference } from "./objects.fixture.ts";
import type { ClusterManagementAddOn } from "../ocm/types.ts";

const foreign = { group: "other.io", resource: "things", desiredConfig: { name: "x", specHash: "" } };
const { group, resource } = reference("");
/** OCM's mark, as both versions are read. */
const noDefault = { group, resource, noDefault: { name: "__reserved_no_default__", specHash: "" } };

function definition(status: ClusterManagementAddOn["status"]): ClusterManagementAddOn {
  return { apiVersion: "v1alpha1", kind: "ClusterManagementAddOn", metadata: { name: "kruise-health" }, status };
}

describe("planDefinition()", () => {
  test("fills in the hash of defaults and of placement configs", () => {
    const progression = { namespace: "p", name: "placement", configReferences: [reference("old")] };
    const planned = planDefinition(
      definition({ defaultConfigReferences: [reference("")], installProgressions: [progression] }),
      among(config()),
    );
    expect(planned).toEqual({
      defaultConfigReferences: [reference("hash1")],
      installProgressions: [{ ...progression, configReferences: [reference("hash1")] }],
    });
  });

  test("empties the hash of a config that is gone", () => {
    const planned = planDefinition(definition({ defaultConfigReferences: [reference("hash1")] }), among());
    expect(planned).toEqual({ defaultConfigReferences: [reference("")] });
  });

  test.each([
    { name: "hashes are right", status: { defaultConfigReferences: [reference("hash1")] } },
    { name: "there are no references", status: {} },
    { name: "the type is not ours", status: { defaultConfigReferences: [foreign] } },
    { name: "there is no default", status: { defaultConfigReferences: [noDefault] } },
    { name: "a placement has no configs", status: { installProgressions: [{ name: "placement" }] } },
  ])("writes nothing when $name", ({ status }) => {
    expect(planDefinition(definition(status), among(config()))).toBeUndefined();
  });
});

describe("planReferences()", () => {
  const own = { group, resource, namespace: "ns", name: "cfg" };

  test("writes hash and generation of a config that the object names itself", () => {
    const object = addon({ configReferences: [reference("")] }, { spec: { configs: [own] } });
    expect(planReferences(object, among(config()))).toEqual([{ ...reference("hash1"), lastObservedGeneration: 3 }]);
  });

  test("leaves the hash of a default or placement config to OCM's rollout", () => {
    const object = addon({ configReferences: [reference("released")] });
    expect(planReferences(object, among(config()))).toEqual([{ ...reference("released"), lastObservedGeneration: 3 }]);
  });

  test("keeps references of other types as they are", () => {
    expect(planReferences(addon({ configReferences: [foreign] }), among(config()))).toEqual([foreign]);
  });
});

describe("planDesiredConfig()", () => {
  test("is settled without any config once OCM has configured the add-on", () => {
    expect(planDesiredConfig(addon(), among())).toEqual({ state: "settled", config: undefined, references: [] });
  });

  test("is settled where OCM keeps a mark for no default", () => {
    const references = [noDefault];
    const state = planDesiredConfig(addon({ configReferences: references }), among());
    expect(state).toEqual({ state: "settled", config: undefined, references });
  });

  test("is settled when the hash is that of the live config", () => {
    const state = planDesiredConfig(addon({ configReferences: [reference("hash1")] }), among(config()));
    expect(state).toMatchObject({ state: "settled", config: config() });
  });

  test.each([
    { name: "OCM has not configured the add-on", status: { conditions: [] }, says: "has not resolved" },
    { name: "a hash is empty", status: { configReferences: [reference("")] }, says: "has no hash yet" },
    { name: "the config is gone", status: { configReferences: [reference("hash1", "gone")] }, says: "does not exist" },
    { name: "the rollout holds a change back", status: { configReferences: [reference("old")] }, says: "not released" },
  ])("waits while $name", ({ status, says }) => {
    expect(planDesiredConfig(addon(status), among(config()))).toEqual({
      state: "waiting",
      message: expect.stringContaining(says),
    });
  });
});

test("configKeys() names the live objects behind references", () => {
  expect(configKeys([reference(""), foreign, noDefault])).toEqual(["ns/cfg"]);
});
