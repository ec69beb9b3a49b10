// Causes that look alike are told once, with the number of pods that have them. Pure.
import { CAUSES, CAUSES_MAX } from "../../shared/health/causes.ts";
import type { CauseReason, CountedCause } from "../../shared/health/causes.ts";
import { keepMessage } from "../../shared/kruise/kept-text.ts";
import { MESSAGE_BYTES } from "../../shared/kruise/record.ts";

/** One cause. `message` is for people; it never holds an argument, an environment value or a line of a log. */
export interface Cause {
  reason: CauseReason;
  message: string;
  /** How often the container was started again. */
  restarts?: number;
}

/** Restarts are told in few steps: a crash loop shall not make a new record with each of them. */
const RESTART_STEPS = [100, 20, 5, 1];

/** Makes a cause, its message cut to the bound of a record. */
export function causeOf(reason: CauseReason, message: string): Cause {
  return { reason, message: keepMessage(message, MESSAGE_BYTES) };
}

/** Groups causes that read the same; the workload's own first, then the commonest, then in the order of CAUSES. */
export function groupCauses(ofWorkload: readonly Cause[], ofPods: readonly Cause[]): CountedCause[] {
  const groups = new Map<string, CountedCause & { restarts: number }>();
  const add = ({ reason, message, restarts = 0 }: Cause, pods: number): void => {
    const key = `${reason} ${message}`;
    const group = groups.get(key) ?? { reason, message, pods: 0, restarts: 0 };
    group.pods += pods;
    group.restarts = Math.max(group.restarts, restarts);
    groups.set(key, group);
  };
  for (const cause of ofWorkload) add(cause, 0);
  for (const cause of ofPods) add(cause, 1);
  // A workload whose pods cannot be made has no pods to count: its own causes come first.
  const sorted = [...groups.values()].sort(compare).slice(0, CAUSES_MAX);
  return sorted.map(({ reason, message, pods, restarts }) => ({
    reason,
    message: keepMessage(message + restartsText(restarts), MESSAGE_BYTES),
    pods,
  }));
}

function compare(a: CountedCause, b: CountedCause): number {
  const own = Number(b.pods === 0) - Number(a.pods === 0);
  return (
    own ||
    b.pods - a.pods ||
    CAUSES.indexOf(a.reason) - CAUSES.indexOf(b.reason) ||
    (a.message < b.message ? -1 : Number(a.message > b.message))
  );
}

function restartsText(restarts: number): string {
  const step = RESTART_STEPS.find((each) => restarts > each);
  if (step !== undefined) return `, more than ${step} restart${step === 1 ? "" : "s"}`;
  return restarts === 1 ? ", 1 restart" : "";
}
