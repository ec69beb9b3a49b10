// Where a reason and a rule are explained, so that the pages can link to each other.
import { HEALTHS, REASONS } from "../../shared/health/verdict.ts";
import type { Health, Reason } from "../../shared/health/verdict.ts";

/** The order of the reasons' page: from "all is well" to "cannot be told". */
export const PAGE_ORDER: readonly Health[] = ["Healthy", "Suspended", "Progressing", "Degraded", "Unknown"];
/** The order of severity, worst first, in words for a page. */
export const WORST_FIRST = HEALTHS.toReversed()
  .map((health) => `**${health}**`)
  .join(", ");

/** The anchor of a reason; one that comes under two healths gets a number the second time, as GitHub numbers headings. */
function reasonAnchor(health: Health, reason: Reason): string {
  const before = PAGE_ORDER.slice(0, PAGE_ORDER.indexOf(health));
  const earlier = before.filter((other) => (REASONS[other] as readonly Reason[]).includes(reason)).length;
  return `#${reason.toLowerCase()}${earlier === 0 ? "" : `-${earlier}`}`;
}

export function verdictLink(health: Health, reason: Reason): string {
  return `[${health}/${reason}](reasons.md${reasonAnchor(health, reason)})`;
}

/** Text in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
