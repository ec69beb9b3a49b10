// The rows that the page knows, by cluster and by workload. A list that is read again replaces them row by row: what it did not
// tell is taken away at its end, so that the screen never empties in between.
import { add, noCounts } from "./health.ts";
import type { Counts, Health } from "./health.ts";
import type { Detail, Identity, Read } from "./records.ts";

export interface Workload extends Identity {
  /** By cluster. */
  cells: Map<string, Cell>;
  counts: Counts;
}

export interface Cluster {
  /** By the workload's name. */
  cells: Map<string, Cell>;
  counts: Counts;
}

export interface Cell {
  readonly cluster: string;
  readonly workload: Workload;
  health: Health;
  /** resourceVersion: what is older is not news. */
  version: number;
  /** The reading that told it last. */
  round: number;
  detail: Detail | undefined;
}

/** A change that somebody may want to be told of. */
export interface Turn {
  cell: Cell;
  from: Health | undefined;
}

export class Store {
  readonly clusters = new Map<string, Cluster>();
  readonly workloads = new Map<string, Workload>();
  /** What is not Healthy: few of many. */
  readonly unhealthy = new Set<Cell>();
  #size = 0;
  #round = 0;

  get size(): number {
    return this.#size;
  }

  /** Begins a reading; what it gives is passed to `put` and `end`. */
  begin(): number {
    this.#round += 1;
    return this.#round;
  }

  /** Takes a row in. Gives what has turned; undefined when its health is as before, or it is no news. */
  put(read: Read, round = this.#round): Turn | undefined {
    const cluster = this.clusters.get(read.cluster) ?? this.#addCluster(read.cluster);
    const cell = cluster.cells.get(read.identity.name);
    if (cell === undefined) return { cell: this.#add(cluster, read, round), from: undefined };
    cell.round = Math.max(cell.round, round);
    // Metadata may come later than the whole object of the same version: what is known stays known.
    if (read.version < cell.version || (read.version === cell.version && read.detail === undefined)) return undefined;
    const from = cell.health;
    this.#count(cell, -1);
    cell.health = read.health;
    cell.version = read.version;
    cell.detail = read.detail;
    this.#count(cell, 1);
    return from === read.health ? undefined : { cell, from };
  }

  /** Takes a row away, unless it has come back since. */
  remove(clusterName: string, name: string, version = Infinity): void {
    const cluster = this.clusters.get(clusterName);
    const cell = cluster?.cells.get(name);
    if (cluster === undefined || cell === undefined || cell.version > version) return;
    this.#count(cell, -1);
    cluster.cells.delete(name);
    if (cluster.cells.size === 0) this.clusters.delete(clusterName);
    cell.workload.cells.delete(clusterName);
    if (cell.workload.cells.size === 0) this.workloads.delete(name);
    this.#size -= 1;
  }

  /** Ends a reading, of one cluster or of all: rows that it did not tell are gone. */
  end(round: number, cluster?: string): void {
    for (const [name, { cells }] of cluster === undefined ? this.clusters : this.#only(cluster)) {
      for (const cell of cells.values()) if (cell.round < round) this.remove(name, cell.workload.name);
    }
  }

  cell(cluster: string, name: string): Cell | undefined {
    return this.clusters.get(cluster)?.cells.get(name);
  }

  #only(name: string): [string, Cluster][] {
    const cluster = this.clusters.get(name);
    return cluster === undefined ? [] : [[name, cluster]];
  }

  #addCluster(name: string): Cluster {
    const cluster = { cells: new Map<string, Cell>(), counts: noCounts() };
    this.clusters.set(name, cluster);
    return cluster;
  }

  /** Counts a cell in, or out: before its health changes, and after. */
  #count(cell: Cell, by: 1 | -1): void {
    const { workload, cluster, health } = cell;
    add(workload.counts, health, by);
    const counts = this.clusters.get(cluster)?.counts;
    if (counts !== undefined) add(counts, health, by);
    if (by === 1 && health !== "Healthy") this.unhealthy.add(cell);
    else this.unhealthy.delete(cell);
  }

  #add({ cells }: Cluster, read: Read, round: number): Cell {
    const { cluster, identity, version, health, detail } = read;
    let workload = this.workloads.get(identity.name);
    if (workload === undefined) {
      workload = { ...identity, cells: new Map(), counts: noCounts() };
      this.workloads.set(identity.name, workload);
    }
    const cell = { cluster, workload, health, version, round, detail };
    // One text for the key, whichever object told it: a hundred thousand rows share a hundred names.
    cells.set(workload.name, cell);
    workload.cells.set(cluster, cell);
    this.#count(cell, 1);
    this.#size += 1;
    return cell;
  }
}
