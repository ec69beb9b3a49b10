// What an aggregate reads of a record, without its times: many clusters have the same, so it is made once and shared.
import type { Health } from "../health/verdict.ts";
import type { ReceivedRecord } from "../kruise/received-record.ts";
import type { KindName } from "../kruise/kinds.ts";
import { compareText } from "./items.ts";

/** A value and the text that equal ones have in common. */
export interface Valued<T> {
  text: string;
  value: T;
}

export type ImageSet = NonNullable<ReceivedRecord["img"]>;
export type Source = NonNullable<ReceivedRecord["src"]>;

/** What holds a rollout back, as someone wrote it. */
export interface Partition {
  /** As written in the spec: a number or a percentage; none and 0% are 0. */
  written: string;
  paused: boolean;
}

/** How the rollout stands on one cluster, as its verdict says it. */
export type RolloutState = "atTarget" | "moving" | "held" | "stuck";

interface Rollout {
  updated: number;
  wanted: number;
  target: number;
  state: RolloutState;
}

export interface Shape {
  health: Health;
  reason: string;
  isJob: boolean;
  counts: readonly (readonly [name: string, count: number])[];
  rollout: Rollout | undefined;
  /** Undefined for a kind without partition and pause. */
  partition: Valued<Partition> | undefined;
  /** Pods that the partition keeps at the old revision. */
  kept: number;
  images: Valued<ImageSet> | undefined;
  template: Valued<string> | undefined;
  sources: readonly Valued<Source>[];
  /** Last start of a scheduled job, RFC 3339. */
  last: string | undefined;
}

const JOB_KINDS: ReadonlySet<string> = new Set<KindName>([
  "BroadcastJob",
  "ImagePullJob",
  "ImageListPullJob",
  "ContainerRecreateRequest",
  "EphemeralJob",
]);

/** Reads of a record what an aggregate is made of. */
export function shapeOf(record: ReceivedRecord): Shape {
  const { h, r, k, c, ro, img, th, last } = record;
  return {
    health: h,
    reason: r,
    isJob: JOB_KINDS.has(k),
    counts: Object.entries(c),
    rollout: rolloutOf(record),
    partition: ro === undefined ? undefined : partitionOf(ro),
    kept: ro?.ptn ?? 0,
    images: img && valued(img.toSorted(([a], [b]) => compareText(a, b))),
    template: th === undefined ? undefined : { text: th, value: th },
    sources: sourcesOf(record),
    last,
  };
}

function rolloutOf({ c: counts, h, ro }: ReceivedRecord): Rollout | undefined {
  const wanted = counts["d"] ?? counts["m"] ?? counts["des"];
  const updated = counts["up"];
  if (updated === undefined || wanted === undefined) return undefined;
  return { updated, wanted, target: ro?.tgt ?? wanted, state: stateOf(h, wanted) };
}

function stateOf(health: Health, wanted: number): RolloutState {
  // Nothing is wanted: nothing is left to do, however it came to that.
  if (wanted === 0 || health === "Healthy") return "atTarget";
  if (health === "Suspended") return "held";
  return health === "Progressing" ? "moving" : "stuck";
}

/** The same percentage is the same intent, however many pods it keeps. */
function partitionOf({ pt, ptn, pa }: NonNullable<ReceivedRecord["ro"]>): Valued<Partition> | undefined {
  if (pt === undefined && ptn === undefined && pa === undefined) return undefined;
  return valued({ written: pt === undefined || pt === "0%" ? "0" : pt, paused: pa ?? false });
}

function sourcesOf({ src, also = [] }: ReceivedRecord): Valued<Source>[] {
  if (src === undefined && also.length === 0) return [];
  // Rebuilt, so that equal sources have equal texts.
  const sources = (src === undefined ? also : [src, ...also]).map(({ t, n, q }) =>
    valued(q === undefined ? { t, n } : { t, n, q }),
  );
  return sources.filter(({ text }, index) => sources.findIndex((other) => other.text === text) === index);
}

function valued<T>(value: T): Valued<T> {
  return { text: JSON.stringify(value), value };
}

/** Shapes kept for the next record: enough for the workloads of a fleet, and no more than tens of megabytes. */
const SHAPES_KEPT = 50_000;

/** Gives equal records the same shape, as long as it is kept. Two equal shapes do no harm: they only cost more. */
export class Shapes {
  readonly #kept = new Map<string, Shape>();

  of(record: ReceivedRecord): Shape {
    const { k, h, r, c, ro, img, th, src, also, last } = record;
    const text = JSON.stringify([k, h, r, c, ro?.pt, ro?.ptn, ro?.tgt, ro?.pa, img, th, src, also, last]);
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    if (this.#kept.size >= SHAPES_KEPT) this.#kept.clear();
    const shape = shapeOf(record);
    this.#kept.set(text, shape);
    return shape;
  }
}
