// The condensed record of one workload: all that leaves a managed cluster about it.
// Field names are short because a cluster sends thousands; nothing outside this schema is ever kept or sent.
import { z } from "zod";
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

// oxfmt-ignore
const COUNTERS = [
  "d", "p", "rdy", "av", "up", "uav", "m", "urdy", "des", "cur", "mis", "act", "ok", "fail", "don", "tot", "alw",
] as const;

/** A tool that delivers the object, what of it, and the namespace of that. */
const Source = z.strictObject({ t: z.enum(SOURCE_TYPES), n: text(253), q: text(253).optional() });

export const WorkloadRecord = z.strictObject({
  /** API group, version read, kind, namespace ("" for cluster scope), name. */
  g: text(253),
  v: text(63),
  k: text(63),
  ns: text(63),
  n: text(253),
  /** First eight hex digits of the uid: enough to notice a re-creation. */
  u: text(8),
  /** generation and status.observedGeneration. */
  gen: z.int(),
  obs: z.int().optional(),
  /** Verdict after the time-aware stage: health, reason, message. */
  h: z.enum(HEALTHS),
  r: z.enum(reasons),
  m: text(MESSAGE_BYTES),
  /**
   * Counters. Replica kinds: d wanted, p existing, rdy ready, av available, up updated, uav updated and available.
   * SidecarSet: m matched, up updated, rdy ready, urdy updated and ready.
   * DaemonSet: des desired, cur current, up updated, rdy ready, av available, mis misscheduled.
   * Jobs: des desired, act active, ok succeeded, fail failed, don completed (images), m matched.
   * PodUnavailableBudget: tot total, des desired available, cur current available, alw may be unavailable.
   * Others: tot pods recorded, m matched, p pods, and des, ok, fail of a ResourceDistribution.
   */
  c: z.partialRecord(z.enum(COUNTERS), count),
  /**
   * Rollout: strategy type, pod update policy, partition as written and resolved (pods kept old), target, paused, revisions;
   * of the kind Rollout the current step from 1, the number of steps, and the step's state.
   */
  ro: z
    .strictObject({
      st: text(63).optional(),
      pol: text(63).optional(),
      pt: text(63).optional(),
      ptn: count.optional(),
      tgt: count.optional(),
      pa: z.boolean().optional(),
      cur: text(253).optional(),
      upd: text(253).optional(),
      step: count.optional(),
      steps: count.optional(),
      state: text(63).optional(),
    })
    .optional(),
  /** Container name and image of the main containers. */
  img: z
    .array(z.tuple([text(63), text(200)]))
    .max(IMAGES_MAX)
    .optional(),
  /** Short hash of the pod template. */
  th: text(16).optional(),
  /** Subsets of a UnitedDeployment or WorkloadSpread. */
  sub: z
    .array(
      z.strictObject({
        n: text(253),
        p: count.optional(),
        rdy: count.optional(),
        pt: z.int().optional(),
        un: z.boolean().optional(),
      }),
    )
    .max(SUBSETS_MAX)
    .optional(),
  /** Subsets beyond the bound. */
  subMore: count.optional(),
  /** Last start of a scheduled job. RFC 3339. */
  last: date.optional(),
  /** Last change of (health, reason), and last progress. RFC 3339, whole seconds. */
  since: date,
  prog: date.optional(),
  notes: z.array(z.enum(NOTES)).max(NOTES.length).optional(),
  /** Where the object comes from: the first source, and the others. */
  src: Source.optional(),
  also: z.array(Source).max(4).optional(),
  /** The controlling owner, when there is one. */
  parent: z.strictObject({ k: text(63), n: text(253) }).optional(),
  /** What was cut to stay within bounds. */
  lim: text(63).optional(),
});
export type WorkloadRecord = z.infer<typeof WorkloadRecord>;

/** The record's key: name of its row on the hub. */
export function keyOf(record: Pick<WorkloadRecord, "k" | "ns" | "n">): string {
  return recordKey(record.k, record.ns, record.n);
}
