// What is kept of a pod or an event that was looked at: enough to name causes, nothing of the object itself. Pure.
import { keepText } from "../../shared/kruise/kept-text.ts";
import { mapOf, mapOrEmpty, mapsOf, textOf } from "../../shared/kruise/raw.ts";
import type { Raw } from "../../shared/kruise/raw.ts";
import { lastTimeOf } from "../watch/warning-event.ts";
import type { Cause } from "./cause.ts";
import { causeOfEvent } from "./events.ts";
import { causeOfPod } from "./pod.ts";

const NAME_BYTES = 253;
/** Events that are older tell of something past. */
const EVENT_LASTS_MS = 20 * 60_000;
/** A pod whose containers are being created for longer is stuck. */
const CREATED_WITHIN_MS = 30_000;
/** Annotation that OpenKruise's webhook gives a pod that a PodUnavailableBudget selects. */
const RELATED_BUDGET = "kruise.io/related-pub";

export interface PodSight {
  name: string;
  uid: string;
  /** uid of the controlling owner. */
  owner: string;
  ready: boolean;
  /** Its containers are being created, for longer than is usual. */
  stuckCreating: boolean;
  cause: Cause | undefined;
  /** The PodUnavailableBudget that protects it. */
  budget: string | undefined;
}

export interface EventSight {
  cause: Cause;
  /** Whom it is about: Kubernetes has kinds of the same name, and an object may be made anew. */
  uid: string;
}

/** Reads a pod; undefined when it has done its work. */
export function readPod(raw: unknown, nowMs: number): PodSight | undefined {
  const pod = mapOrEmpty(raw);
  const metadata = mapOrEmpty(pod["metadata"]);
  const status = mapOrEmpty(pod["status"]);
  if (status["phase"] === "Succeeded") return undefined;
  const owner = mapsOf(metadata["ownerReferences"]).find(({ controller }) => controller === true);
  const budget = textOf(mapOrEmpty(metadata["annotations"])[RELATED_BUDGET]);
  return {
    name: nameOf(metadata["name"]),
    uid: nameOf(metadata["uid"]),
    owner: nameOf(owner?.["uid"]),
    ready: mapsOf(status["conditions"]).some((one) => one["type"] === "Ready" && one["status"] === "True"),
    stuckCreating: isCreating(status) && nowMs - Date.parse(textOf(status["startTime"]) ?? "") >= CREATED_WITHIN_MS,
    cause: causeOfPod(pod, nowMs),
    budget: budget === undefined ? undefined : nameOf(budget),
  };
}

/** Reads a Warning event; undefined when it is old or tells of no cause. */
export function readEvent(raw: unknown, nowMs: number): EventSight | undefined {
  const event = mapOrEmpty(raw);
  const atMs = lastTimeOf(event);
  if (event["type"] !== "Warning" || atMs === undefined || nowMs - atMs >= EVENT_LASTS_MS) return undefined;
  const cause = causeOfEvent({ reason: textOf(event["reason"]) ?? "", message: textOf(event["message"]) ?? "" });
  return cause && { cause, uid: nameOf(mapOrEmpty(event["involvedObject"])["uid"]) };
}

/** The causes that some pods show. What is wrong with a pod that is ready counts only when all are. */
export function causesOfPods(pods: readonly PodSight[]): Cause[] {
  const unready = pods.filter(({ ready }) => !ready);
  return (unready.length > 0 ? unready : pods).flatMap(({ cause }) => cause ?? []);
}

/** The budget that protects pods of which every one is ready and none shows another cause. */
export function budgetOf(pods: readonly PodSight[]): string | undefined {
  const isQuiet = pods.every(({ ready, cause }) => ready && cause === undefined);
  return isQuiet ? pods.find(({ budget }) => budget !== undefined)?.budget : undefined;
}

function isCreating(status: Raw): boolean {
  const all = [...mapsOf(status["initContainerStatuses"]), ...mapsOf(status["containerStatuses"])];
  const waiting = all.map(({ state }) => mapOf(mapOrEmpty(state)["waiting"])?.["reason"]);
  return waiting.some((reason) => reason === "ContainerCreating" || reason === "PodInitializing");
}

function nameOf(value: unknown): string {
  return keepText(textOf(value) ?? "", NAME_BYTES);
}
