// The matrix as numbers: what the rows and columns are after filtering, the worst first, and what each cell says.
import { WORST_FIRST, add, compareCounts, countOf, countsText, letterOf, noCounts, total, worstOf } from "./health.ts";
import type { Counts, Health } from "./health.ts";
import type { Identity } from "./records.ts";
import type { Cell, Store } from "./store.ts";
import type { UrlState } from "./url-state.ts";

/** A row or a column. */
export interface Line {
  key: string;
  title: string;
  /** Said after the title, quieter: the kind of a workload. */
  note: string;
  counts: Counts;
}

export interface Matrix {
  clusters: Line[];
  /** Workloads, or kinds. */
  others: Line[];
  /** Of all that is shown. */
  counts: Counts;
  /** By kind: counts of each cluster and kind. */
  kinds: ReadonlyMap<string, ReadonlyMap<string, Counts>>;
}

export type Filter = Pick<UrlState, "q" | "health" | "kind" | "ns" | "cluster">;

/** Whether a workload is looked at. */
export function wantsWorkload({ q, kind, ns }: Filter): (workload: Identity) => boolean {
  const part = q.toLowerCase();
  return (workload) =>
    (kind === "" || workload.kind === kind) &&
    (ns === "" || workload.namespace === ns) &&
    (part === "" || workload.title.toLowerCase().includes(part) || workload.name.includes(part));
}

/** Gives every cell that the filter lets pass; `health` chooses lines in a matrix, and cells elsewhere. */
export function cellsOf(store: Store, filter: Filter): Cell[] {
  const wants = wantsWorkload(filter);
  const clusters = new Set(filter.cluster);
  const found: Cell[] = [];
  for (const workload of store.workloads.values()) {
    if (!wants(workload)) continue;
    for (const cell of workload.cells.values()) if (clusters.size === 0 || clusters.has(cell.cluster)) found.push(cell);
  }
  return found;
}

/** The same of what is not Healthy alone. */
export function unhealthyOf(store: Store, filter: Filter): Cell[] {
  const wants = wantsWorkload(filter);
  const clusters = new Set(filter.cluster);
  return [...store.unhealthy].filter(({ cluster, workload }) => {
    return wants(workload) && (clusters.size === 0 || clusters.has(cluster));
  });
}

/** Counts and sorts. `known`: clusters that shall have a row although they have no workload. */
export function buildMatrix(store: Store, filter: Filter, by: UrlState["by"], known: Iterable<string>): Matrix {
  const lines = by === "workload" && isWhole(filter) ? wholeLines(store) : countedLines(store, filter, by);
  const { clusters, others, kinds } = lines;
  const counts = noCounts();
  for (const line of others.values())
    for (const health of WORST_FIRST) add(counts, health, countOf(line.counts, health));
  if (isWhole(filter) && filter.health.length === 0) for (const name of known) lineOf(clusters, name, name, "");
  return { clusters: sorted(clusters, filter), others: sorted(others, filter), counts, kinds };
}

interface Lines extends Pick<Matrix, "kinds"> {
  clusters: Map<string, Line>;
  others: Map<string, Line>;
}

/** Whether every workload of every cluster is counted: then the store has counted them already. */
function isWhole({ q, kind, ns, cluster }: Filter): boolean {
  return q === "" && kind === "" && ns === "" && cluster.length === 0;
}

function wholeLines(store: Store): Lines {
  const clusters = new Map<string, Line>();
  for (const [name, { counts }] of store.clusters) clusters.set(name, { key: name, title: name, note: "", counts });
  const others = new Map<string, Line>();
  for (const { name, title, kind, counts } of store.workloads.values()) {
    others.set(name, { key: name, title, note: kind, counts });
  }
  return { clusters, others, kinds: new Map() };
}

