// The condensed record of one workload: all that leaves a managed cluster about it.
// Field names are short because a cluster sends thousands; nothing outside this schema is ever kept or sent.
import * as z from "zod";
import { CAUSES, CAUSES_MAX } from "../health/causes.ts";
import { HEALTHS, NOTES, REASONS } from "../health/verdict.ts";
import type { Reason } from "../health/verdict.ts";
import { recordKey } from "./kinds.ts";
import { SOURCE_TYPES } from "./provenance.ts";

const count = z.int().nonnegative();
const text = (bytes: number) => z.string().max(bytes);
const date = z.iso.datetime();
const reasons = [...new Set(Object.values(REASONS).flat())] as [Reason, ...Reason[]];

/** Most bytes of a message, in UTF-8. */
export const MESSAGE_BYTES = 160;
export const IMAGES_MAX = 8;
export const SUBSETS_MAX = 20;
export const SOURCES_MAX = 4;
/** Most earlier verdicts of a list: more than are kept (transitions.ts), so that a later version may keep more. */
export const HISTORY_MAX = 10;

// oxfmt-ignore
const COUNTERS = [
  "d", "p", "rdy", "av", "up", "uav", "m", "urdy", "des", "cur", "mis", "act", "ok", "fail", "don", "tot", "alw",
] as const;

/** Most notes of a record: more than there are, so that a later version may have some of its own. */
export const NOTES_MAX = 32;

export const COUNTERS_NAMED = `
Replica kinds: d wanted, p existing, rdy ready, av available, up updated, uav updated and available.
SidecarSet: m matched, up updated, rdy ready, urdy updated and ready.
DaemonSet: des desired, cur current, up updated, rdy ready, av available, mis misscheduled.
Jobs: des desired, act active, ok succeeded, fail failed, don completed (images), m matched.
PodUnavailableBudget: tot total, des desired available, cur current available, alw may be unavailable.
Others: tot pods recorded, m matched, p pods, and des, ok, fail of a ResourceDistribution.`;

/** A tool that delivers the object. */
export const Source = z.strictObject({
  t: z.enum(SOURCE_TYPES).describe("The tool"),
  n: text(253).describe("What of that tool delivers it; empty when the object does not tell"),
  q: text(253).optional().describe("The namespace of what is named"),
});

export const Rollout = z.strictObject({
  st: text(63).optional().describe("Strategy type"),
  pol: text(63).optional().describe("Pod update policy"),
  pt: text(63).optional().describe("Partition as written"),
  ptn: count.optional().describe("Partition resolved: pods kept at the old revision"),
  tgt: count.optional().describe("Pods that are to be updated now"),
  pa: z.boolean().optional().describe("Paused"),
  cur: text(253).optional().describe("Current revision"),
  upd: text(253).optional().describe("Update revision"),
  step: count.optional().describe("Of the kind Rollout: the current step, from 1"),
  steps: count.optional().describe("Of the kind Rollout: number of steps"),
  state: text(63).optional().describe("Of the kind Rollout: the step's state"),
});

export const Subset = z.strictObject({
  n: text(253).describe("Name"),
  p: count.optional().describe("Pods"),
  rdy: count.optional().describe("Ready pods"),
  pt: z.int().optional().describe("Partition"),
  un: z.boolean().optional().describe("It could not place its pods"),
});

export const Parent = z.strictObject({ k: text(63).describe("Kind"), n: text(253).describe("Name") });

/** A cause seen on pods or events. */
export const Why = z.strictObject({
  r: z.enum(CAUSES).describe("Cause"),
  m: text(MESSAGE_BYTES).describe("Message for people"),
  n: count.describe("Pods that it was seen on; 0: it is the workload's own"),
});

/** An earlier verdict. It ended when the next newer one began. */
export const Transition = z.strictObject({
  h: z.enum(HEALTHS).describe("Health"),
  r: z.enum(reasons).describe("Reason"),
  since: date.describe("When it began, or what is folded into it did: turns of two, other reasons of its health"),
  n: count.optional().describe("How often it was so, in turns with a neighbour; absent: once"),
});
export type Transition = z.infer<typeof Transition>;

export const WorkloadRecord = z.strictObject({
  g: text(253).describe("API group"),
  v: text(63).describe("Version through which the object was read"),
  k: text(63).describe("Kind"),
  ns: text(63).describe("Namespace; empty for cluster scope"),
  n: text(253).describe("Name"),
  u: text(8).describe("First eight hex digits of the uid: enough to notice a re-creation"),
  gen: z.int().describe("metadata.generation"),
  obs: z.int().optional().describe("status.observedGeneration"),
  h: z.enum(HEALTHS).describe("Health, after the time-aware stage"),
  r: z.enum(reasons).describe("Reason: see [reasons](reasons.md)"),
  m: text(MESSAGE_BYTES).describe(`Message for people; at most ${MESSAGE_BYTES} bytes of UTF-8`),
  c: z
    .partialRecord(z.enum(COUNTERS), count)
    .describe("Counters by name: see below; at most 32, with names of at most 16 characters"),
  ro: Rollout.optional().describe("Rollout"),
  img: z
    .array(z.tuple([text(63), text(200)]))
    .max(IMAGES_MAX)
    .optional()
    .describe("Container name and image of the main containers"),
  th: text(16).optional().describe("Short hash of the pod template"),
  sub: z.array(Subset).max(SUBSETS_MAX).optional().describe("Subsets of a UnitedDeployment or WorkloadSpread"),
  subMore: count.optional().describe("Subsets beyond the bound"),
  last: date.optional().describe("Last start of a scheduled job"),
  since: date.describe("Last change of health or reason, by the agent's clock, in whole seconds"),
  prog: date.optional().describe("Last progress, likewise"),
  notes: z.array(z.enum(NOTES)).max(NOTES_MAX).optional().describe("Findings that change no verdict"),
  why: z.array(Why).max(CAUSES_MAX).optional().describe("Why it is not healthy, the commonest cause first"),
  src: Source.optional().describe("What delivers the object"),
  also: z.array(Source).max(SOURCES_MAX).optional().describe("What delivers it besides"),
  parent: Parent.optional().describe("The controlling owner"),
  lim: text(63).optional().describe("What was cut to stay within bounds"),
  hist: z.array(Transition).max(HISTORY_MAX).optional().describe("Earlier verdicts, newest first; absent: none"),
});
export type WorkloadRecord = z.infer<typeof WorkloadRecord>;

/** The record's key: name of its row on the hub. */
export function keyOf(record: Pick<WorkloadRecord, "k" | "ns" | "n">): string {
  return recordKey(record.k, record.ns, record.n);
}
