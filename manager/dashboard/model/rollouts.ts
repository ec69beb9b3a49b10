// Rollouts over clusters: from the fleet's own rows where those may be read, else counted from the rows of the clusters that may.
import type { KruiseFleetWorkload } from "../../api/fleet-schemas.ts";
import { timeOf } from "./age.ts";
import { compareCounts, healthOf, add, noCounts, worstOf } from "./health.ts";
import type { Health } from "./health.ts";
import { cellsOf, compareTexts, wantsWorkload } from "./matrix.ts";
import type { Filter } from "./matrix.ts";
import { imagesText } from "./records.ts";
import type { Detail, Identity } from "./records.ts";
import type { Cell, Store, Workload } from "./store.ts";

/** stuck, moving: in flight; held: a person holds it; differs: nothing moves, and clusters want different images. */
type Stage = "stuck" | "moving" | "held" | "differs" | "settled";

/** A value with the number of clusters that have it. */
export interface Share {
  text: string;
  clusters: number;
}

export interface Rollout {
  identity: Identity;
  health: Health;
  message: string;
  sinceMs: number;
  stage: Stage;
  clusters: { atTarget: number; moving: number; held: number; stuck: number };
  /** Pods: updated of all that are wanted, and how many a person holds back. */
  pods: { updated: number; wanted: number; held: number };
  /** Images, the commonest first. */
  versions: Share[];
  /** Partitions and pauses, as written. */
  holds: Share[];
}

/** Reads a row of the fleet; undefined of a kind that rolls nothing out. */
export function readRollout({ metadata, workload, status }: KruiseFleetWorkload): Rollout | undefined {
  const { progress, versions = [], partitions } = status;
  if (progress === undefined) return undefined;
  const { kind, namespace = "", name } = workload;
  const shares = versions.map(({ images, clusters }) => ({ text: imagesText(images), clusters: clusters.count }));
  const holds = (partitions?.values ?? []).flatMap(({ partition, paused, clusters }) => {
    const text = holdText(partition, paused);
    return text === "" ? [] : [{ text, clusters: clusters.count }];
  });
  const { updated, wanted, held } = progress;
  return {
    identity: { name: metadata.name, kind, namespace, title: namespace === "" ? name : `${namespace}/${name}` },
    health: healthOf(status.health),
    message: status.message,
    sinceMs: timeOf(status.since),
    stage: stageOf(progress.clusters, shares),
    clusters: progress.clusters,
    pods: { updated, wanted, held },
    versions: shares,
    holds,
  };
}

/** Counts the rollouts of the rows that are there: each has to be known whole. */
export function countRollouts(store: Store, filter: Filter): Rollout[] {
  const byWorkload = Map.groupBy(cellsOf(store, filter), ({ workload }) => workload);
  return [...byWorkload].flatMap(([workload, cells]) => countRollout(workload, cells) ?? []);
}

function countRollout(workload: Workload, cells: Cell[]): Rollout | undefined {
  const rolling = cells.filter(({ detail }) => detail?.updated !== undefined && detail.wanted !== undefined);
  if (rolling.length === 0) return undefined;
  const sums: Sums = {
    clusters: { atTarget: 0, moving: 0, held: 0, stuck: 0 },
    pods: { updated: 0, wanted: 0, held: 0 },
    versions: new Map(),
    holds: new Map(),
  };
  const counts = noCounts();
  for (const { health, detail } of rolling) {
    add(counts, health);
    // Of a silent cluster nothing is known now.
    if (health !== "Unknown" && detail !== undefined) addTo(sums, health, detail);
  }
  const health = worstOf(counts) ?? "Unknown";
  const worst = rolling.filter((cell) => cell.health === health);
  const { name, kind, namespace, title } = workload;
  const versions = sharesOf(sums.versions);
  return {
    identity: { name, kind, namespace, title },
    health,
    message: worst[0]?.detail?.message ?? "",
    sinceMs: Math.max(...worst.map(({ detail }) => detail?.sinceMs ?? 0)),
    stage: stageOf(sums.clusters, versions),
    clusters: sums.clusters,
    pods: sums.pods,
    versions,
    holds: sharesOf(sums.holds),
  };
}

interface Sums extends Pick<Rollout, "clusters" | "pods"> {
  versions: Map<string, number>;
  holds: Map<string, number>;
}

function addTo({ clusters, pods, versions, holds }: Sums, health: Health, detail: Detail): void {
  const { updated = 0, wanted = 0, target = wanted, images, partition, paused } = detail;
  clusters[standingOf(health, updated, target)] += 1;
  pods.updated += updated;
  pods.wanted += wanted;
  pods.held += Math.max(0, wanted - (paused ? updated : Math.max(target, updated)));
  count(versions, images);
  count(holds, holdText(partition, paused));
}

function standingOf(health: Health, updated: number, target: number): keyof Rollout["clusters"] {
  if (health === "Suspended") return "held";
  if (updated >= target) return "atTarget";
  return health === "Degraded" ? "stuck" : "moving";
}

function holdText(partition: string, paused: boolean): string {
  const isHeld = partition !== "" && !/^0%?$/.test(partition);
  return [isHeld ? `partition ${partition}` : "", paused ? "paused" : ""].filter((text) => text !== "").join(", ");
}

function count(values: Map<string, number>, text: string): void {
  if (text !== "") values.set(text, (values.get(text) ?? 0) + 1);
}

function sharesOf(values: ReadonlyMap<string, number>): Share[] {
  const shares = [...values].map(([text, clusters]) => ({ text, clusters }));
  return shares.sort((a, b) => b.clusters - a.clusters || compareTexts(a.text, b.text));
}

function stageOf({ stuck, moving, held }: Rollout["clusters"], versions: readonly Share[]): Stage {
  if (stuck > 0) return "stuck";
  if (moving > 0) return "moving";
  if (held > 0) return "held";
  return versions.length > 1 ? "differs" : "settled";
}

const IN_FLIGHT: readonly Stage[] = ["stuck", "moving"];

/** The rollouts that are worth a line, by what is to be done about them. */
export function sortRollouts(
  all: readonly Rollout[],
  filter: Filter,
): Record<"inFlight" | "held" | "differ", Rollout[]> {
  const wants = wantsWorkload(filter);
  const shown = all.filter(({ identity, health }) => {
    return wants(identity) && (filter.health.length === 0 || filter.health.includes(health));
  });
  shown.sort(compareRollouts);
  return {
    inFlight: shown.filter(({ stage }) => IN_FLIGHT.includes(stage)),
    held: shown.filter(({ stage }) => stage === "held"),
    differ: shown.filter(({ stage }) => stage === "differs"),
  };
}

function compareRollouts(one: Rollout, other: Rollout): number {
  const standing = ({ clusters }: Rollout) => [0, 0, clusters.held, clusters.moving, clusters.stuck];
  return compareCounts(standing(one), standing(other)) || compareTexts(one.identity.name, other.identity.name);
}
