// The roll-up: a row for each workload of the fleet, made of the rows that the clusters have of it. What changes marks a
// workload; marked ones are made anew in slices, each at most once a second, one of thousands of clusters more rarely, so that
// a storm costs no more than a breeze.
// No timers: run() is called from outside, some times a second.
import { NAMES_MAX } from "../../shared/aggregate/aggregate.ts";
import { Shapes } from "../../shared/aggregate/shape.ts";
import type { Shape } from "../../shared/aggregate/shape.ts";
import { Tallies } from "../../shared/aggregate/tally.ts";
import { recordKey } from "../../shared/kruise/kinds.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Identities, Identity, Member, Tracker } from "./identities.ts";
import { addFact, Content, FACTS_KEPT, fleetName, nextRow } from "./rollup-row.ts";
import type { Children, Fact, FleetWorkloadRow } from "./rollup-row.ts";
import { SortedRows } from "./sorted-rows.ts";
import type { ClusterRow, RowChange, WorkloadRow } from "./types.ts";

/** Least time between two new rows of one workload. */
const INTERVAL_MS = 1000;
/** One of many clusters takes a microsecond of each: so a hundred such workloads that change all the time take a fifth of a core. */
const INTERVAL_MS_PER_CLUSTER = 0.5;

/** What the roll-up is made from. */
export interface RollUpSource {
  readonly identities: Pick<Identities, "rowsOf" | "track">;
  cluster(name: string): Pick<ClusterRow, "lastReportWallMs"> | undefined;
  subscribe(listener: (change: RowChange) => void): () => void;
}

/** Tells of a change, at the version that it is given. */
export type Tell = (changeAt: (resourceVersion: number) => RowChange) => void;

/** What was read of an identity's rows when they were last looked at: parallel to them, so that rows are left alone. */
interface Group {
  name: string;
  members: Member[];
  clusters: string[];
  /** Undefined for a silent cluster. */
  shapes: (Shape | undefined)[];
  /** As in Fact. */
  sinceMs: number[];
  /** Monotonic. */
  rolledMs: number;
}

export class RollUp {
  readonly #source: RollUpSource;
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #tracker: Tracker;
  readonly #shapes = new Shapes();
  readonly #groups = new Map<string, Group>();
  readonly #rows = new SortedRows<FleetWorkloadRow>();
  readonly #marked = new Map<string, Identity>();
  /** Number of children by kind, of the owner with this row name. */
  readonly #children = new Map<string, Map<string, number>>();

  constructor(source: RollUpSource, clock: Clock, tell: Tell) {
    this.#source = source;
    this.#clock = clock;
    this.#tell = tell;
    this.#tracker = source.identities.track();
    source.subscribe((change) => this.#noteChild(change));
  }

  /** Every row, by name in the order of code units. */
  rows(): FleetWorkloadRow[] {
    return this.#rows.rows();
  }

  row(name: string): FleetWorkloadRow | undefined {
    return this.#rows.get(name);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Makes rows anew for as long as the budget lasts, at least one. False when none is left that may be made now. */
  run(budgetMs: number): boolean {
    const startMs = this.#clock.monotonicMs();
    for (const identity of this.#tracker.take()) this.#marked.set(identity.key, identity);
    for (const [key, identity] of this.#marked) {
      const group = this.#groups.get(key);
      if (group !== undefined && startMs - group.rolledMs < intervalOf(group)) continue;
      this.#marked.delete(key);
      this.#roll(identity, group);
      if (this.#clock.monotonicMs() - startMs >= budgetMs) return true;
    }
    return false;
  }

  #roll(identity: Identity, known: Group | undefined): void {
    const members = this.#source.identities.rowsOf(identity);
    if (members.length === 0) return this.#drop(identity.key, known);
    const group = known ?? { name: fleetName(identity), ...nothingRead(), rolledMs: 0 };
    this.#groups.set(identity.key, group);
    group.rolledMs = this.#clock.monotonicMs();
    this.#read(group, members);
    const previous = this.#rows.get(group.name);
    // Only a cluster that makes names up can come here: the first who has a name keeps it.
    if (previous !== undefined && previous.identity.key !== identity.key) return;
    const content = this.#contentOf(group);
    const rolled = { identity, name: group.name, content, children: this.#childrenOf(group.name) };
    const next = nextRow(previous, rolled, this.#clock.wallMs());
    if (next === undefined) return;
    this.#tell((resourceVersion) => {
      const row = { ...next, resourceVersion };
      this.#rows.set(row);
      return { type: previous === undefined ? "Added" : "Modified", resource: "fleetWorkloads", row, previous };
    });
  }

  #drop(key: string, group: Group | undefined): void {
    this.#groups.delete(key);
    const previous = group && this.#rows.get(group.name);
    if (previous === undefined || previous.identity.key !== key) return;
    this.#rows.delete(previous.name);
    this.#tell((resourceVersion) => {
      return { type: "Deleted", resource: "fleetWorkloads", row: { ...previous, resourceVersion }, previous };
    });
  }

