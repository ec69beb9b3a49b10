// The clusters: who reports, since when not, and what OCM says of the add-on there. Read as kubectl's table, which is a tenth
// of the objects, since it is read again and again.
import { parseAge } from "./age.ts";
import { noCounts, add } from "./health.ts";
import type { Counts, Health } from "./health.ts";
import { compareTexts } from "./matrix.ts";
import type { Filter } from "./matrix.ts";

export interface Table {
  columnDefinitions: readonly { name: string }[];
  rows: readonly { cells: readonly unknown[] }[];
}

export interface ClusterLine {
  name: string;
  /** Fresh, Stale or Missing. */
  state: string;
  /** OpenKruise: its version, and its trouble if any. */
  kruise: string;
  agent: string;
  counts: Counts;
  /** When the last report came, as far as its age tells; undefined: never. */
  reportedMs: number | undefined;
}

const HEALTH_COLUMNS: readonly Health[] = ["Healthy", "Progressing", "Suspended", "Degraded", "Unknown"];

/** Reads `kruiseclusters` as a Table. Ages count back from now. */
export function readClusters({ columnDefinitions, rows }: Table, nowMs: number): ClusterLine[] {
  const at = new Map(columnDefinitions.map(({ name }, index) => [name, index]));
  return rows.map(({ cells }) => {
    const text = (column: string) => textOf(cells[at.get(column) ?? -1]);
    const counts = noCounts();
    for (const health of HEALTH_COLUMNS) add(counts, health, Number(text(health)) || 0);
    const ageMs = parseAge(text("Reported"));
    return {
      name: text("Name"),
      state: text("State"),
      kruise: text("Kruise"),
      agent: text("Agent"),
      counts,
      reportedMs: ageMs === undefined ? undefined : nowMs - ageMs,
    };
  });
}

function textOf(cell: unknown): string {
  return typeof cell === "string" || typeof cell === "number" ? String(cell) : "";
}

/** What OCM says of the add-on of one cluster. */
export interface AddOn {
  /** True, False or Unknown; "" while nothing has been said. */
  available: string;
  message: string;
}

interface AddOnObject {
  metadata: { namespace?: string };
  status?: { conditions?: readonly { type: string; status: string; message?: string }[] };
}

/** Reads ManagedClusterAddOns, by cluster. */
export function readAddOns(items: readonly AddOnObject[]): Map<string, AddOn> {
  return new Map(
    items.map(({ metadata, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === "Available");
      return [metadata.namespace ?? "", { available: condition?.status ?? "", message: condition?.message ?? "" }];
    }),
  );
}

/** Healthy OpenKruise is a bare version. */
export function hasKruiseTrouble({ kruise }: ClusterLine): boolean {
  return kruise !== "-" && !/^v?\d[\w.+-]*$/.test(kruise);
}

/** What is wrong with a cluster itself, in a word or two; "" when nothing is. */
export function troubleText(line: ClusterLine): string {
  if (line.state === "Stale") return "silent";
  if (line.state === "Missing") return "no report";
  return hasKruiseTrouble(line) ? (line.kruise.split(" ").at(-1) ?? "") : "";
}

const STATES = ["Missing", "Stale", "Fresh"];

function rank(line: ClusterLine, addOns: ReadonlyMap<string, AddOn>): number {
  if (line.state !== "Fresh") return STATES.indexOf(line.state);
  const available = addOns.get(line.name)?.available;
  if (available !== undefined && available !== "True") return 2;
  return hasKruiseTrouble(line) ? 3 : 4;
}

/** Silent ones first, the longest silence first; then those whose add-on or OpenKruise does not work; then all others by name. */
export function sortClusters(
  lines: readonly ClusterLine[],
  addOns: ReadonlyMap<string, AddOn>,
  { cluster, q }: Filter,
): ClusterLine[] {
  const part = q.toLowerCase();
  const shown = lines.filter(({ name }) => {
    return (cluster.length === 0 || cluster.includes(name)) && name.toLowerCase().includes(part);
  });
  return shown.sort((a, b) => {
    const byRank = rank(a, addOns) - rank(b, addOns);
    const bySilence = a.state === "Fresh" ? 0 : (a.reportedMs ?? 0) - (b.reportedMs ?? 0);
    return byRank || bySilence || compareTexts(a.name, b.name);
  });
}

/** Clusters that need a look, and so count in the tab's name: as far as is always known. */
export function troubledClusters(lines: readonly ClusterLine[]): number {
  return lines.filter((line) => line.state !== "Fresh" || hasKruiseTrouble(line)).length;
}
