// -o json: the verdicts for other programs, with the names that the hub's API uses.
import { COUNTER_NAMES } from "../shared/kruise/columns.ts";
import { explanationOf } from "./explanation.ts";
import type { Judged } from "./verdicts.ts";

/** Writes an array with one element an object, in the order of the table. */
export function jsonText(all: readonly Judged[], explained: boolean): string {
  return `${JSON.stringify(
    all.map((judged) => elementOf(judged, explained)),
    null,
    2,
  )}\n`;
}

function elementOf(judged: Judged, explained: boolean) {
  const { file, kind, namespace, name, verdict, counts } = judged;
  const { health, reason, message, notes } = verdict;
  return {
    file,
    kind,
    namespace,
    name,
    health,
    reason,
    message,
    notes,
    counts: longNames(counts),
    ...(explained && { rule: explanationOf(judged) }),
  };
}

function longNames(counts: Judged["counts"]): Record<string, number> {
  const names = Object.keys(COUNTER_NAMES) as (keyof typeof COUNTER_NAMES)[];
  return Object.fromEntries(
    names.flatMap((name) => (counts[name] === undefined ? [] : [[COUNTER_NAMES[name], counts[name]]])),
  );
}
