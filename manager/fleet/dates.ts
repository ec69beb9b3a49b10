// RFC 3339 dates in whole seconds as numbers, and back to the same text. Most dates of a fleet are of few days: the days
// are remembered, which is several times faster than Date.

/** Dates count from here, so that they take few bytes. */
const START_SECONDS = Date.UTC(2020, 0, 1) / 1000;
const DAY_SECONDS = 86_400;
const DATE = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z$/;
/** Days that are remembered in each direction. */
const DAYS_MAX = 4096;

const secondsOfDay = new Map<string, number>();
const textOfDay = new Map<number, string>();
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

/** Seconds since 2020; undefined when the text is no such date, is before 2020, or would not come back as the same text. */
export function secondsOfDate(text: string): number | undefined {
  if (text.length !== 20) return undefined;
  const [, day = "", hours, minutes, seconds] = DATE.exec(text) ?? [];
  if (day === "") return undefined;
  const start = secondsOfDay.get(day) ?? readDay(day);
  if (Number.isNaN(start)) return undefined;
  return start + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The text of seconds since 2020. */
export function dateOfSeconds(seconds: number): string {
  const time = seconds % DAY_SECONDS;
  const day = textOfDay.get(seconds - time) ?? writeDay(seconds - time);
  const hours = TWO_DIGITS[Math.floor(time / 3600)];
  return `${day}T${hours}:${TWO_DIGITS[Math.floor(time / 60) % 60]}:${TWO_DIGITS[time % 60]}Z`;
}

function readDay(day: string): number {
  const milliseconds = Date.parse(`${day}T00:00:00Z`);
  // The 30th of February is read as a day of March.
  const isSame = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(day);
  const seconds = milliseconds / 1000 - START_SECONDS;
  return remember(secondsOfDay, day, isSame && seconds >= 0 ? seconds : Number.NaN);
}

function writeDay(seconds: number): string {
  return remember(textOfDay, seconds, new Date((seconds + START_SECONDS) * 1000).toISOString().slice(0, 10));
}

function remember<K, V>(days: Map<K, V>, key: K, value: V): V {
  if (days.size >= DAYS_MAX) days.clear();
  days.set(key, value);
  return value;
}
