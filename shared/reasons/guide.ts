// The shape of what a reader is told of a reason. The text lives beside the rules so that none can be forgotten.
import type { Health, Reason } from "../health/verdict.ts";

/** A field of the object, as a path from its root. */
type Field = `${"metadata" | "spec" | "status"}.${string}`;

/** Something to do; `run` is a command for the managed cluster, with NAMESPACE and NAME to be put in. */
export interface Step {
  say: string;
  run?: string;
}

export interface ReasonGuide {
  /** One or two sentences. */
  meaning: string;
  /** The fields that decide. */
  looksAt: readonly Field[];
  /** The usual causes, each a short sentence. */
  causes: readonly string[];
  /** What to do, in this order; empty when there is nothing to do. */
  next: readonly Step[];
  /** Is it worth an alert? "yes", "no", or when it is. */
  alert: string;
}

/** A guide to every reason of a health: one that is missing is a type error. */
export type HealthGuide<H extends Health> = Record<Reason<H>, ReasonGuide>;
