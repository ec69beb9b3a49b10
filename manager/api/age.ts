// Ages as kubectl writes them. kubectl prints date columns as they come, so the server formats them.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

interface Step {
  /** The step applies below this many seconds. */
  below: number;
  unit: [seconds: number, letter: string];
  part?: [seconds: number, letter: string];
}

// The steps of k8s.io/apimachinery's HumanDuration.
const STEPS: readonly Step[] = [
  { below: 2 * MINUTE, unit: [1, "s"] },
  { below: 10 * MINUTE, unit: [MINUTE, "m"], part: [1, "s"] },
  { below: 3 * HOUR, unit: [MINUTE, "m"] },
  { below: 8 * HOUR, unit: [HOUR, "h"], part: [MINUTE, "m"] },
  { below: 2 * DAY, unit: [HOUR, "h"] },
  { below: 8 * DAY, unit: [DAY, "d"], part: [HOUR, "h"] },
  { below: 2 * YEAR, unit: [DAY, "d"] },
  { below: 8 * YEAR, unit: [YEAR, "y"], part: [DAY, "d"] },
  { below: Infinity, unit: [YEAR, "y"] },
];

/** The time since `thenMs` at `nowMs`, such as 5s, 3m12s or 25h. A moment that has not come yet is 0s old. */
export function formatAge(thenMs: number, nowMs: number): string {
  if (!Number.isFinite(thenMs)) return "<unknown>";
  const seconds = Math.max(0, Math.floor((nowMs - thenMs) / 1000));
  const step = STEPS.find(({ below }) => seconds < below);
  if (step === undefined) return "<unknown>";
  const [unitSeconds, letter] = step.unit;
  const whole = `${Math.floor(seconds / unitSeconds)}${letter}`;
  if (step.part === undefined) return whole;
  const rest = Math.floor((seconds % unitSeconds) / step.part[0]);
  return rest === 0 ? whole : `${whole}${rest}${step.part[1]}`;
}
