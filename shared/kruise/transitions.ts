// Earlier verdicts: what a reader is told of how it came to the one of now. A chain holds verdicts with the newest first,
// and the first is the one of now; each ended when the next newer one began. Pure.
import type { Health } from "../health/verdict.ts";
import { Transition } from "./record.ts";
import type { WorkloadRecord } from "./record.ts";
import type { ReceivedTransition } from "./received-record.ts";

/** Earlier verdicts that are kept. */
export const TRANSITIONS_KEPT = 5;

/** A verdict and when it began. */
export interface DatedVerdict {
  h: Health;
  r: string;
  since: string;
  /** How often it was so, in turns with a neighbour; absent: once. */
  n?: number | undefined;
}

/** What is known of a workload's verdicts: a record is one. */
export type Verdicts = Pick<WorkloadRecord, "h" | "r" | "since" | "hist">;

/**
 * The chain once a verdict was given. The same verdict again changes nothing. Two that take turns are told of once, with
 * how often each was so: else whoever flaps would soon have no other history.
 */
export function followedBy<T extends DatedVerdict>(chain: readonly T[], verdict: T): readonly T[] {
  const [current, ...earlier] = chain;
  if (current === undefined || !isSame(current, verdict)) return cut([verdict, ...collapsed(chain)]);
  const times = timesOf(current) + timesOf(verdict) - 1;
  return times === timesOf(current) ? cut(chain) : cut([{ ...current, n: times }, ...earlier]);
}

/** The chain of a workload or an installation that was known before as another chain says. */
export function joined<T extends DatedVerdict>(newer: readonly T[], older: readonly T[]): readonly T[] {
  return newer.reduceRight<readonly T[]>((chain, verdict) => followedBy(chain, verdict), older);
}

/** The record with the earlier verdicts, after the record before it; undefined: there was none of this object. */
export function withHistory(record: WorkloadRecord, before: Verdicts | undefined): WorkloadRecord {
  if (before === undefined) return record;
  if (isSame(before, record)) return before.hist === undefined ? record : { ...record, hist: before.hist };
  return withEarlier(record, joined([nowOf(record)], chainOf(before)));
}

/** The same record, of an object that an earlier agent knew as it says. */
export function continuing(record: WorkloadRecord, earlier: Verdicts): WorkloadRecord {
  return withEarlier(record, joined(chainOf(record), chainOf(earlier)));
}

/** The verdicts of a list from elsewhere up to the first whose words are not known here: what is older would seem its end. */
export function knownTransitions(received: readonly ReceivedTransition[] = []): Transition[] {
  const read = received.map((transition) => Transition.safeParse(transition).data);
  const unknownAt = read.indexOf(undefined);
  const known = read.slice(0, unknownAt < 0 ? undefined : unknownAt).filter((each) => each !== undefined);
  return known.slice(0, TRANSITIONS_KEPT);
}

function chainOf(verdicts: Verdicts): Transition[] {
  return [nowOf(verdicts), ...(verdicts.hist ?? [])];
}

function nowOf({ h, r, since }: Verdicts): Transition {
  return { h, r, since };
}

function withEarlier(record: WorkloadRecord, [, ...hist]: readonly Transition[]): WorkloadRecord {
  return hist.length === 0 ? record : { ...record, hist };
}

/** Two verdicts that have just taken turns twice become one pair: the newer began last, the older when the turns began. */
function collapsed<T extends DatedVerdict>(chain: readonly T[]): readonly T[] {
  const [a, b, c, d, ...rest] = chain;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return chain;
  if (!isSame(a, c) || !isSame(b, d)) return chain;
  return [{ ...a, n: timesOf(a) + timesOf(c) }, { ...d, n: timesOf(b) + timesOf(d) }, ...rest];
}

/**
 * Within the bound: first the oldest two neighbours of one health become one, with the newer reason since the older one
 * began. A rollout passes through some reasons within a second: what was before it says more.
 */
function cut<T extends DatedVerdict>(chain: readonly T[]): readonly T[] {
  if (chain.length <= TRANSITIONS_KEPT + 1) return chain;
  const at = chain.findLastIndex((verdict, index) => index > 0 && verdict.h === chain[index + 1]?.h);
  const [newer, older] = chain.slice(at);
  if (at < 0 || newer === undefined || older === undefined) return cut(chain.slice(0, -1));
  return cut(chain.toSpliced(at, 2, { ...newer, since: older.since }));
}

function timesOf({ n = 1 }: DatedVerdict): number {
  return n;
}

function isSame(a: Pick<DatedVerdict, "h" | "r">, b: Pick<DatedVerdict, "h" | "r">): boolean {
  return a.h === b.h && a.r === b.r;
}
