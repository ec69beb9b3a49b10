// When a cron job is overdue. A schedule is read as OpenKruise reads it (robfig/cron ParseStandard): five fields,
// "@hourly" and the like, "@every 1h30m", a prefix "TZ=..." or "CRON_TZ=...". Whatever is not such a text is never due.
import { Cron } from "croner";
import type { History, Schedule } from "./history.ts";

/**
 * OpenKruise 1.8 does not watch its Jobs: the first start of a schedule is written with the second one, and a start a
 * moment after its time.
 */
const GRACE_MS = 60_000;
/** Far more than all sixty minutes, 24 hours and 31 days written out. */
const SCHEDULE_CHARACTERS_MAX = 512;
/** Starts to look through for one that a change to summer time does not skip. */
const TRIES_MAX = 4;

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Milliseconds of the units of a Go duration. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
};
/** A Go duration is a 64-bit number of nanoseconds. */
const DURATION_MAX_MS = 2 ** 63 / 1e6;

interface Field {
  min: number;
  max: number;
  /** Names of the values, from `min` on. */
  names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/**
 * When a schedule is overdue that was last heard of at `sinceMs`. The search takes up to milliseconds, for a day that
 * does not exist, so what is known is kept for as long as it is of the same schedule and time.
 */
export function overdueOf(
  schedule: Schedule,
  sinceMs: number,
  known: History["overdue"],
): NonNullable<History["overdue"]> {
  const of = JSON.stringify([schedule.cron, schedule.timeZone, sinceMs]);
  if (known?.of === of) return known;
  const startMs = secondStartMs(schedule, sinceMs);
  return { of, atMs: startMs === undefined ? undefined : startMs + GRACE_MS };
}

/** The second start that is due after `sinceMs`: by then two periods have passed. Undefined when there is none. */
export function secondStartMs(schedule: Schedule, sinceMs: number): number | undefined {
  if (schedule.cron.length > SCHEDULE_CHARACTERS_MAX) return undefined;
  // A schedule that names a time zone ignores spec.timeZone.
  const [, ownZone, rest] = /^(?:CRON_)?TZ=(\S*)\s(.*)$/s.exec(schedule.cron) ?? [];
  const text = (rest ?? schedule.cron).trim();
  if (text.startsWith("@every ")) return secondTickMs(text.slice("@every ".length), sinceMs);
  const pattern = patternOf(Object.hasOwn(NICKNAMES, text) ? (NICKNAMES[text] ?? "") : text);
  return pattern === undefined ? undefined : secondMatchMs(pattern, ownZone ?? schedule.timeZone ?? "", sinceMs);
}

function secondTickMs(duration: string, sinceMs: number): number | undefined {
  const everyMs = durationMs(duration);
  if (everyMs === undefined) return undefined;
  const seconds = Math.max(1, Math.floor(everyMs / 1000));
  return (Math.floor(sinceMs / 1000) + 2 * seconds) * 1000;
}

function durationMs(text: string): number | undefined {
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(\D+?)(?=[\d.]|$)/g)];
  const ms = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
  return ms < DURATION_MAX_MS ? ms : undefined;
}

function secondMatchMs(pattern: string, timeZone: string, sinceMs: number): number | undefined {
  // "+01:00" is a time zone to JavaScript, not to Go.
  if (/^[^A-Za-z]/.test(timeZone)) return undefined;
  try {
    const cron = new Cron(pattern, { timezone: timeZone === "" ? "UTC" : timeZone, mode: "5-part" });
    const first = nextMatch(cron, new Date(sinceMs));
    return first && nextMatch(cron, first)?.getTime();
  } catch {
    // A time zone that does not exist, or a time beyond the calendar.
    return undefined;
  }
}

/** croner moves a start that falls into the hour lost to summer time; OpenKruise leaves it out. */
function nextMatch(cron: Cron, after: Date): Date | undefined {
  let start: Date | null = after;
  for (let tried = 0; tried < TRIES_MAX; tried += 1) {
    start = cron.nextRun(start);
    if (start === null) return undefined;
    if (cron.match(start)) return start;
  }
  return undefined;
}

/** Writes five fields out as lists of numbers, which all readers of cron schedules understand alike. */
function patternOf(text: string): string | undefined {
  const fields = text.split(/\s+/);
  if (fields.length !== FIELDS.length) return undefined;
  const lists = FIELDS.map((field, index) => listOf(fields[index] ?? "", field));
  return lists.includes(undefined) ? undefined : lists.join(" ");
}

/** "*" stays: beside it the other of the two day fields decides alone. */
function listOf(text: string, field: Field): string | undefined {
  const ranges = text
    .split(",")
    .filter((item) => item !== "")
    .map((item) => rangeOf(item, field));
  if (ranges.length === 0 || ranges.includes(undefined)) return undefined;
  if (ranges.includes("*")) return "*";
  const values = new Set(ranges.filter((range) => Array.isArray(range)).flat());
  return [...values].sort((a, b) => a - b).join(",");
}

/** The values of "*", "7", "7/2" (from 7 on), "1-5" or "mon-fri/2"; undefined when it is none of these. */
function rangeOf(item: string, field: Field): "*" | number[] | undefined {
  const [match, range = "", stepText] = /^([^/]*)(?:\/(0*[1-9]\d*))?$/.exec(item) ?? [];
  if (match === undefined) return undefined;
  const step = Number(stepText ?? 1);
  const isStar = range === "*" || range === "?";
  if (isStar && step === 1) return "*";
  const [from, to] = isStar ? [field.min, field.max] : boundsOf(range, stepText !== undefined, field);
  // NaN, of a text that is no value, is within no bounds.
  if (!(from >= field.min && to <= field.max && from <= to)) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index).filter(
    (value) => (value - from) % step === 0,
  );
}

function boundsOf(range: string, isStepped: boolean, field: Field): [from: number, to: number] {
  const [first = "", last, ...others] = range.split("-");
  const from = others.length > 0 ? Number.NaN : valueOf(first, field);
  if (last !== undefined) return [from, valueOf(last, field)];
  return [from, isStepped ? field.max : from];
}

function valueOf(text: string, { min, names = [] }: Field): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return min + index;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
