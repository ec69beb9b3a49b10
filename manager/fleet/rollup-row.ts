// One workload over all clusters as a row: what the roll-up keeps of it, and since when what it says has been so. Pure.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { NAMES_MAX, summarise } from "../../shared/aggregate/aggregate.ts";
import type { Aggregate } from "../../shared/aggregate/aggregate.ts";
import type { Shape } from "../../shared/aggregate/shape.ts";
import { Tallies } from "../../shared/aggregate/tally.ts";
import { sinceMsOf, worstHealth } from "../../shared/aggregate/verdicts.ts";
import { severity } from "../../shared/health/verdict.ts";
import type { Health } from "../../shared/health/verdict.ts";
import { KRUISE_KINDS, recordKey } from "../../shared/kruise/kinds.ts";
import type { Identity } from "./identities.ts";

/** What one cluster says of the workload. */
export interface Fact {
  readonly cluster: string;
  /** Undefined while the cluster is silent: what it said last counts no more. */
  readonly shape: Shape | undefined;
  /** Of a fresh cluster: last change of its verdict; of a silent one: arrival of its last report. */
  readonly sinceMs: number;
}

/** Up to this number of clusters the facts are kept and the aggregate is made for each reader: they are smaller. */
export const FACTS_KEPT = 4;

/** What the clusters say together. */
export class Content {
  readonly #facts: readonly Fact[] | undefined;
  readonly #aggregate: Aggregate | undefined;
  readonly health: Health;
  /** The time that the clusters tell; 0 when none does. */
  readonly sinceMs: number;
  readonly isComplete: boolean;

  /** The facts are wanted where they are few. */
  constructor(tallies: Tallies, facts: readonly Fact[] | undefined) {
    this.#facts = facts;
    this.#aggregate = facts === undefined ? summarise(tallies) : undefined;
    this.health = worstHealth(tallies);
    this.sinceMs = sinceMsOf(tallies, this.health);
    this.isComplete = tallies.stale.count === 0;
  }

  get aggregate(): Aggregate {
    return this.#aggregate ?? summarise(tallyOf(this.#facts ?? []));
  }

  says(other: Content): boolean {
    if (this.#facts === undefined || other.#facts === undefined) {
      return isDeepStrictEqual(this.aggregate, other.aggregate);
    }
    return isDeepStrictEqual(this.#facts, other.#facts);
  }
}

function tallyOf(facts: readonly Fact[]): Tallies {
  const tallies = new Tallies(NAMES_MAX);
  for (const fact of facts) addFact(tallies, fact);
  return tallies;
}

export function addFact(tallies: Tallies, { cluster, shape, sinceMs }: Fact): void {
  if (shape !== undefined) tallies.addFresh(cluster, shape, sinceMs);
  else tallies.addSilent(cluster, "Stale", sinceMs);
}

/** How many records of a kind have this workload as their controlling owner. */
export interface Children {
  kind: string;
  count: number;
}

const CONDITIONS = ["Healthy", "Degraded", "Reporting"] as const;
export type FleetCondition = (typeof CONDITIONS)[number];
interface Standing {
  readonly status: "True" | "False" | "Unknown";
  readonly sinceMs: number;
}

/** One workload over all clusters. */
export interface FleetWorkloadRow {
  /** It belongs to no cluster. */
  readonly cluster: "";
  /** Name on the hub: unique in the fleet. */
  readonly name: string;
  readonly identity: Identity;
  readonly resourceVersion: number;
  /** When it was first rolled up in this manager's life, wall-clock milliseconds. */
  readonly firstSeenMs: number;
  readonly health: Health;
  /** Last change of the health, wall-clock milliseconds. */
  readonly sinceMs: number;
  /** Last change of the health for the better. */
  readonly notBeforeMs: number;
  readonly content: Content;
  readonly children: readonly Children[];
  readonly standings: Readonly<Record<FleetCondition, Standing>>;
}

export interface Rolled {
  identity: Identity;
  name: string;
  content: Content;
  children: readonly Children[];
}

/** The row of what was rolled up, without its version; undefined when the row before says the same. */
export function nextRow(
  previous: FleetWorkloadRow | undefined,
  rolled: Rolled,
  nowMs: number,
): Omit<FleetWorkloadRow, "resourceVersion"> | undefined {
  const { identity, name, content, children } = rolled;
  if (previous?.content.says(content) === true && isDeepStrictEqual(previous.children, children)) return undefined;
  const since = sinceOf(previous, content, nowMs);
  return {
    cluster: "",
    name,
    identity,
    firstSeenMs: previous?.firstSeenMs ?? nowMs,
    health: content.health,
    ...since,
    content,
    children,
    standings: standingsOf(previous, content, { sinceMs: since.sinceMs, nowMs }),
  };
}

/**
 * A change for the worse is as old as the cluster that brings it says: after a restart that is what makes the time right.
 * A change for the better is seen as it happens, and nothing after it is older.
 */
function sinceOf(previous: FleetWorkloadRow | undefined, { health, sinceMs }: Content, nowMs: number): Since {
  const told = sinceMs > 0 ? Math.min(sinceMs, nowMs) : nowMs;
  if (previous === undefined) return { sinceMs: told, notBeforeMs: 0 };
  const { notBeforeMs } = previous;
  if (severity(health) < severity(previous.health)) return { sinceMs: nowMs, notBeforeMs: nowMs };
  if (previous.health !== health) return { sinceMs: Math.max(told, notBeforeMs), notBeforeMs };
  if (health === "Healthy") return { sinceMs: previous.sinceMs, notBeforeMs };
  return { sinceMs: Math.max(Math.min(previous.sinceMs, told), notBeforeMs), notBeforeMs };
}

type Since = Pick<FleetWorkloadRow, "sinceMs" | "notBeforeMs">;

interface Times {
  sinceMs: number;
  nowMs: number;
}

function standingsOf(
  previous: FleetWorkloadRow | undefined,
  content: Content,
  { sinceMs, nowMs }: Times,
): FleetWorkloadRow["standings"] {
  const standing = (condition: FleetCondition): Standing => {
    const status = statusOf(condition, content);
    const before = previous?.standings[condition];
    if (before?.status === status) return before;
    const isOfHealth = previous === undefined || (condition !== "Reporting" && previous.health !== content.health);
    return { status, sinceMs: isOfHealth ? sinceMs : nowMs };
  };
  return { Healthy: standing("Healthy"), Degraded: standing("Degraded"), Reporting: standing("Reporting") };
}

/** Silence is no consent: while a cluster is silent, nobody knows that all are Healthy, nor that none is Degraded. */
function statusOf(condition: FleetCondition, { health, isComplete }: Content): Standing["status"] {
  if (condition === "Reporting") return isComplete ? "True" : "False";
  if (health === condition) return condition === "Degraded" || isComplete ? "True" : "Unknown";
  if (health === "Unknown") return "Unknown";
  return condition === "Healthy" || isComplete ? "False" : "Unknown";
}

/** The name of a fleet workload's row. A kind that is not OpenKruise's as we know it cannot take the name of one that is. */
export function fleetName({ key, group, kind, namespace, name }: Identity): string {
  const plain = recordKey(kind, namespace, name);
  const isKnown = KRUISE_KINDS.some(
    (known) => known.kind === kind && known.group === group && known.namespaced === (namespace !== ""),
  );
  return isKnown ? plain : `${plain}.${createHash("sha256").update(key).digest("hex").slice(0, 8)}`;
}
