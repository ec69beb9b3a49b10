// The guide to every reason: a reason of the vocabulary without a guide does not compile.
import type { Health, Reason } from "../health/verdict.ts";
import { DEGRADED_BY_OBJECT } from "./degraded-by-object.ts";
import { DEGRADED_BY_TIME } from "./degraded-by-time.ts";
import type { HealthGuide, ReasonGuide } from "./guide.ts";
import { HEALTHY_JOBS } from "./healthy-jobs.ts";
import { HEALTHY_WORKLOADS } from "./healthy.ts";
import { PROGRESSING_JOBS } from "./progressing-jobs.ts";
import { PROGRESSING_WORKLOADS } from "./progressing.ts";
import { SUSPENDED } from "./suspended.ts";
import { UNKNOWN } from "./unknown.ts";

export const REASON_GUIDES: { [H in Health]: HealthGuide<H> } = {
  Healthy: { ...HEALTHY_WORKLOADS, ...HEALTHY_JOBS },
  Suspended: SUSPENDED,
  Progressing: { ...PROGRESSING_WORKLOADS, ...PROGRESSING_JOBS },
  Degraded: { ...DEGRADED_BY_OBJECT, ...DEGRADED_BY_TIME },
  Unknown: UNKNOWN,
};

/** The guide to a reason under one health. */
export function guideTo(health: Health, reason: Reason): ReasonGuide | undefined {
  const guides: Partial<Record<Reason, ReasonGuide>> = REASON_GUIDES[health];
  return guides[reason];
}
