// The order of the suites: the longest first, so that the lanes end at about the same time. It is always the same one,
// whatever the last run has left in a cache.
import { join, relative } from "node:path";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

export const SUITES_DIR = join(import.meta.dirname, "..");

/** Seconds that suites have taken, where it is much more than most take; to be corrected now and then. */
export const SECONDS: Record<string, number> = {
  "faults.e2e.ts": 110,
  "life-and-death.e2e.ts": 95,
  "configs.e2e.ts": 80,
  "causes.e2e.ts": 78,
  "contract.e2e.ts": 65,
  "ocm-core.e2e.ts": 62,
  "situations/absent-daemon.e2e.ts": 61,
  "identity.e2e.ts": 47,
  "dashboard.e2e.ts": 35,
  "resilience.e2e.ts": 46,
  "configs-rollout.e2e.ts": 45,
  "ocm-core-token.e2e.ts": 45,
  "fleet-workloads.e2e.ts": 40,
  "alerts.e2e.ts": 40,
  "kinds.e2e.ts": 37,
  "lifecycle.e2e.ts": 36,
  "takeover.e2e.ts": 35,
  "feedback-api-clients.e2e.ts": 34,
  "addon-api.e2e.ts": 34,
  "chart-life.e2e.ts": 33,
  "images.e2e.ts": 32,
  "hub-safe.e2e.ts": 60,
  "robustness.e2e.ts": 31,
};
/** For all others. */
const USUAL_SECONDS = 20;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => compareSuites(a.moduleId, b.moduleId));
  }
}

/** Compares two suites by their paths: the longer one comes first, of two that are as long the one with the lower name. */
export function compareSuites(a: string, b: string): number {
  return secondsOf(b) - secondsOf(a) || (a < b ? -1 : 1);
}

function secondsOf(path: string): number {
  return SECONDS[relative(SUITES_DIR, path)] ?? USUAL_SECONDS;
}
