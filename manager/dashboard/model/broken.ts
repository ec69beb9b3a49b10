// What is broken and why: rows of one workload with one reason are one line, however many clusters have them. What a silent
// cluster leaves Unknown is told once, by its cluster.
import { BROKEN, SILENT } from "./commands.ts";
import { severity } from "../../../shared/health/verdict.ts";
import type { Health } from "./health.ts";
import { cellsOf, compareTexts, unhealthyOf } from "./matrix.ts";
import type { Filter } from "./matrix.ts";
import type { Cell, Store, Workload } from "./store.ts";

export interface Trouble {
  key: string;
  workload: Workload;
  health: Health;
  reason: string;
  /** Of the cell that is so for the longest time. */
  message: string;
  sinceMs: number;
  /** The longest in it first. */
  clusters: string[];
}

export interface Broken {
  troubles: Trouble[];
  /** Clusters that fell silent, with their workloads. */
  silent: { clusters: string[]; workloads: number };
}

/** Finds what is Degraded or Unknown, or of the healths that are asked for. `each`: a line for every row. */
export function brokenOf(store: Store, filter: Filter, each: boolean): Broken {
  const wanted = new Set(filter.health.length === 0 ? BROKEN : filter.health);
  const groups = new Map<string, Cell[]>();
  const silent = new Map<string, number>();
  // Who asks for what is Healthy gets it: it takes longer.
  const cells = wanted.has("Healthy") ? cellsOf(store, filter) : unhealthyOf(store, filter);
  for (const cell of cells) {
    if (cell.detail?.reason === SILENT) silent.set(cell.cluster, (silent.get(cell.cluster) ?? 0) + 1);
    else if (wanted.has(cell.health)) {
      const reason = `${cell.workload.name} ${cell.health} ${cell.detail?.reason ?? ""}`;
      const key = each ? `${reason} ${cell.cluster}` : reason;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [cell]);
      else group.push(cell);
    }
  }
  const troubles = [...groups].map(([key, cells]) => troubleOf(key, cells)).sort(compareTroubles);
  return {
    troubles,
    silent: {
      clusters: [...silent.keys()].sort(compareTexts),
      workloads: [...silent.values()].reduce((sum, count) => sum + count, 0),
    },
  };
}

function troubleOf(key: string, cells: Cell[]): Trouble {
  cells.sort((a, b) => sinceOf(a) - sinceOf(b) || compareTexts(a.cluster, b.cluster));
  const [first] = cells;
  if (first === undefined) throw new Error("a group has at least one cell");
  return {
    key,
    workload: first.workload,
    health: first.health,
    reason: first.detail?.reason ?? "",
    message: first.detail?.message ?? "",
    sinceMs: sinceOf(first),
    clusters: cells.map(({ cluster }) => cluster),
  };
}

function sinceOf({ detail }: Cell): number {
  return detail === undefined || Number.isNaN(detail.sinceMs) ? Infinity : detail.sinceMs;
}

/** The worst health first, then what hits the most clusters, then the newest: what has just broken is what was just done. */
function compareTroubles(one: Trouble, other: Trouble): number {
  return (
    severity(other.health) - severity(one.health) ||
    other.clusters.length - one.clusters.length ||
    other.sinceMs - one.sinceMs ||
    compareTexts(one.key, other.key)
  );
}
