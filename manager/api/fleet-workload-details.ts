// The readable names of what the roll-up found: rollout, images, partitions, waves, sources. Absent members stay absent.
import type { Aggregate } from "../../shared/aggregate/aggregate.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { KruiseFleetWorkload } from "./fleet-schemas.ts";
import { compact } from "./view.ts";
import { countsOf, sourceOf } from "./workload-details.ts";

type Status = KruiseFleetWorkload["status"];
type Details = Omit<Status, "health" | "reason" | "message" | "since" | "children" | "conditions">;

export function fleetWorkloadDetails(aggregate: Aggregate): Details {
  const { byHealth, reasons, counts, progress, versions, templates, sources, jobs, lastScheduleTime } = aggregate;
  return compact({
    byHealth,
    reasons,
    reporting: reportingOf(aggregate),
    counts: countsOf(counts),
    progress,
    partitions: partitionsOf(aggregate),
    versions: some(versions.listed.map(({ value, clusters }) => ({ images: imagesOf(value), clusters }))),
    versionsLeftOut: versions.leftOut || undefined,
    waves: some(aggregate.waves.map(waveOf)),
    templates: some(templates.listed.map(({ value: hash, clusters }) => ({ hash, clusters }))),
    templatesLeftOut: templates.leftOut || undefined,
    sources: some(sources.listed.map(({ value, clusters }) => ({ ...sourceOf(value), clusters }))),
    sourcesLeftOut: sources.leftOut || undefined,
    jobs,
    lastScheduleTime,
  });
}

/** While all clusters report, no report is older than the silence after which a cluster counts as stale. */
function reportingOf({ reporting: { fresh, stale, missing, oldestReportedAtMs } }: Aggregate): Status["reporting"] {
  const oldest = oldestReportedAtMs === undefined ? {} : { oldestReportTime: rfc3339Seconds(oldestReportedAtMs) };
  return { fresh, stale, missing, ...oldest };
}

function partitionsOf({ partitions }: Aggregate): Status["partitions"] {
  if (partitions === undefined) return undefined;
  const { listed, leftOut, kept, spread } = partitions;
  return compact({
    values: listed.map(({ value, clusters }) => ({ partition: value.written, paused: value.paused, clusters })),
    valuesLeftOut: leftOut || undefined,
    podsKeptOld: kept,
    differ: spread,
  });
}

function imagesOf(images: Aggregate["versions"]["listed"][number]["value"]) {
  return images.map(([container, image]) => ({ container, image }));
}

function waveOf({ version, names, earliestMs, latestMs }: Aggregate["waves"][number]) {
  return { version, clusters: names, firstTime: rfc3339Seconds(earliestMs), lastTime: rfc3339Seconds(latestMs) };
}

function some<T>(items: T[]): T[] | undefined {
  return items.length === 0 ? undefined : items;
}
