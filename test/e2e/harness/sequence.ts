// The order of the suites: the longest first, so that the lanes end at about the same time. It is always the same one,
// whatever the last run has left in a cache.
import { join, relative } from "node:path";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

export const SUITES_DIR = join(import.meta.dirname, "..");

/** Seconds that suites have taken, where it is much more than most take; to be corrected now and then. */
export const SECONDS: Record<string, number> = {
  "faults.e2e.ts": 106,
  "life-and-death.e2e.ts": 95,
  "ocm-core.e2e.ts": 85,
  "situations/daemonset.e2e.ts": 81,
  "causes.e2e.ts": 78,
  "robustness.e2e.ts": 75,
  "contract.e2e.ts": 67,
  "chart-life.e2e.ts": 60,
  "doctor.e2e.ts": 60,
  "situations/absent-daemon.e2e.ts": 60,
  "configs.e2e.ts": 50,
  "addon-api.e2e.ts": 50,
  "identity.e2e.ts": 47,
  "resilience.e2e.ts": 46,
  "ocm-core-token.e2e.ts": 43,
  "configs-rollout.e2e.ts": 40,
  "rollout.e2e.ts": 40,
  "kinds.e2e.ts": 37,
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
