// What the reader of each kind gives: the verdict of its numbers, and all that the record and stage two need besides.
import type { Otherwise } from "../../health/decision.ts";
import type { Marks, Schedule, Subject } from "../../health/history.ts";
import type { ReplicaCounters, ReplicaNumbers } from "../../health/inputs.ts";
import type { Note, Verdict } from "../../health/verdict.ts";
import { keepText, revisionHash } from "../kept-text.ts";
import { countOf, mapOf, mapOrEmpty, textOf } from "../raw.ts";
import type { Raw } from "../raw.ts";
import type { WorkloadRecord } from "../record.ts";

export type Counts = WorkloadRecord["c"];
export type Rollout = NonNullable<WorkloadRecord["ro"]>;
export type Subset = NonNullable<WorkloadRecord["sub"]>[number];

/** The parts of an object whose head has been read. */
export interface Parts {
  annotations: Raw;
  spec: Raw;
  status: Raw;
}

/** What the reader of a kind gives. Only the first three are for every kind. */
export interface KindReading extends Partial<Timing>, Partial<Shown> {
  verdict: Verdict;
  /** What the kind's decision table was given: shown with an explanation, never kept. */
  facts: object;
  counts: Counts;
}

/** What stage two reads besides the verdict: see Subject. A kind without marks is not judged by its progress. */
export type Timing = Pick<
  Subject,
  | "wanted"
  | "maxUnavailable"
  | "minReadySeconds"
  | "progressDeadlineSeconds"
  | "terminationGraceSeconds"
  | "failedScale"
  | "failedUpdate"
> & { marks: Marks; schedule: Schedule };

/** What the record shows besides. */
interface Shown {
  rollout: Rollout;
  /** Still part of the raw object: to be condensed, never kept. */
  podTemplate: Raw;
  subsets: Subset[];
  /** Last start of a scheduled kind, in milliseconds since 1970. */
  lastRunMs: number | undefined;
}

/** What a rule says of itself, whatever its facts are. */
export type RuleText = Pick<Otherwise<never>, "id" | "when" | "verdict">;

/** How a kind is read and judged. */
export interface Reader {
  read: (parts: Parts, notes: readonly Note[]) => KindReading;
  /** The decision table that `read` decides by, so that a verdict's rule can be looked up and the documents list it. */
  rules: readonly RuleText[];
  /** Status fields that must be non-negative integers where they are present. */
  counters: readonly string[];
  /** A counter that may also be -1. */
  minusOne?: string;
  /** The controller writes status.observedGeneration. */
  observesGeneration: boolean;
  /** spec.replicas says how many pods are wanted. */
  replicas?: true;
  /** An empty status is one that the controller leaves so. */
  emptyStatus?: true;
}

/** Counters of the replica kinds. */
export const REPLICA_COUNTERS = [
  "replicas",
  "readyReplicas",
  "availableReplicas",
  "updatedReplicas",
  "updatedReadyReplicas",
  "updatedAvailableReplicas",
];

/** Kubernetes' default of terminationGracePeriodSeconds. */
const GRACE_SECONDS = 30;

/** Reads an update strategy whose fields moved from itself into its rollingUpdate. */
export function readStrategy(spec: Raw): Raw {
  const strategy = mapOrEmpty(spec["updateStrategy"]);
  const rollingUpdate = mapOf(strategy["rollingUpdate"]);
  return rollingUpdate === undefined ? strategy : { ...strategy, ...rollingUpdate };
}

export function readCounters(status: Raw): ReplicaCounters {
  return {
    existing: countOf(status["replicas"]),
    ready: countOf(status["readyReplicas"]),
    available: countOf(status["availableReplicas"]),
    updated: countOf(status["updatedReplicas"]),
    updatedAvailable: countOf(status["updatedAvailableReplicas"]),
  };
}

/** Numbers of a replica kind as the record and the marks of progress want them. */
export function readNumbers(
  n: ReplicaNumbers,
): Pick<Timing, "marks" | "wanted"> & Pick<KindReading, "facts" | "counts"> {
  return {
    facts: n,
    counts: {
      d: n.wanted,
      p: n.existing,
      rdy: n.ready,
      av: n.available,
      up: n.updated,
      uav: n.updatedAvailable,
    },
    marks: {
      updated: n.updated,
      updatedAvailable: n.updatedAvailable,
      available: n.available,
      gap: Math.abs(n.wanted - n.existing),
    },
    wanted: n.wanted,
  };
}

export function readGraceSeconds(podTemplate: Raw): number {
  const seconds = mapOrEmpty(podTemplate["spec"])["terminationGracePeriodSeconds"];
  return seconds === undefined || seconds === null ? GRACE_SECONDS : countOf(seconds);
}

/** The part of a rollout that all kinds write alike. */
export function readRollout(facts: {
  type: unknown;
  policy?: unknown;
  partition?: unknown;
  kept: number;
  target: number;
  paused: boolean;
  current: string | undefined;
  update: string | undefined;
}): Rollout {
  const { type, policy, partition, kept, target, paused, current, update } = facts;
  const written = typeof partition === "number" || typeof partition === "string" ? String(partition) : "";
  const rollout: Rollout = { ptn: kept, tgt: target, pa: paused };
  return Object.assign(
    rollout,
    text("st", type, 63),
    text("pol", policy, 63),
    text("pt", written, 63),
    text("cur", revisionHash(current), 253),
    text("upd", revisionHash(update), 253),
  );
}

function text(field: "st" | "pol" | "pt" | "cur" | "upd", value: unknown, bytes: number): Rollout {
  const found = textOf(value);
  return found === undefined ? {} : { [field]: keepText(found, bytes) };
}

/** An OpenKruise Rollout steers this object's partition. */
export function isRolloutControlled(annotations: Raw): boolean {
  return typeof annotations["rollouts.kruise.io/in-progressing"] === "string";
}

/** Says whether a label selector limits anything: one that selects everything does not. */
export function isSelective(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = mapOrEmpty(selector);
  const labels = Object.keys(mapOf(matchLabels) ?? {}).length;
  return labels > 0 || (Array.isArray(matchExpressions) && matchExpressions.length > 0);
}
