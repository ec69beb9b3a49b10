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
  /** Rows that came out of turn and have still to be put among them: one by one that would take most of a start's time. */
  late: Map<number, Member> | undefined;
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
      group = { identity, rows: [], late: undefined, version: 0 };
      this.#groups.set(identity.key, group);
    }
    const { rows } = group;
    const at = placeOf(rows, row.ordinal);
    if (rows[at]?.ordinal === row.ordinal) rows[at] = row;
    else if (at === rows.length && group.late === undefined) rows.push(row);
    else (group.late ??= new Map()).set(row.ordinal, row);
    group.version = row.resourceVersion;
    this.#note(group.identity);
  }

  /** Lets a cluster's row go; `version` is that of the change. */
  remove(row: Member, version: number): void {
    const group = row.isPart ? undefined : this.#groups.get(row.identity.key);
    if (group === undefined) return;
    const rows = settled(group);
    const at = placeOf(rows, row.ordinal);
    if (rows[at]?.ordinal !== row.ordinal) return;
    rows.splice(at, 1);
    group.version = version;
    if (rows.length === 0) this.#groups.delete(row.identity.key);
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
    const group = this.#groups.get(key);
    return group === undefined ? [] : settled(group);
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

/** All rows of a group, by ordinal. */
function settled(group: Group): Member[] {
  if (group.late === undefined) return group.rows;
  const late = [...group.late.values()].toSorted((a, b) => a.ordinal - b.ordinal);
  const merged: Member[] = [];
  let next = 0;
  for (const row of group.rows) {
    for (let before = late[next]; before !== undefined && before.ordinal < row.ordinal; before = late[next]) {
      merged.push(before);
      next += 1;
    }
    merged.push(row);
  }
  for (const row of late.slice(next)) merged.push(row);
  group.rows = merged;
  group.late = undefined;
  return merged;
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
