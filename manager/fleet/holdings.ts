// The rows of all clusters, and what is known across clusters, kept with each change of a row: what rows share, which rows
// are one workload of the fleet, and how many are in which health. So no question has to look at a million rows.
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import type { Entry } from "./entry.ts";
import { Identities } from "./identities.ts";
import type { Difference } from "./intake.ts";
import { Pool } from "./pool.ts";
import { currentHealth, noneOfEach } from "./queries.ts";
import type { ReportState, RowChange } from "./types.ts";
import { PackedRow } from "./workload-row.ts";

export interface HoldingsDeps {
  nextVersion: () => number;
  wallMs: () => number;
}

export class Holdings {
  readonly identities = new Identities();
  readonly #deps: HoldingsDeps;
  readonly #pool = new Pool();

  constructor(deps: HoldingsDeps) {
    this.#deps = deps;
  }

  /** How much is shared by all rows, by what it is. */
  get poolSizes(): { subjects: number; shapes: number } {
    return this.#pool.sizes;
  }

  /** Puts the records of a report in place. Those that say what is known make no change. */
  take(entry: Entry, records: Difference["records"]): RowChange[] {
    const changes: RowChange[] = [];
    const placed = new Map<string, PackedRow | undefined>();
    for (const [name, record] of records) {
      const previous = entry.rows.get(name);
      if (record !== undefined) {
        const row = this.#put(entry, previous, record);
        if (row === undefined) continue;
        placed.set(name, row);
        changes.push({ type: previous === undefined ? "Added" : "Modified", resource: "workloads", row, previous });
      } else if (previous !== undefined) {
        placed.set(name, undefined);
        changes.push(this.#delete(entry, previous));
      }
    }
    entry.rows.update(placed);
    return changes;
  }

  /** Gives every row of a cluster that has another state this one. */
  restate(entry: Entry, state: ReportState): RowChange[] {
    const changes: RowChange[] = [];
    const placed = new Map<string, PackedRow>();
    for (const previous of entry.rows.rows) {
      if (previous.state === state) continue;
      const row = previous.at(this.#deps.nextVersion(), state);
      this.#replace(entry, previous, row);
      placed.set(row.name, row);
      changes.push({ type: "Modified", resource: "workloads", row, previous });
    }
    entry.rows.update(placed);
    return changes;
  }

  /** Lets all rows of a cluster go. The entry is of no use afterwards. */
  clear(entry: Entry): RowChange[] {
    return entry.rows.rows.map((row) => this.#delete(entry, row));
  }

  /** Makes the row of a record; undefined when the one before says the same. */
  #put(entry: Entry, previous: PackedRow | undefined, record: ReceivedRecord): PackedRow | undefined {
    const parts = this.#pool.partsOf(record);
    if (previous?.state === "Fresh" && previous.has(parts)) return undefined;
    const isKnown = previous !== undefined && previous.uid === record.u;
    const firstSeenMs = isKnown ? previous.firstSeenMs : this.#deps.wallMs();
    const resourceVersion = this.#deps.nextVersion();
    const row = new PackedRow(entry.home, parts, { state: "Fresh", resourceVersion, firstSeenMs });
    this.#replace(entry, previous, row);
    return row;
  }

  #delete(entry: Entry, previous: PackedRow): RowChange {
    const row = previous.at(this.#deps.nextVersion());
    this.#letGo(entry, previous);
    this.identities.remove(previous, row.resourceVersion);
    return { type: "Deleted", resource: "workloads", row, previous };
  }

  #replace(entry: Entry, previous: PackedRow | undefined, next: PackedRow): void {
    // First held, then let go: what both share stays.
    this.#pool.hold(next.identity, next.shape);
    if (previous !== undefined) {
      this.#letGo(entry, previous);
      const isSame = previous.identity === next.identity && previous.isPart === next.isPart;
      if (!isSame) this.identities.remove(previous, next.resourceVersion);
    }
    this.identities.add(next);
    this.#count(entry, next, 1);
  }

  #letGo(entry: Entry, row: PackedRow): void {
    this.#pool.release(row.identity, row.shape);
    this.#count(entry, row, -1);
  }

  #count({ kinds }: Entry, row: PackedRow, by: 1 | -1): void {
    const { kind } = row.identity;
    const ofKind = kinds.get(kind) ?? noneOfEach();
    ofKind[currentHealth(row)] += by;
    kinds.set(kind, ofKind);
  }
}
