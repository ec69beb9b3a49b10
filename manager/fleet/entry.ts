// All that the fleet keeps of one cluster.
import type { Health } from "../../shared/health/verdict.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import { claimsOf } from "./cluster-row.ts";
import type { TurningPoints } from "./cluster-row.ts";
import { compareText } from "./queries.ts";
import { RowTable } from "./row-table.ts";
import type { ClusterRow } from "./types.ts";
import type { Home } from "./workload-row.ts";

export interface Entry {
  row: ClusterRow;
  readonly home: Home;
  readonly rows: RowTable;
  /** Rows by kind and by what is known of their health now: only of kinds that it has, or had. */
  readonly kinds: Map<string, Record<Health, number>>;
  /** ReportDigest over the rows. */
  digest: string;
  /** When the agent that lost was last heard, monotonic. */
  duplicateHeardMs: number;
  since: TurningPoints;
}

export function newEntry(row: ClusterRow, home: Home): Entry {
  const { firstSeenMs } = row;
  const since = Object.fromEntries(claimsOf(row).map(({ type }) => [type, firstSeenMs]));
  const digest = new ReportDigest().value;
  return { row, home, rows: new RowTable(), kinds: new Map(), digest, duplicateHeardMs: 0, since };
}

/** The entries by the names of their clusters. */
export class Entries extends Map<string, Entry> {
  #sorted: Entry[] | undefined;

  override set(cluster: string, entry: Entry): this {
    this.#sorted = undefined;
    return super.set(cluster, entry);
  }

  override delete(cluster: string): boolean {
    this.#sorted = undefined;
    return super.delete(cluster);
  }

  /** By name in the order of code units: lists ask for each page, clusters come and go now and then. */
  get sorted(): readonly Entry[] {
    this.#sorted ??= [...this.values()].sort((a, b) => compareText(a.row.cluster, b.row.cluster));
    return this.#sorted;
  }
}
