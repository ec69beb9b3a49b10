// Questions about single rows. Pure.
import type { Health } from "../../shared/health/verdict.ts";
import type { WorkloadRow } from "./types.ts";

/** What is known of a workload now: a cluster that does not report says nothing about its workloads. */
export function currentHealth({ state, health }: Pick<WorkloadRow, "state" | "health">): Health {
  return state === "Fresh" ? health : "Unknown";
}

/** Counts by health, all zero. */
export function noneOfEach(): Record<Health, number> {
  return { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
}

/** Order by code units: the same on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
