// Cells of the table of fleet workloads: short enough for a line, the most telling first.
import type { Aggregate } from "../../shared/aggregate/aggregate.ts";
import { formatAge } from "./age.ts";

/** Most values of one cell. */
const SHOWN = 3;

export function progressCell({ progress, jobs }: Aggregate): string {
  if (progress !== undefined) return `${progress.reached}/${progress.target}`;
  return jobs === undefined ? "-" : `${jobs.completed}/${jobs.of}`;
}

/** "2/98": clusters on which the rollout does not get on. */
export function stuckCell({ progress }: Aggregate): string {
  if (progress === undefined) return "-";
  const { atTarget, moving, held, stuck } = progress.clusters;
  return `${stuck}/${atTarget + moving + held + stuck}`;
}

/** "UpdateStalled:2,ReportStale:1" */
export function reasonsCell({ reasons }: Aggregate): string {
  return few(reasons.map(({ reason, clusters }) => `${reason}:${clusters.count}`));
}

/** "cart:2.1:98,cart:2.0:2" */
export function imagesCell({ versions: { listed, leftOut } }: Aggregate): string {
  const texts = listed.map(({ value, clusters }) => {
    return `${value.map(([, image]) => shortImage(image)).join("+")}:${clusters.count}`;
  });
  return few(texts, leftOut);
}

/** An image without its registry and digest. */
function shortImage(image: string): string {
  const [named = image] = image.split("@");
  return named.slice(named.lastIndexOf("/") + 1);
}

/** "0:97,40%:1,0 paused:1" */
export function partitionsCell({ partitions }: Aggregate): string {
  const texts = (partitions?.listed ?? []).map(({ value, clusters }) => {
    return `${value.written}${value.paused ? " paused" : ""}:${clusters.count}`;
  });
  return few(texts, partitions?.leftOut);
}

/** "3d:2,5m:98": how long ago the first cluster came to each image set, and how many have it, the oldest first. */
export function wavesCell({ waves, versions }: Aggregate, nowMs: number): string {
  return few(
    waves.map(({ version, earliestMs }) => {
      return `${formatAge(earliestMs, nowMs)}:${versions.listed[version]?.clusters.count ?? 0}`;
    }),
    versions.leftOut,
  );
}

function few(texts: readonly string[], leftOut = 0): string {
  const more = texts.length - SHOWN + leftOut;
  if (texts.length === 0) return "-";
  return more > 0 ? `${texts.slice(0, SHOWN).join(",")},+${more}` : texts.join(",");
}
