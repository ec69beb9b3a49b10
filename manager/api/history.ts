// Earlier verdicts as readers get them: each with when it began and ended.
import type { DatedVerdict } from "../../shared/kruise/transitions.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { TurningPoints } from "../fleet/cluster-row.ts";
import type { ClusterRow } from "../fleet/types.ts";
import type { KruiseCluster } from "./cluster-schemas.ts";
import type { KruiseWorkload } from "./schemas.ts";

type Period = NonNullable<KruiseWorkload["status"]["history"]>[number];
type ClusterPeriod = NonNullable<KruiseCluster["status"]["history"]>[number];

/** The verdicts before the one that began at `nowSince`, newest first. */
export function historyOf(nowSince: string, earlier: readonly DatedVerdict[]): Period[] {
  return earlier.map(({ h: health, r: reason, since, n: times }, index) => {
    const until = earlier[index - 1]?.since ?? nowSince;
    return { health, reason, since, until, ...(times !== undefined && { times }) };
  });
}

/** What was before, of OpenKruise as the agent saw it and of reporting as this manager saw it; newest first. */
export function clusterHistoryOf(row: ClusterRow, points: TurningPoints | undefined): ClusterPeriod[] {
  const [now, ...earlier] = row.kruiseHistory ?? [];
  const kruise = now === undefined ? [] : historyOf(now.since, earlier);
  const reporting = (points?.turns ?? []).map(({ state, sinceMs, untilMs }) => ({
    type: "Reporting",
    reason: state === "Fresh" ? "Reporting" : "ReportStale",
    since: rfc3339Seconds(sinceMs),
    until: rfc3339Seconds(untilMs),
  }));
  return [...kruise.map((period) => ({ type: "KruiseReady", ...period })), ...reporting].sort(
    (a, b) => Date.parse(b.until) - Date.parse(a.until) || Date.parse(b.since) - Date.parse(a.since),
  );
}