  /** Brings what is known of the rows up to date. A row is never changed, only replaced: only new ones are read. */
  #read(group: Group, members: readonly Member[]): void {
    const { members: known, clusters, shapes, sinceMs } = group;
    const isAligned = haveSameClusters(known, members);
    if (!isAligned) Object.assign(group, nothingRead());
    let at = 0;
    let index = -1;
    for (const member of members) {
      index += 1;
      at = isAligned ? index : placeFrom(known, at, member.ordinal);
      if (known[at] !== member) this.#readMember(group, index, member);
      else if (!isAligned) {
        group.members[index] = member;
        group.clusters[index] = clusters[at] ?? member.cluster;
        group.shapes[index] = shapes[at];
        group.sinceMs[index] = sinceMs[at] ?? 0;
      }
    }
  }

  /** Of a silent cluster no record is read: when a whole hub's clusters fall silent, that would be a million. */
  #readMember({ members, clusters, shapes, sinceMs }: Group, index: number, member: Member): void {
    members[index] = member;
    clusters[index] = member.cluster;
    if (member.state === "Fresh") {
      const { record } = member;
      shapes[index] = this.#shapes.of(record);
      sinceMs[index] = Date.parse(record.since);
    } else {
      shapes[index] = undefined;
      sinceMs[index] = this.#source.cluster(member.cluster)?.lastReportWallMs ?? 0;
    }
  }

  #contentOf({ clusters, shapes, sinceMs }: Group): Content {
    const facts: Fact[] | undefined = clusters.length <= FACTS_KEPT ? [] : undefined;
    const tallies = new Tallies(NAMES_MAX);
    // One object for all: thousands of clusters would be as many objects for a moment.
    const fact = { cluster: "", shape: undefined as Shape | undefined, sinceMs: 0 };
    let index = -1;
    for (const cluster of clusters) {
      index += 1;
      fact.cluster = cluster;
      fact.shape = shapes[index];
      fact.sinceMs = sinceMs[index] ?? 0;
      facts?.push({ ...fact });
      addFact(tallies, fact);
    }
    return new Content(tallies, facts);
  }

  #childrenOf(name: string): Children[] {
    const counts = this.#children.get(name) ?? new Map<string, number>();
    return Array.from(counts, ([kind, count]) => ({ kind, count })).sort((a, b) => (a.kind < b.kind ? -1 : 1));
  }

  #noteChild(change: RowChange): void {
    if (change.resource !== "workloads") return;
    const { type, row, previous } = change;
    if (previous?.isPart === true) this.#countChild(previous, -1);
    if (type !== "Deleted" && row.isPart) this.#countChild(row, 1);
  }

  #countChild({ record }: WorkloadRow, by: 1 | -1): void {
    if (record.parent === undefined) return;
    const owner = recordKey(record.parent.k, record.ns, record.parent.n);
    const counts = this.#children.get(owner) ?? new Map<string, number>();
    const count = (counts.get(record.k) ?? 0) + by;
    if (count > 0) counts.set(record.k, count);
    else counts.delete(record.k);
    if (counts.size > 0) this.#children.set(owner, counts);
    else this.#children.delete(owner);
    const identity = this.#rows.get(owner)?.identity;
    if (identity !== undefined) this.#marked.set(identity.key, identity);
  }
}

function intervalOf({ members }: Group): number {
  return Math.max(INTERVAL_MS, members.length * INTERVAL_MS_PER_CLUSTER);
}

/** The first place at or after `at` whose cluster does not come before this one. */
function placeFrom(sorted: readonly Member[], at: number, ordinal: number): number {
  let place = at;
  while (place < sorted.length && (sorted[place]?.ordinal ?? ordinal) < ordinal) place += 1;
  return place;
}

/** Most rows are the same: to look into each of thousands is what would take the time. */
function haveSameClusters(a: readonly Member[], b: readonly Member[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) {
    if (a[index] !== b[index] && a[index]?.ordinal !== b[index]?.ordinal) return false;
  }
  return true;
}

function nothingRead(): Pick<Group, "members" | "clusters" | "shapes" | "sinceMs"> {
  return { members: [], clusters: [], shapes: [], sinceMs: [] };
}
