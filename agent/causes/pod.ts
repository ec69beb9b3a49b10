// The cause that one pod shows in its own status: the first that a person would name. Pure, and bears any JSON.
import { keepText } from "../../shared/kruise/kept-text.ts";
import { countOf, integerOf, mapOf, mapOrEmpty, mapsOf, textOf } from "../../shared/kruise/raw.ts";
import type { Raw } from "../../shared/kruise/raw.ts";
import { causeOf } from "./cause.ts";
import type { Cause } from "./cause.ts";

const NAME_BYTES = 63;
const IMAGE_BYTES = 80;
const PULL_REASONS = [
  "ImagePullBackOff",
  "ErrImagePull",
  "InvalidImageName",
  "ErrImageNeverPull",
  "RegistryUnavailable",
];
const CREATE_REASONS = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError"];
/** Label of OpenKruise's lifecycle hooks, its states in which a hook keeps a pod waiting, and when it entered one. */
const LIFECYCLE = "lifecycle.apps.kruise.io/state";
const LIFECYCLE_SINCE = "lifecycle.apps.kruise.io/timestamp";
const HELD_STATES = ["PreparingNormal", "PreparingUpdate", "PreparingDelete"];
/** What takes less is a matter of course: a start, a hook that does its work, a pod that ends. */
const USUAL_MS = 30_000;

/** Finds why a pod is not available; undefined when its status does not tell. */
export function causeOfPod(pod: Raw, nowMs: number): Cause | undefined {
  const { deletionTimestamp } = mapOrEmpty(pod["metadata"]);
  // The containers of a pod that is going end as they are told to.
  if (textOf(deletionTimestamp) !== undefined) return deletion(pod, nowMs);
  const status = mapOrEmpty(pod["status"]);
  return (
    scheduling(status) ??
    containers(status, "initContainerStatuses") ??
    containers(status, "containerStatuses") ??
    hook(pod, nowMs) ??
    failure(status) ??
    unready(status, nowMs) ??
    gate(pod, status)
  );
}

