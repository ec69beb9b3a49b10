// The five healths as the page shows them: each with a letter and a sign of its own, so that no colour is needed.
import { HEALTHS, severity } from "../../../shared/health/verdict.ts";
import type { Health } from "../../../shared/health/verdict.ts";

export type { Health };

/** The worst first, as every list here is. */
export const WORST_FIRST: readonly Health[] = HEALTHS.toReversed();

const LETTERS: Readonly<Record<Health, string>> = {
  Degraded: "D",
  Unknown: "U",
  Progressing: "P",
  Suspended: "S",
  Healthy: "·",
};

export const MEANINGS: Readonly<Record<Health, string>> = {
  Degraded: "broken, or stuck for too long",
  Unknown: "the cluster is silent, or it cannot be judged",
  Progressing: "on its way",
  Suspended: "held by a person",
  Healthy: "as wanted",
};

export function letterOf(health: Health): string {
  return LETTERS[health];
}

/** The health of this name; Unknown for a word that is not known here, of a newer manager. */
export function healthOf(text: unknown): Health {
  return HEALTHS.find((health) => health === text) ?? "Unknown";
}

/** How many there are of each health, at the position of its severity. */
export type Counts = number[];

export function noCounts(): Counts {
  return [0, 0, 0, 0, 0];
}

export function countOf(counts: Counts, health: Health): number {
  return counts[severity(health)] ?? 0;
}

export function add(counts: Counts, health: Health, by = 1): void {
  const at = severity(health);
  counts[at] = (counts[at] ?? 0) + by;
}

export function total(counts: Counts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The worst health that there is one of; undefined of nothing. */
export function worstOf(counts: Counts): Health | undefined {
  return WORST_FIRST.find((health) => countOf(counts, health) > 0);
}

/** Sorts the worst first: by the number of Degraded ones, then of Unknown ones, and so on. */
export function compareCounts(one: Counts, other: Counts): number {
  for (let at = one.length - 1; at > 0; at -= 1) {
    const difference = (other[at] ?? 0) - (one[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** "2 Degraded, 1 Progressing, 97 Healthy" */
export function countsText(counts: Counts): string {
  const parts = WORST_FIRST.filter((health) => countOf(counts, health) > 0);
  return parts.map((health) => `${countOf(counts, health).toLocaleString("en")} ${health}`).join(", ") || "nothing";
}

const DOCS = "https://github.com/open-cluster-management-io/kruise-health/blob/main/docs";

export function reasonLink(reason: string): string {
  return `${DOCS}/reasons.md#${reason.toLowerCase()}`;
}

export function causeLink(reason: string): string {
  return `${DOCS}/causes.md#${reason.toLowerCase()}`;
}
