// Reads a core/v1 Event of any shape: whether it is one of the few warnings that explain a workload. Pure, never throws.
import type { Warning } from "../../shared/health/history.ts";
import { keepMessage, keepText } from "../../shared/kruise/kept-text.ts";
import { APPS_GROUP, recordKey } from "../../shared/kruise/kinds.ts";
import type { KindName } from "../../shared/kruise/kinds.ts";
import { mapOrEmpty, textOf } from "../../shared/kruise/raw.ts";
import type { Raw } from "../../shared/kruise/raw.ts";
import { MESSAGE_BYTES } from "../../shared/kruise/record.ts";
import type { WarningAbout } from "../warnings.ts";

/** The kinds that tell of some failures by events alone, with the reasons that count. */
const TELLING: Partial<Record<KindName, readonly string[]>> = {
  DaemonSet: ["FailedCreate"],
  UnitedDeployment: ["FailedUpdateSubset", "FailedCreateSubset"],
};

/** Reads one Event; undefined when it is none of those. */
export function readWarningEvent(raw: unknown): WarningAbout | undefined {
  const event = mapOrEmpty(raw);
  const about = mapOrEmpty(event["involvedObject"]);
  // Kubernetes has a DaemonSet of its own: the group tells them apart.
  const isOurs = textOf(about["apiVersion"])?.startsWith(`${APPS_GROUP}/`) === true;
  const [kind, reason] = isOurs ? telling(about["kind"], event["reason"]) : [];
  const name = textOf(about["name"]);
  const atMs = lastTimeOf(event);
  if (event["type"] !== "Warning" || kind === undefined || reason === undefined) return undefined;
  if (name === undefined || atMs === undefined) return undefined;
  const warning: Warning = { reason, message: keepMessage(textOf(event["message"]) ?? "", MESSAGE_BYTES), atMs };
  const namespace = keepText(textOf(about["namespace"]) ?? "", 63);
  const key = recordKey(kind, namespace, keepText(name, 253));
  return { key, uid: keepText(textOf(about["uid"]) ?? "", 8), warning };
}

/** Our own constants for kind and reason: no part of the event is kept for them. */
function telling(kind: unknown, reason: unknown): [kind: string, reason: string] | [] {
  for (const [known, reasons] of Object.entries(TELLING)) {
    const found = known === kind && reasons.find((each) => each === reason);
    if (found) return [known, found];
  }
  return [];
}

/** When it last happened. Which field holds it depends on which recorder wrote the event. */
export function lastTimeOf(event: Raw): number | undefined {
  const series = mapOrEmpty(event["series"]);
  const created = mapOrEmpty(event["metadata"])["creationTimestamp"];
  const times = [event["lastTimestamp"], series["lastObservedTime"], event["eventTime"], created];
  return times.map((time) => Date.parse(textOf(time) ?? "")).find((ms) => Number.isFinite(ms));
}
