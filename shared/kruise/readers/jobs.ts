// What the readers of the job kinds have in common.
import { keepMessage, keepText } from "../kept-text.ts";
import { countOf, mapOrEmpty, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import type { Counts, KindReading } from "./kind-reading.ts";

/** A controller's words that stand behind numbers: together they fit a message. */
export const CAUSE_BYTES = 80;
const PHASE_BYTES = 63;

/** Reads status.phase as written; the Go zero value "" is one that is not set. */
export function readPhase(status: Raw): string {
  const { phase } = status;
  if (phase === undefined || phase === null) return "";
  return typeof phase === "string" ? keepMessage(phase, PHASE_BYTES) : "not a text";
}

/** Says whether the job never completes, and waits for new nodes instead. */
export function neverCompletes(spec: Raw): boolean {
  return mapOrEmpty(spec["completionPolicy"])["type"] === "Never";
}

/** Says whether the job may not do anything: the documented way to pause a pull. */
export function isParallelismZero({ parallelism }: Raw): boolean {
  return parallelism === 0 || parallelism === "0%";
}

/** Counters that jobs over nodes write alike, as a table's facts. */
export function readNodeCounters(status: Raw): Record<"desired" | "active" | "succeeded" | "failed", number> {
  return {
    desired: countOf(status["desired"]),
    active: countOf(status["active"]),
    succeeded: countOf(status["succeeded"]),
    failed: countOf(status["failed"]),
  };
}

/** The same counters for the record. */
export function nodeCounts(c: ReturnType<typeof readNodeCounters>): Counts {
  return { des: c.desired, act: c.active, ok: c.succeeded, fail: c.failed };
}

/** Shows that the job is paused. */
export function pausedRollout(paused: boolean): Pick<KindReading, "rollout"> {
  return paused ? { rollout: { pa: true } } : {};
}

/** Writes images that no pod runs as a pod template, so that they are shown as images are. */
export function imagesAsTemplate(images: unknown): Raw {
  const texts = (Array.isArray(images) ? images : []).flatMap((image) => textOf(image) ?? []);
  if (texts.length === 0) return {};
  return { spec: { containers: texts.map((image, index) => ({ name: keepText(`image-${index + 1}`, 63), image })) } };
}
