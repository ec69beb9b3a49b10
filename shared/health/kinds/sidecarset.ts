// SidecarSet: it owns no pods, so its numbers are those of the pods that carry its sidecar.
import { decide } from "../decision.ts";
import type { DecisionTable } from "../decision.ts";
import { addNote } from "../inputs.ts";
import type { Assessment } from "../inputs.ts";
import { resolvePartition, scale } from "../partition.ts";
import { are, ofPods } from "../replica-numbers.ts";
import type { Note } from "../verdict.ts";

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
  paused: boolean;
  notUpdate: boolean;
  selective: boolean;
  injectionPaused: boolean;
}

export const SIDECARSET_TABLE: DecisionTable<SidecarNumbers> = [
  {
    id: "S1a",
    when: "matched = 0 and injectionPaused",
    test: (n) => n.matched === 0 && n.injectionPaused,
    verdict: "Suspended/InjectionPaused",
    message: injectionPaused,
  },
  {
    id: "S1b",
    when: "matched = 0",
    test: (n) => n.matched === 0,
    verdict: "Healthy/NoMatchedPods",
    message: () => "No pod carries the sidecar",
  },
  {
    id: "S2a",
    when: "notUpdate and injectionPaused",
    test: (n) => n.notUpdate && n.injectionPaused,
    verdict: "Suspended/InjectionPaused",
    message: injectionPaused,
  },
  {
    id: "S2b",
    when: "notUpdate and updated < matched",
    test: (n) => n.notUpdate && n.updated < n.matched,
    verdict: "Healthy/UpdateDisabled",
    message: (n) => `${updatedPods(n)}; the strategy NotUpdate leaves the others as they are`,
  },
  {
    id: "S2c",
    when: "notUpdate",
    test: (n) => n.notUpdate,
    verdict: "Healthy/AllUpdated",
    message: updatedPods,
  },
  {
    id: "S3",
    when: "updated < target, and neither paused nor a selector (selective) holds the update",
    test: (n) => n.updated < n.target && !n.paused && !n.selective,
    verdict: "Progressing/Updating",
    message: (n) => `${ofPods(n.updated, n.target, "pod")} to update ${are(n.updated)} updated`,
  },
  {
    id: "S4",
    when: "updated - updatedReady > tolerance, which is 0 while updated < matched, else min(maxUnavailable, updated - 1)",
    test: (n) => n.updated - n.updatedReady > tolerance(n),
    verdict: "Progressing/UpdatedPodsNotReady",
    message: (n) => `${ofPods(n.updatedReady, n.updated, "updated pod")} ${are(n.updatedReady)} ready`,
  },
  {
    id: "S5a",
    when: "updated < target and paused",
    test: (n) => n.updated < n.target && n.paused,
    verdict: "Suspended/Paused",
    message: (n) => `${updatedPods(n)}; the update is paused`,
  },
  {
    id: "S5b",
    when: "updated < target, which is left when a selector limits the update (selective)",
    test: (n) => n.updated < n.target,
    verdict: "Suspended/SelectorLimited",
    message: (n) => `${updatedPods(n)}; the update selector leaves the others out`,
  },
  {
    id: "S6",
    when: "updated < matched",
    test: (n) => n.updated < n.matched,
    verdict: "Suspended/PartitionHeld",
    message: (n) => `${updatedPods(n)}; partition keeps ${n.matched - n.target} old`,
  },
  {
    id: "S7",
    when: "injectionPaused",
    test: (n) => n.injectionPaused,
    verdict: "Suspended/InjectionPaused",
    message: injectionPaused,
  },
  { id: "S8", when: "every matched pod is updated", verdict: "Healthy/AllUpdated", message: updatedPods },
];

/** Assesses one SidecarSet; the first rule that matches wins. */
export function assessSidecarSet(input: SidecarSetInput, preludeNotes: readonly Note[]): Assessment<SidecarNumbers> {
  const notes = [...preludeNotes];
  const { partition, maxUnavailable, counters, ...switches } = input;
  const { matched, updated, ready, updatedReady } = counters;
  const { kept, malformed } = resolvePartition(partition, matched);
  if (malformed) addNote(notes, "MalformedPartition");
  const numbers: SidecarNumbers = {
    ...switches,
    ...counters,
    updatedReady: Math.max(updatedReady, updated + ready - matched, 0),
    target: matched - kept,
    maxUnavailable: scale(maxUnavailable, matched, "up") ?? 1,
  };
  const verdict = decide(SIDECARSET_TABLE, numbers, notes);
  if (verdict.reason === "AllUpdated" && input.paused && !input.notUpdate) addNote(notes, "PausedUpToDate");
  return { verdict, numbers };
}

/**
 * Updated pods that may be unready without a word: an application's own trouble lowers the number too.
 * None while a hold lasts, and never all of them.
 */
function tolerance(n: SidecarNumbers): number {
  return n.updated < n.matched ? 0 : Math.min(n.maxUnavailable, n.updated - 1);
}

function updatedPods(n: SidecarNumbers): string {
  return `${ofPods(n.updated, n.matched, "matched pod")} ${are(n.updated)} updated`;
}

function injectionPaused(): string {
  return "Injection is paused: new pods start without the sidecar";
}
