// All that the fleet keeps of one cluster.
import { ReportDigest } from "../../shared/wire/digest.ts";
import { claimsOf } from "./cluster-row.ts";
import type { TurningPoints } from "./cluster-row.ts";
import type { ClusterRow, WorkloadRow } from "./types.ts";

export interface Entry {
  row: ClusterRow;
  rows: Map<string, WorkloadRow>;
  /** ReportDigest over the rows. */
  digest: string;
  /** When the agent that lost was last heard, monotonic. */
  duplicateHeardMs: number;
  since: TurningPoints;
}

export function newEntry(row: ClusterRow): Entry {
  const { firstSeenMs } = row;
  const since = Object.fromEntries(claimsOf(row).map(({ type }) => [type, firstSeenMs]));
  return { row, rows: new Map(), digest: new ReportDigest().value, duplicateHeardMs: 0, since };
}
