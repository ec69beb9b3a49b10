// Reads status conditions. A conflict ("the object has been modified") is retried at once by the controllers, and a name
// that "already exists" is that of a pod which is still on its way out: a failure that says so is no failure.
import type { Claim } from "../health/history.ts";
import type { Condition } from "../health/inputs.ts";
import { keepMessage } from "./kept-text.ts";
import { mapsOf, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";
import { MESSAGE_BYTES } from "./record.ts";

const FAILURES = ["FailedScale", "FailedUpdate", "FailedCreatePod", "FailedUpdatePod"];
const CONFLICTS = ["Operation cannot be fulfilled", "object has been modified", "already exists"];
/** Long enough for every revision name in it. */
const MESSAGE_READ_BYTES = 1024;

/** Reads the conditions of a status that are worth something. */
export function readConditions(status: Raw): Condition[] {
  return mapsOf(status["conditions"])
    .filter((raw) => !isConflict(raw))
    .map(readCondition);
}

function readCondition(raw: Raw): Condition {
  const message = textOf(raw["message"]);
  const at = textOf(raw["lastTransitionTime"]);
  const atMs = at === undefined ? 0 : Date.parse(at);
  return {
    type: textOf(raw["type"]) ?? "",
    status: textOf(raw["status"]) ?? "",
    reason: textOf(raw["reason"]),
    message: message === undefined ? undefined : keepMessage(message, MESSAGE_READ_BYTES),
    atMs: Number.isNaN(atMs) ? 0 : atMs,
  };
}

function isConflict(raw: Raw): boolean {
  const { type, message } = raw;
  if (typeof type !== "string" || typeof message !== "string" || !FAILURES.includes(type)) return false;
  return CONFLICTS.some((conflict) => message.includes(conflict));
}

/** Finds a CloneSet's failure condition of a type. */
export function claimOf(conditions: readonly Condition[], type: "FailedScale" | "FailedUpdate"): Claim | undefined {
  const found = conditions.find((condition) => condition.type === type && condition.status === "True");
  if (found === undefined) return undefined;
  const fallback = type === "FailedScale" ? "Pods cannot be created or deleted" : "Pods cannot be updated";
  return { atMs: found.atMs, message: keepMessage(found.message ?? fallback, MESSAGE_BYTES) };
}
