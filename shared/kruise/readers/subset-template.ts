// Reads the child template of a UnitedDeployment: one of four kinds, each with its own spelling of the same things.
import { scale } from "../../health/partition.ts";
import { cloneSetMaxUnavailable } from "./cloneset.ts";
import { readStrategy } from "./kind-reading.ts";
import { countOf, mapOf, mapOrEmpty } from "../raw.ts";
import type { Raw } from "../raw.ts";
import { statefulSetMaxUnavailable } from "./statefulset.ts";

export interface Child {
  isDeployment: boolean;
  paused: boolean;
  onDelete: boolean;
  minReadySeconds: number;
  maxUnavailable: (wanted: number) => number;
  podTemplate: Raw;
}

/** Reads the child template; a CloneSet's defaults hold where there is none. */
export function readChild(template: Raw): Child {
  const deployment = mapOf(template["deploymentTemplate"]);
  if (deployment !== undefined) return readDeployment(mapOrEmpty(deployment["spec"]));
  const stateful = mapOf(template["advancedStatefulSetTemplate"]) ?? mapOf(template["statefulSetTemplate"]);
  const spec = mapOrEmpty((stateful ?? mapOrEmpty(template["cloneSetTemplate"]))["spec"]);
  const strategy = readStrategy(spec);
  return {
    isDeployment: false,
    paused: strategy["paused"] === true,
    onDelete: strategy["type"] === "OnDelete",
    minReadySeconds: countOf(strategy["minReadySeconds"] ?? spec["minReadySeconds"]),
    maxUnavailable: (wanted) =>
      stateful ? statefulSetMaxUnavailable(strategy, wanted) : cloneSetMaxUnavailable(strategy, wanted),
    podTemplate: mapOrEmpty(spec["template"]),
  };
}

function readDeployment(spec: Raw): Child {
  const rollingUpdate = mapOrEmpty(mapOrEmpty(spec["strategy"])["rollingUpdate"]);
  return {
    isDeployment: true,
    paused: spec["paused"] === true,
    onDelete: false,
    minReadySeconds: countOf(spec["minReadySeconds"]),
    maxUnavailable: (wanted) =>
      scale(rollingUpdate["maxUnavailable"], wanted, "down") ?? scale("25%", wanted, "down") ?? 0,
    podTemplate: mapOrEmpty(spec["template"]),
  };
}
