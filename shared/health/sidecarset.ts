// SidecarSet: it owns no pods, so its numbers are those of the pods that carry its sidecar.
import { addNote } from "./inputs.ts";
import type { Assessment } from "./inputs.ts";
import { resolvePartition, scale } from "./partition.ts";
import { are, ofPods } from "./replica-message.ts";
import type { Health, Note, Reason, Verdict } from "./verdict.ts";

export interface SidecarSetInput {
  partition: unknown;
  maxUnavailable: unknown;
  paused: boolean;
  /** updateStrategy.type is NotUpdate. */
  notUpdate: boolean;
  /** A selector limits which pods are updated. */
  selective: boolean;
  injectionPaused: boolean;
  counters: { matched: number; updated: number; ready: number; updatedReady: number };
}

export interface SidecarNumbers {
  matched: number;
  updated: number;
  ready: number;
  /** Updated and ready pods; where the counter is missing, as many as there must be at least. */
  updatedReady: number;
  /** Pods that are to be updated. */
  target: number;
  /** Updated pods that may be unready at any time. */
  maxUnavailable: number;
}

/** Assesses one SidecarSet; the first rule that matches wins. */
export function assessSidecarSet(input: SidecarSetInput, preludeNotes: readonly Note[]): Assessment<SidecarNumbers> {
  const notes = [...preludeNotes];
  const { matched, updated, ready, updatedReady } = input.counters;
  const { kept, malformed } = resolvePartition(input.partition, matched);
  if (malformed) addNote(notes, "MalformedPartition");
  const numbers: SidecarNumbers = {
    ...input.counters,
    updatedReady: Math.max(updatedReady, updated + ready - matched, 0),
    target: matched - kept,
    maxUnavailable: scale(input.maxUnavailable, matched, "up") ?? 1,
  };
  const reason = reasonOf(input, numbers);
  if (reason === "AllUpdated" && input.paused && !input.notUpdate) addNote(notes, "PausedUpToDate");
  const verdict: Verdict = { health: HEALTH_OF[reason], reason, message: MESSAGES[reason](numbers), notes };
  return { verdict, numbers };
}

type SidecarReason = keyof typeof HEALTH_OF;

const HEALTH_OF = {
  NoMatchedPods: "Healthy",
  UpdateDisabled: "Healthy",
  AllUpdated: "Healthy",
  Updating: "Progressing",
  UpdatedPodsNotReady: "Progressing",
  Paused: "Suspended",
  SelectorLimited: "Suspended",
  PartitionHeld: "Suspended",
  InjectionPaused: "Suspended",
} as const satisfies Partial<Record<Reason, Health>>;

function reasonOf(input: SidecarSetInput, n: SidecarNumbers): SidecarReason {
  if (n.matched === 0) return input.injectionPaused ? "InjectionPaused" : "NoMatchedPods";
  if (!input.notUpdate) {
    const hold = rolloutReason(input, n);
    if (hold) return hold;
  }
  if (input.injectionPaused) return "InjectionPaused";
  return n.updated < n.matched ? "UpdateDisabled" : "AllUpdated";
}

/** What an update in progress or on hold gives; undefined when every matched pod is updated. */
function rolloutReason(input: SidecarSetInput, n: SidecarNumbers): SidecarReason | undefined {
  const held = input.paused || input.selective;
  if (n.updated < n.target && !held) return "Updating";
  if (n.updated - n.updatedReady > tolerance(n)) return "UpdatedPodsNotReady";
  if (n.updated < n.target) return input.paused ? "Paused" : "SelectorLimited";
  return n.updated < n.matched ? "PartitionHeld" : undefined;
}

/**
 * Updated pods that may be unready without a word: an application's own trouble lowers the number too.
 * None while a hold lasts, and never all of them.
 */
function tolerance(n: SidecarNumbers): number {
  return n.updated < n.matched ? 0 : Math.min(n.maxUnavailable, n.updated - 1);
}

const MESSAGES: Record<SidecarReason, (n: SidecarNumbers) => string> = {
  NoMatchedPods: () => "No pod carries the sidecar",
  InjectionPaused: () => "Injection is paused: new pods start without the sidecar",
  UpdateDisabled: (n) => `${updatedPods(n)}; the strategy NotUpdate leaves the others as they are`,
  Updating: (n) => `${ofPods(n.updated, n.target, "pod")} to update ${are(n.updated)} updated`,
  UpdatedPodsNotReady: (n) => `${ofPods(n.updatedReady, n.updated, "updated pod")} ${are(n.updatedReady)} ready`,
  Paused: (n) => `${updatedPods(n)}; the update is paused`,
  SelectorLimited: (n) => `${updatedPods(n)}; the update selector leaves the others out`,
  PartitionHeld: (n) => `${updatedPods(n)}; partition keeps ${n.matched - n.target} old`,
  AllUpdated: (n) => updatedPods(n),
};

function updatedPods(n: SidecarNumbers): string {
  return `${ofPods(n.updated, n.matched, "matched pod")} ${are(n.updated)} updated`;
}
