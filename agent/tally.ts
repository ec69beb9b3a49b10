// What is to be known over all records, kept up to date with each one: by health, in bytes, and which are the worst.
import { severity } from "../shared/health/verdict.ts";
import type { Health } from "../shared/health/verdict.ts";
import type { WorkloadRecord } from "../shared/kruise/record.ts";
import { Ranking } from "./report/ranking.ts";
import type { SizedRecord } from "./report/selection.ts";

export class Tally {
  readonly byHealth: Record<Health, number> = { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 };
  /** The keys by health. */
  readonly ranking = new Ranking();
  /** Degraded and Unknown ones: the few that conditions name. */
  readonly #bad = new Map<string, WorkloadRecord>();
  #bytes = 0;

  /** Bytes of all records as JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  add(key: string, { record, bytes }: SizedRecord): void {
    this.byHealth[record.h] += 1;
    this.#bytes += bytes;
    this.ranking.add(key, record.h);
    if (record.h === "Degraded" || record.h === "Unknown") this.#bad.set(key, record);
  }

  remove(key: string, { record, bytes }: SizedRecord): void {
    this.byHealth[record.h] -= 1;
    this.#bytes -= bytes;
    this.ranking.remove(key, record.h);
    this.#bad.delete(key);
  }

  /** Degraded and Unknown records, worst first, then the longest so, then by name. */
  worst(limit: number): WorkloadRecord[] {
    const keyed = Array.from(this.#bad.values(), (record) => ({
      record,
      key: `${record.since} ${record.k} ${record.ns}/${record.n}`,
    }));
    keyed.sort((a, b) => severity(b.record.h) - severity(a.record.h) || (a.key < b.key ? -1 : 1));
    return keyed.slice(0, limit).map(({ record }) => record);
  }
}