function scheduling(status: Raw): Cause | undefined {
  const found = conditionOf(status, "PodScheduled");
  if (found?.["status"] !== "False") return undefined;
  if (found["reason"] === "SchedulingGated") return causeOf("CannotSchedule", "a scheduling gate is not lifted yet");
  const text = textOf(found["message"]) ?? "no node fits";
  if (/persistentvolumeclaim "|unbound immediate PersistentVolumeClaims/.test(text))
    return causeOf("VolumeMissing", "a PersistentVolumeClaim of the pod is not there, or not bound");
  // The scheduler's last sentences tell of preemption: they repeat the numbers and say no more.
  const [message = ""] = text.split(" preemption:");
  return causeOf("CannotSchedule", message);
}

function containers(status: Raw, field: string): Cause | undefined {
  for (const container of mapsOf(status[field])) {
    const found = causeOfContainer(container);
    if (found) return found;
  }
  return undefined;
}

function causeOfContainer(container: Raw): Cause | undefined {
  const name = nameOf(container);
  const waiting = textOf(mapOrEmpty(mapOrEmpty(container["state"])["waiting"])["reason"]) ?? "";
  if (PULL_REASONS.includes(waiting)) {
    const image = keepText(textOf(container["image"]) ?? "", IMAGE_BYTES);
    return causeOf("ImageNotPulled", `container ${name}: image ${image} cannot be pulled`);
  }
  // The kubelet's message names the Secret or ConfigMap that is missing: names that stay in the cluster.
  if (CREATE_REASONS.includes(waiting)) return causeOf("ContainerNotCreated", `container ${name}: ${waiting}`);
  return crash(container, waiting);
}

function crash(container: Raw, waiting: string): Cause | undefined {
  const { terminated, running } = mapOrEmpty(container["state"]);
  const ended = mapOf(terminated);
  const endedBefore = mapOf(mapOrEmpty(container["lastState"])["terminated"]);
  const failed = isFailure(ended);
  // A crash loop runs between two crashes: it is not ready then either.
  const isBetween = mapOf(running) !== undefined && container["ready"] !== true && isFailure(endedBefore);
  if (waiting !== "CrashLoopBackOff" && !failed && !isBetween) return undefined;
  const last = failed ? ended : endedBefore;
  const code = integerOf(last?.["exitCode"]);
  const why = last?.["reason"] === "OOMKilled" ? "out of memory" : `exit code ${code ?? "unknown"}`;
  const restarts = countOf(container["restartCount"]);
  return { ...causeOf("ContainerCrashes", `container ${nameOf(container)} crashes: ${why}`), restarts };
}

function isFailure(terminated: Raw | undefined): boolean {
  return terminated !== undefined && countOf(terminated["exitCode"]) !== 0;
}

function hook(pod: Raw, nowMs: number): Cause | undefined {
  const { labels, annotations } = mapOrEmpty(pod["metadata"]);
  const state = HELD_STATES.find((each) => each === mapOrEmpty(labels)[LIFECYCLE]);
  if (state === undefined || isYoung(mapOrEmpty(annotations)[LIFECYCLE_SINCE], nowMs)) return undefined;
  return causeOf("HookHolds", `a lifecycle hook holds the pod in ${state}`);
}

/** A pod that the kubelet or the node has given up. */
function failure({ phase, reason }: Raw): Cause | undefined {
  if (phase !== "Failed") return undefined;
  const text = textOf(reason) ?? "";
  return causeOf("PodFailed", /^[A-Za-z]{1,40}$/.test(text) ? `the pod has failed (${text})` : "the pod has failed");
}

function deletion(pod: Raw, nowMs: number): Cause | undefined {
  const { deletionTimestamp, finalizers } = mapOrEmpty(pod["metadata"]);
  // It is the time by which the pod is to be gone.
  if (isYoung(deletionTimestamp, nowMs)) return undefined;
  const held = Array.isArray(finalizers) && finalizers.length > 0;
  const why = held ? "finalizers remain" : "its node has not ended it";
  return causeOf("StuckTerminating", `the pod should be gone by now; ${why}`);
}

/** Says of a pod that runs which container's probe has not passed. */
function unready(status: Raw, nowMs: number): Cause | undefined {
  const isUnready = (container: Raw): boolean => {
    const running = mapOf(mapOrEmpty(container["state"])["running"]);
    return container["ready"] !== true && running !== undefined && !isYoung(running["startedAt"], nowMs);
  };
  const found = mapsOf(status["containerStatuses"]).find(isUnready);
  if (found === undefined) return undefined;
  const probe = found["started"] === false ? "startup" : "readiness";
  return causeOf("NotReady", `container ${nameOf(found)} runs, but its ${probe} probe has not passed`);
}

/** Says of a pod with ready containers which gate somebody else has to open. */
function gate(pod: Raw, status: Raw): Cause | undefined {
  const ready = conditionOf(status, "Ready");
  if (ready?.["status"] !== "False" || ready["reason"] !== "ReadinessGatesNotReady") return undefined;
  const gates = mapsOf(mapOrEmpty(pod["spec"])["readinessGates"]).map(({ conditionType }) => textOf(conditionType));
  const closed = gates.find((type) => type !== undefined && conditionOf(status, type)?.["status"] !== "True");
  return causeOf("NotReady", `readiness gate ${keepText(closed ?? "", NAME_BYTES)} of the pod is not open`);
}

function nameOf(container: Raw): string {
  return keepText(textOf(container["name"]) ?? "", NAME_BYTES);
}

function conditionOf(status: Raw, type: string): Raw | undefined {
  return mapsOf(status["conditions"]).find((condition) => condition["type"] === type);
}

/** Less than the usual time has passed since; a date that is missing is long ago. */
function isYoung(date: unknown, nowMs: number): boolean {
  return nowMs - Date.parse(textOf(date) ?? "") < USUAL_MS;
}
