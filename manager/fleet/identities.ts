// Which rows of all clusters are one workload of the fleet: the same group, kind, namespace and name, without a parent.
// For the roll-up: `rowsOf(identity)` are its rows now (one a cluster, by cluster ordinal; do not keep or change the
// array), `all()` the identities, `find(key)` one of them, `versionOf` the resourceVersion of its newest change. What
// changed comes from `track()`: each `take()` gives the identities of which a row came, changed or went since the last
// one, also those that have no row any more. Identity objects are compared by `key`: an identity that comes back is new.
import type { WorkloadRow } from "./types.ts";

/** What one workload is called on whatever cluster. */
export interface Identity {
  /** group/kind/namespace/name; the namespace is empty for cluster scope. */
  readonly key: string;
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A row with its place: the ordinal is a small number that a cluster has as long as it is expected. */
export interface Member extends WorkloadRow {
  readonly ordinal: number;
}

/** The identities that changed, for one reader. */
export interface Tracker {
  /** Those that changed since the last call, or since `track()`. */
  take(): Identity[];
  /** Ends the tracking: what changes is no longer noted. */
  end(): void;
}

interface Group {
  identity: Identity;
  /** By ordinal. */
  rows: Member[];
  version: number;
}

export class Identities {
  readonly #groups = new Map<string, Group>();
  readonly #trackers = new Set<Map<string, Identity>>();

  /** Takes in a row, in place of the one that its cluster had. A row with a parent belongs to no identity. */
  add(row: Member): void {
    if (row.isPart) return;
    const { identity } = row;
    let group = this.#groups.get(identity.key);
    if (group === undefined) {
      group = { identity, rows: [], version: 0 };
      this.#groups.set(identity.key, group);
    }
    const { rows } = group;
    const at = placeOf(rows, row.ordinal);
    if (rows[at]?.ordinal === row.ordinal) rows[at] = row;
    else rows.splice(at, 0, row);
    group.version = row.resourceVersion;
    this.#note(group.identity);
  }

  /** Lets a cluster's row go; `version` is that of the change. */
  remove(row: Member, version: number): void {
    const group = row.isPart ? undefined : this.#groups.get(row.identity.key);
    if (group === undefined) return;
    const at = placeOf(group.rows, row.ordinal);
    if (group.rows[at]?.ordinal !== row.ordinal) return;
    group.rows.splice(at, 1);
    group.version = version;
    if (group.rows.length === 0) this.#groups.delete(row.identity.key);
    this.#note(group.identity);
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Every identity that has a row, in no order. */
  *all(): Generator<Identity> {
    for (const { identity } of this.#groups.values()) yield identity;
  }

  find(key: string): Identity | undefined {
    return this.#groups.get(key)?.identity;
  }

  /** The rows of an identity; none when it is gone. */
  rowsOf({ key }: Identity): readonly Member[] {
    return this.#groups.get(key)?.rows ?? [];
  }

  /** Version of the newest change of an identity's rows; undefined when it is gone. */
  versionOf({ key }: Identity): number | undefined {
    return this.#groups.get(key)?.version;
  }

  /** Begins to note what changes, for one reader. */
  track(): Tracker {
    let changed = new Map<string, Identity>();
    const trackers = this.#trackers;
    trackers.add(changed);
    return {
      take() {
        const taken = [...changed.values()];
        changed.clear();
        return taken;
      },
      end() {
        trackers.delete(changed);
        changed = new Map();
      },
    };
  }

  #note(identity: Identity): void {
    for (const changed of this.#trackers) changed.set(identity.key, identity);
  }
}

/** Where a cluster's row is, or belongs. */
function placeOf(rows: readonly Member[], ordinal: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.ordinal ?? Infinity) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}
