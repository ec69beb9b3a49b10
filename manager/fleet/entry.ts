// All that the fleet keeps of one cluster.
import type { Health } from "../../shared/health/verdict.ts";
import { ReportDigest } from "../../shared/wire/digest.ts";
import { claimsOf } from "./cluster-row.ts";
import type { TurningPoints } from "./cluster-row.ts";
import { noneOfEach } from "./queries.ts";
import { RowTable } from "./row-table.ts";
import type { ClusterRow } from "./types.ts";
import type { Home } from "./workload-row.ts";

export interface Entry {
  row: ClusterRow;
  readonly home: Home;
  readonly rows: RowTable;
  /** Rows by what is known of their health now. */
  readonly healths: Record<Health, number>;
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
  return { row, home, rows: new RowTable(), healths: noneOfEach(), digest, duplicateHeardMs: 0, since };
}
