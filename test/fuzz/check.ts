// What must hold for any JSON on its way from a watch to a record. Made for millions of objects: what is slow is done
// for some of them only.
import { escalate } from "../../shared/health/escalate.ts";
import type { EscalationContext } from "../../shared/health/history.ts";
import { DEFAULT_THRESHOLDS } from "../../shared/health/thresholds.ts";
import { HEALTHS, NOTES, REASONS } from "../../shared/health/verdict.ts";
import type { Verdict } from "../../shared/health/verdict.ts";
import { toRecord } from "../../shared/kruise/condense.ts";
import { historyFromRecord } from "../../shared/kruise/history.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { observe } from "../../shared/kruise/observe.ts";
import type { Observation } from "../../shared/kruise/observe.ts";
import { IMAGES_MAX, MESSAGE_BYTES, SUBSETS_MAX, WorkloadRecord, keyOf } from "../../shared/kruise/record.ts";

const NOW_TEXT = "2026-01-01T00:00:00Z";
const NOW_MS = Date.parse(NOW_TEXT);
const HOUR_MS = 3_600_000;
/** All bounds of the schema together are 12 KiB of text, and a control character is six characters of JSON. */
const RECORD_CHARACTERS = 72 * 1024;
/** The record, and beside it the messages and marks that stage two reads. */
const OBSERVATION_CHARACTERS = RECORD_CHARACTERS + 8 * 1024;
/** Far more than any object needs, even on a machine that is busy with something else. */
const SLOW_MS = 2000;

const VERDICTS: ReadonlySet<string> = new Set(
  HEALTHS.flatMap((health) => REASONS[health].map((reason) => `${health}/${reason}`)),
);
const KNOWN_NOTES: ReadonlySet<string> = new Set(NOTES);

const CONTEXT: EscalationContext = { nowMs: NOW_MS, thresholds: DEFAULT_THRESHOLDS, kruiseHealthy: true };
const LATER: EscalationContext = {
  ...CONTEXT,
  nowMs: NOW_MS + HOUR_MS,
  warning: { reason: "FailedCreate", message: "exceeded quota", atMs: NOW_MS },
  gatesOff: new Set(KRUISE_KINDS.flatMap(({ gate }) => gate ?? [])),
};

/** What is done besides the checks that every object gets. */
export interface Extras {
  /** Judge it again an hour later. */
  later: boolean;
  /** Pass the object twice: the same input must give the same text. */
  repeat: boolean;
  /** Hold the record against the schema. */
  schema: boolean;
}

/** Passes one object through all stages; answers what is wrong with it, in a sentence, or undefined. */
export function findFault(raw: unknown, extras: Extras): string | undefined {
  const startMs = performance.now();
  try {
    const fault = pass(raw, extras);
    const tookMs = performance.now() - startMs;
    return fault ?? (tookMs > SLOW_MS ? `took ${Math.round(tookMs)} ms` : undefined);
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function pass(raw: unknown, { later, repeat, schema }: Extras): string | undefined {
  const observation = observe(raw);
  const first = escalate(observation, undefined, CONTEXT);
  const record = toRecord(observation, first, NOW_MS);
  const text = JSON.stringify(record);
  return (
    faultOfVerdict("stage one", observation.base) ??
    faultOfVerdict("stage two", first.verdict) ??
    faultOfRecord(record, observation) ??
    (text.length > RECORD_CHARACTERS ? `has a record of ${text.length} characters` : undefined) ??
    (later ? faultOfLater(observation, record) : undefined) ??
    (repeat ? faultOfRepetition(raw, text) : undefined) ??
    (schema ? faultOfSchema(record, observation) : undefined)
  );
}

function faultOfVerdict(stage: string, { health, reason, notes, message }: Verdict): string | undefined {
  if (!VERDICTS.has(`${health}/${reason}`)) return `${stage} says ${health}/${reason}, which is not in the vocabulary`;
  if (notes.some((note) => !KNOWN_NOTES.has(note)) || new Set(notes).size !== notes.length)
    return `${stage} has the notes ${notes.join(", ")}`;
  return message === "" ? `${stage} gives no message` : undefined;
}

/** The bounds of the schema, by hand. */
function faultOfRecord(record: WorkloadRecord, { key }: Observation): string | undefined {
  const { m, c, since, prog = since } = record;
  if (keyOf(record) !== key) return `has the key ${key} and a record of ${keyOf(record)}`;
  if (hasLongName(record)) return "has a name beyond its bound";
  if (Buffer.byteLength(m) > MESSAGE_BYTES) return `has a message of ${Buffer.byteLength(m)} bytes`;
  if (hasLongList(record)) return "has a list beyond its bound";
  if (!isPast(since) || !isPast(prog)) return `is dated ${since} and ${prog}`;
  return faultOfCounts(c);
}

function faultOfCounts(counts: WorkloadRecord["c"]): string | undefined {
  for (const [counter, count] of Object.entries(counts))
    if (!Number.isSafeInteger(count) || count < 0) return `has ${count} as its counter ${counter}`;
  return undefined;
}

function hasLongName({ g, v, k, ns, n, u }: WorkloadRecord): boolean {
  return Math.max(g.length, n.length) > 253 || Math.max(v.length, k.length, ns.length) > 63 || u.length > 8;
}

function hasLongList({ img, sub, also }: WorkloadRecord): boolean {
  return (img?.length ?? 0) > IMAGES_MAX || (sub?.length ?? 0) > SUBSETS_MAX || (also?.length ?? 0) > 4;
}

/** Dates of one form are in order as texts. */
function isPast(date: string): boolean {
  return date.length === NOW_TEXT.length && date <= NOW_TEXT;
}

/** The same input must give the same text. */
function faultOfRepetition(raw: unknown, text: string): string | undefined {
  const observation = observe(raw);
  const again = JSON.stringify(toRecord(observation, escalate(observation, undefined, CONTEXT), NOW_MS));
  return again === text ? undefined : `gives two records:\n${text}\n${again}`;
}

/** An hour later, with all that stage two may be told besides, and after a restart. */
function faultOfLater(observation: Observation, record: WorkloadRecord): string | undefined {
  const { verdict, dueAtMs = 0 } = escalate(observation, historyFromRecord(record), LATER);
  return faultOfVerdict("stage two, later,", verdict) ?? (Number.isNaN(dueAtMs) ? "is due at no time" : undefined);
}

function faultOfSchema(record: WorkloadRecord, observation: Observation): string | undefined {
  const size = JSON.stringify(observation).length;
  if (size > OBSERVATION_CHARACTERS) return `has an observation of ${size} characters`;
  const { success, error } = WorkloadRecord.safeParse(record);
  return success ? undefined : `breaks the schema: ${error.message}`;
}
