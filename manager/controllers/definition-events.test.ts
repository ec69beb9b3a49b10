// What is told of the configs that a ClusterManagementAddOn names.
import { describe, expect, test } from "vitest";
import { DefinitionEvents, planConfigEvents } from "./definition-events.ts";
import { among, config, reference } from "./objects.fixture.ts";
import type { ClusterManagementAddOn } from "../ocm/types.ts";

describe("planConfigEvents()", () => {
  test.each<{ what: string; before: [string, string][]; now: [string, string][]; told: string[] }>([
    { what: "nothing of what stays", before: [["ns/a", "1"]], now: [["ns/a", "1"]], told: [] },
    { what: "nothing of one that is named and there", before: [], now: [["ns/a", "1"]], told: [] },
    {
      what: "one that is named and not there",
      before: [],
      now: [["ns/a", ""]],
      told: ["Warning ConfigMissing: AddOnDeploymentConfig ns/a does not exist: agents stay as they are"],
    },
    {
      what: "one that has gone",
      before: [["ns/a", "1"]],
      now: [["ns/a", ""]],
      told: ["Warning ConfigMissing: AddOnDeploymentConfig ns/a does not exist: agents stay as they are"],
    },
    {
      what: "one that is back",
      before: [["ns/a", ""]],
      now: [["ns/a", "1"]],
      told: ["Normal ConfigFound: AddOnDeploymentConfig ns/a is there"],
    },
    {
      what: "one that has changed",
      before: [["ns/a", "1"]],
      now: [["ns/a", "2"]],
      told: ["Normal ConfigChanged: AddOnDeploymentConfig ns/a has changed: agents follow at the pace of the rollout"],
    },
  ])("tells $what", ({ before, now, told }) => {
    const events = planConfigEvents(new Map(before), new Map(now));
    expect(events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual(told);
  });
});

test("DefinitionEvents tells nothing of what the first listing shows, of defaults and placements what comes after", () => {
  const told: string[] = [];
  const state = { listed: false, found: among(config()) };
  const definition: ClusterManagementAddOn = {
    apiVersion: "addon.open-cluster-management.io/v1alpha1",
    kind: "ClusterManagementAddOn",
    metadata: { name: "kruise-health", uid: "u" },
    status: {
      defaultConfigReferences: [reference("")],
      installProgressions: [{ namespace: "ns", name: "p", configReferences: [reference("", "other")] }],
    },
  };
  const events = new DefinitionEvents({
    recorder: { record: ({ kind }, { reason, message }) => told.push(`${kind} ${reason} ${message.split(" ")[1]}`) },
    definition: () => definition,
    findConfig: (namespace, name) => state.found(namespace, name),
    isListed: () => state.listed,
  });
  events.changed();
  state.listed = true;
  events.changed();
  expect(told).toEqual([]);
  state.found = among(config({}, "hash2"), config({}, "h", "other"));
  events.changed();
  events.changed();
  expect(told).toEqual(["ClusterManagementAddOn ConfigChanged ns/cfg", "ClusterManagementAddOn ConfigFound ns/other"]);
});
