// One workload's verdicts over time, cluster by cluster: the periods that its history and its verdict of now make, as bars of
// a window that ends now.
import type { KruiseWorkload } from "../../api/schemas.ts";
import { severity } from "../../../shared/health/verdict.ts";
import { ageText, timeOf } from "./age.ts";
import { healthOf } from "./health.ts";
import type { Health } from "./health.ts";
import { compareTexts } from "./matrix.ts";
import { readWorkload } from "./records.ts";
import type { Detail } from "./records.ts";
import type { RangeName } from "./url-state.ts";

interface Period {
  health: Health;
  reason: string;
  sinceMs: number;
  /** Undefined: it goes on. */
  untilMs: number | undefined;
}

export interface TimelineRow {
  cluster: string;
  health: Health;
  detail: Detail;
  version: number;
  /** The newest first. */
  periods: Period[];
}

export const RANGE_MS: Readonly<Record<RangeName, number>> = {
  "1h": 3_600_000,
  "6h": 6 * 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 24 * 3_600_000,
};

export function readTimeline(object: KruiseWorkload): TimelineRow {
  const { cluster, health, detail, version } = readWorkload(object);
  const { status } = object;
  const sinceMs = timeOf(status.since);
  const now = { health, reason: status.reason, sinceMs, untilMs: undefined };
  // While the cluster is silent: what was before the silence.
  const known = status.lastKnown;
  const last = known && {
    health: healthOf(known.health),
    reason: known.reason,
    sinceMs: timeOf(known.since),
    untilMs: sinceMs,
  };
  const earlier = (status.history ?? []).map((period) => ({
    health: healthOf(period.health),
    reason: period.reason,
    sinceMs: timeOf(period.since),
    untilMs: timeOf(period.until),
  }));
  return { cluster, health, detail, version, periods: [now, ...(last ? [last] : []), ...earlier] };
}

/** A period within the window, in hundredths of its length. */
export interface Bar {
  health: Health;
  reason: string;
  left: number;
  width: number;
  label: string;
}

/** Narrower would not be seen. */
const WIDTH_MIN = 0.4;

/** The bars of a row, the oldest first. Before the oldest period nothing is known, and nothing is drawn. */
export function barsOf({ periods }: Pick<TimelineRow, "periods">, nowMs: number, rangeMs: number): Bar[] {
  const startMs = nowMs - rangeMs;
  return periods.toReversed().flatMap(({ health, reason, sinceMs, untilMs = nowMs }) => {
    const fromMs = Math.max(startMs, sinceMs);
    if (Number.isNaN(fromMs) || untilMs <= startMs || fromMs > nowMs) return [];
    const left = ((fromMs - startMs) / rangeMs) * 100;
    const width = Math.max(WIDTH_MIN, ((Math.min(untilMs, nowMs) - fromMs) / rangeMs) * 100);
    const label = `${health}/${reason} for ${ageText(untilMs - sinceMs)}`;
    return [{ health, reason, left: Math.min(left, 100 - width), width, label }];
  });
}

/** What a bar's picture says, as text. */
export function periodsText({ periods }: Pick<TimelineRow, "periods">, nowMs: number): string {
  const texts = periods.map(({ health, reason, sinceMs, untilMs }) => {
    const ago = Number.isNaN(sinceMs) ? "?" : ageText(nowMs - sinceMs);
    return untilMs === undefined ? `${health}/${reason} for ${ago}` : `before, ${health}/${reason} from ${ago} ago`;
  });
  return texts.join("; ");
}

export function sortTimeline(rows: Iterable<TimelineRow>, clusters: readonly string[]): TimelineRow[] {
  const shown = [...rows].filter(({ cluster }) => clusters.length === 0 || clusters.includes(cluster));
  return shown.sort((a, b) => severity(b.health) - severity(a.health) || compareTexts(a.cluster, b.cluster));
}

/** Moments for the axis: how long ago, and where. */
export function ticksOf(range: RangeName): { text: string; left: number }[] {
  const parts = range === "7d" ? 7 : 6;
  return Array.from({ length: parts }, (_, index) => {
    const agoMs = Math.round((RANGE_MS[range] * (parts - index)) / parts);
    return { text: `-${ageText(agoMs)}`, left: (index / parts) * 100 };
  });
}
