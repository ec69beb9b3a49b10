// Ages for people: short, one unit, or two where the smaller one still matters.

const STEPS: readonly (readonly [seconds: number, letter: string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
  [1, "s"],
];
/** Below this many of the larger unit the smaller one is told too. */
const TWO_UNITS_BELOW = 10;

/** "45s", "3m12s", "2h", "25d": how long a time is. */
export function ageText(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const at = Math.max(
    0,
    STEPS.findIndex(([size]) => seconds >= size),
  );
  const [size, letter] = STEPS[seconds === 0 ? STEPS.length - 1 : at] ?? [1, "s"];
  const whole = Math.floor(seconds / size);
  const [smaller, smallLetter] = STEPS[at + 1] ?? [0, ""];
  const rest = smaller === 0 ? 0 : Math.floor((seconds % size) / smaller);
  return whole < TWO_UNITS_BELOW && rest > 0 ? `${whole}${letter}${rest}${smallLetter}` : `${whole}${letter}`;
}

/** The milliseconds of an age as kubectl's tables have it; undefined of another text. */
export function parseAge(text: string): number | undefined {
  const units: Record<string, number> = { y: 365 * 86_400, d: 86_400, h: 3_600, m: 60, s: 1 };
  if (!/^(\d+[ydhms])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([ydhms])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0) * 1000, 0);
}

/** The milliseconds of an RFC 3339 time; NaN of none. */
export function timeOf(text: string | undefined): number {
  return text === undefined ? Number.NaN : Date.parse(text);
}
