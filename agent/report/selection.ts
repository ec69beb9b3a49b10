// Which records the hub is to hold: all of them while they fit in one report, else the worst ones that fit.
// Pure and without memory, so that a restarted agent chooses the same.
import { HEALTHS } from "../../shared/health/verdict.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import type { Ranking } from "./ranking.ts";

/** What a report needs beside its records and removals: kinds (at most 64), totals, agent, installation. */
const ENVELOPE_BYTES = 32 * 1024;
/** Bytes for the records and removals of one report. */
export const PAYLOAD_BYTES_MAX = REPORT_BYTES_MAX - ENVELOPE_BYTES;

/** A record and its size as JSON. Never changed, only replaced: whoever holds one may keep it. */
export interface SizedRecord {
  record: WorkloadRecord;
  bytes: number;
}

/** The workloads to choose from, by key. */
export interface Candidates {
  records: ReadonlyMap<string, SizedRecord>;
  /** Sum of all sizes. */
  bytes: number;
  /** The same keys, by health and in order. */
  ranking: Pick<Ranking, "of">;
  /** Keys of records that the hub is not to be told of for a while, whatever becomes of them. */
  resting?: ReadonlySet<string>;
  /** Workloads that are counted and have no record. */
  beyond?: number;
}

/** Bytes that one record takes in a report, its comma included. */
function costBytes(sized: SizedRecord): number {
  return sized.bytes + 1;
}

/**
 * Chooses the records that the hub is to hold. Worst first, then by key; Healthy ones are the first to be left out.
 * Answers the very map that came in when everything fits.
 */
export function selectRecords(
  candidates: Candidates,
  limitBytes = PAYLOAD_BYTES_MAX,
): ReadonlyMap<string, SizedRecord> {
  const { records, bytes, ranking } = candidates;
  if (bytes + records.size <= limitBytes) return records;
  const selected = new Map<string, SizedRecord>();
  let leftBytes = limitBytes;
  for (const health of HEALTHS.toReversed()) {
    for (const key of ranking.of(health)) {
      const sized = records.get(key);
      leftBytes -= sized === undefined ? 0 : costBytes(sized);
      if (leftBytes < 0) return selected;
      if (sized !== undefined) selected.set(key, sized);
    }
  }
  return selected;
}

/** Bytes of a delta's records and removals: keys are plain ASCII names in quotes, with a comma. */
export function deltaBytes(changed: Iterable<SizedRecord>, removed: readonly string[]): number {
  let bytes = 0;
  for (const sized of changed) bytes += costBytes(sized);
  for (const key of removed) bytes += key.length + 3;
  return bytes;
}
