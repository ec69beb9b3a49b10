// Conditions of a status: one of each type; the time moves only when the status does.
import type { Condition } from "./types.ts";

export type NextCondition = Omit<Condition, "lastTransitionTime">;

/** Sets one condition in a list. Keeps the order, the others, and the time while the status stays the same. */
export function withCondition(existing: readonly Condition[], next: NextCondition, now: string): Condition[] {
  const before = existing.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now;
  const condition: Condition = { ...next, lastTransitionTime };
  return before === undefined
    ? [...existing, condition]
    : existing.map((other) => (other.type === next.type ? condition : other));
}

/** Asks whether two conditions say the same; their times do not count. */
export function sameCondition(a: NextCondition | undefined, b: NextCondition | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.type === b.type &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
