// The verdict of each object, in the order in which it is told, and what all of them come to.
import { HEALTHS, severity } from "../shared/health/verdict.ts";
import type { Health, Verdict } from "../shared/health/verdict.ts";
import { readObject } from "../shared/kruise/assess.ts";
import { keepMessage } from "../shared/kruise/kept-text.ts";
import type { Raw } from "../shared/kruise/raw.ts";
import { MESSAGE_BYTES } from "../shared/kruise/record.ts";
import type { WorkloadRecord } from "../shared/kruise/record.ts";

/** One object and what is found of it. No text of it can move a terminal's cursor. */
export interface Judged {
  file: string;
  kind: string;
  /** "" for cluster scope. */
  namespace: string;
  name: string;
  verdict: Verdict;
  counts: WorkloadRecord["c"];
  /** What the rule that decided was given. */
  facts: object;
}

/** Judges one object of OpenKruise. Any JSON gets an answer. */
export function judge(file: string, object: Raw): Judged {
  const { identity, verdict, details } = readObject(object);
  return {
    file,
    kind: keepMessage(identity.kind, 63),
    namespace: keepMessage(identity.namespace, 63),
    name: keepMessage(identity.name, 253),
    verdict: { ...verdict, message: keepMessage(verdict.message, MESSAGE_BYTES) },
    counts: details.counts,
    facts: details.facts,
  };
}

/** Sorts worst first; what is equally bad by kind, namespace and name. */
export function worstFirst(all: readonly Judged[]): Judged[] {
  return all.toSorted(
    (a, b) =>
      severity(b.verdict.health) - severity(a.verdict.health) ||
      compare(a.kind, b.kind) ||
      compare(a.namespace, b.namespace) ||
      compare(a.name, b.name),
  );
}

/** By code unit, so that the order is the same in every language. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Says whether an object has this health or a worse one. */
export function reaches(all: readonly Judged[], mildest: Health): boolean {
  return all.some(({ verdict }) => severity(verdict.health) >= severity(mildest));
}

/** "12 workloads: 1 Degraded, 11 Healthy; 3 objects that are not OpenKruise's were skipped". */
export function summaryText(all: readonly Judged[], skipped: number): string {
  const parts = [all.length === 0 ? "No OpenKruise object found" : countsText(all)];
  if (skipped === 1) parts.push("1 object that is not OpenKruise's was skipped");
  if (skipped > 1) parts.push(`${skipped} objects that are not OpenKruise's were skipped`);
  return parts.join("; ");
}

function countsText(all: readonly Judged[]): string {
  const counts = HEALTHS.toReversed()
    .map((health) => ({ health, count: all.filter(({ verdict }) => verdict.health === health).length }))
    .filter(({ count }) => count > 0)
    .map(({ health, count }) => `${count} ${health}`);
  return `${all.length} ${all.length === 1 ? "workload" : "workloads"}: ${counts.join(", ")}`;
}
