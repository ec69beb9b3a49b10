// Counts of verdicts, and the worst of them first: what the conditions of a cluster are made of.
import { severity } from "./verdict.ts";
import type { Health, Reason } from "./verdict.ts";

export interface Counted {
  health: Health;
  reason: Reason;
}

/** Counts verdicts by health. */
export function countByHealth(verdicts: Iterable<Counted>): Record<Health, number> {
  const counts: Record<Health, number> = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  for (const { health } of verdicts) counts[health] += 1;
  return counts;
}

/** Lists at most `limit` entries that are neither Healthy nor Suspended, worst first, then longest standing, then by key. */
export function worstFirst<T extends Counted & { key: string; sinceMs: number }>(
  entries: Iterable<T>,
  limit: number,
): T[] {
  return [...entries]
    .filter(({ health }) => health !== "Healthy" && health !== "Suspended")
    .sort((a, b) => severity(b.health) - severity(a.health) || a.sinceMs - b.sinceMs || (a.key < b.key ? -1 : 1))
    .slice(0, limit);
}
