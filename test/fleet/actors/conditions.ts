// Conditions in the status of stored objects.
import { rfc3339Seconds } from "../../../shared/runtime/clock.ts";
import type { ApiObject, Json, JsonObject } from "../apiserver/json.ts";
import { at, listOf, objectOf, sameJson } from "../apiserver/json.ts";
import type { Registry } from "../apiserver/registry.ts";

export interface ConditionText {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  observedGeneration?: number;
}

export function conditionOf(object: ApiObject | undefined, type: string): JsonObject | undefined {
  const found = listOf(at(object?.status, "conditions")).find((condition) => at(condition, "type") === type);
  return found === undefined ? undefined : objectOf(found);
}

/** Writes a status as one of several writers: `change` gets a copy of it; conditions keep their time while they hold. */
export function writeStatus(
  registry: Registry,
  object: ApiObject,
  manager: string,
  change: { fields?: JsonObject; conditions?: ConditionText[] },
): void {
  const type = registry.typeOf(object);
  const { name, namespace = "" } = object.metadata;
  if (!registry.find(type, { namespace, name })) return;
  const next = (current: ApiObject): ApiObject => {
    const status = objectOf(current.status);
    const conditions = mergeConditions(listOf(status["conditions"]), change.conditions ?? []);
    const withConditions = conditions.length === 0 ? {} : { conditions };
    return { ...current, status: { ...status, ...change.fields, ...withConditions } };
  };
  registry.update(type, { namespace, name }, next, { manager, subresource: "status" });
}

function mergeConditions(existing: Json[], wanted: ConditionText[]): Json[] {
  const merged = [...existing];
  for (const condition of wanted) {
    const index = merged.findIndex((item) => at(item, "type") === condition.type);
    const former = objectOf(merged[index]);
    const isSame = former["status"] === condition.status;
    const lastTransitionTime = isSame ? former["lastTransitionTime"] : rfc3339Seconds(Date.now());
    const next: JsonObject = { ...condition, lastTransitionTime };
    if (index < 0) merged.push(next);
    else if (!sameJson(former, next)) merged[index] = next;
  }
  return merged;
}