function countedLines(store: Store, filter: Filter, by: UrlState["by"]): Lines {
  const clusters = new Map<string, Line>();
  const others = new Map<string, Line>();
  const kinds = new Map<string, Map<string, Counts>>();
  for (const { cluster, workload, health } of cellsOf(store, filter)) {
    add(lineOf(clusters, cluster, cluster, "").counts, health);
    if (by === "workload") add(lineOf(others, workload.name, workload.title, workload.kind).counts, health);
    else {
      add(lineOf(others, workload.kind, workload.kind, "").counts, health);
      add(countsAt(kinds, cluster, workload.kind), health);
    }
  }
  return { clusters, others, kinds };
}

function lineOf(lines: Map<string, Line>, key: string, title: string, note: string): Line {
  let line = lines.get(key);
  if (line === undefined) {
    line = { key, title, note, counts: noCounts() };
    lines.set(key, line);
  }
  return line;
}

function countsAt(kinds: Map<string, Map<string, Counts>>, cluster: string, kind: string): Counts {
  let ofCluster = kinds.get(cluster);
  if (ofCluster === undefined) kinds.set(cluster, (ofCluster = new Map()));
  let counts = ofCluster.get(kind);
  if (counts === undefined) ofCluster.set(kind, (counts = noCounts()));
  return counts;
}

function sorted(lines: Map<string, Line>, { health }: Filter): Line[] {
  const shown = [...lines.values()].filter(
    ({ counts }) => health.length === 0 || health.some((one) => countOf(counts, one) > 0),
  );
  return shown.sort((a, b) => compareCounts(a.counts, b.counts) || compareTexts(a.title, b.title));
}

export function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** One cell as it is drawn: its letter comes with its colour. */
export interface Mark {
  health: Health;
  /** In the cell, after the letter. */
  text: string;
  /** Said of it: by a screen reader, and as a tooltip. */
  label: string;
}

export function markOfCell(cell: Cell, isWide: boolean): Mark {
  const { health, detail, workload, cluster } = cell;
  const at = `${workload.title} on ${cluster}: ${health}`;
  if (detail === undefined) return { health, text: "", label: at };
  const numbers = detail.wanted === undefined ? "" : `${detail.ready ?? 0}/${detail.wanted} `;
  const text = health === "Healthy" ? numbers.trim() : `${numbers}${detail.reason}`;
  return { health, text: isWide ? text : "", label: `${at}, ${numbers}${detail.reason}: ${detail.message}` };
}

export function markOfKind(counts: Counts, kind: string, cluster: string): Mark {
  const health = worstOf(counts) ?? "Healthy";
  const worst = countOf(counts, health);
  const all = total(counts);
  const text = health === "Healthy" ? String(all) : `${worst}/${all}`;
  const said = health === "Healthy" ? `${text} Healthy` : `${text} ${health}; ${countsText(counts)}`;
  return { health, text, label: `${kind} on ${cluster}: ${said}` };
}

/** Filters that the present rows allow to choose from, sorted. */
export function choicesOf(store: Store): { kinds: string[]; namespaces: string[] } {
  const kinds = new Set<string>();
  const namespaces = new Set<string>();
  for (const { kind, namespace } of store.workloads.values()) {
    kinds.add(kind);
    if (namespace !== "") namespaces.add(namespace);
  }
  return { kinds: [...kinds].sort(compareTexts), namespaces: [...namespaces].sort(compareTexts) };
}

/** "3 D 1 P": what is not Healthy, as a line's short summary. */
export function shortCounts(counts: Counts): string {
  const bad = WORST_FIRST.filter((health) => health !== "Healthy" && countOf(counts, health) > 0);
  return bad.map((health) => `${countOf(counts, health)}${letterOf(health)}`).join(" ");
}

/** The present lines in the order of earlier ones; what is new comes last. */
export function keepOrder(earlier: readonly Line[], present: readonly Line[]): Line[] {
  if (earlier === present) return [...present];
  const byKey = new Map(present.map((line) => [line.key, line]));
  const kept = earlier.flatMap(({ key }) => byKey.get(key) ?? []);
  const known = new Set(earlier.map(({ key }) => key));
  return [...kept, ...present.filter(({ key }) => !known.has(key))];
}
