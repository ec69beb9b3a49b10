// How rows of the fleet are shown as Kubernetes objects: what a resource must provide, and what all share.
import { hash } from "node:crypto";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import { GROUP } from "../../shared/wire/group.ts";
import type { TurningPoints } from "../fleet/cluster-row.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { FleetWorkloadRow } from "../fleet/rollup-row.ts";
import type { ClusterRow, RowChange, WorkloadRow } from "../fleet/types.ts";
import type { ApiResource } from "./resources.ts";
import type { Metadata } from "./schemas.ts";

/** A row of a cluster; `cluster` is empty for what belongs to none. */
export type Row = WorkloadRow | ClusterRow | FleetWorkloadRow;

export interface Column {
  name: string;
  type: "string" | "integer";
  description: string;
  /** Shown with `-o wide` only. */
  wide?: true;
}

/** What a row alone does not say: the time now, and the cluster that it belongs to. */
export interface Scene {
  nowWallMs: number;
  cluster(name: string): ClusterRow | undefined;
  /** Since when what the cluster's row says has been so. */
  turningPoints(name: string): TurningPoints | undefined;
}

export function sceneOf(fleet: Fleet, clock: Clock): Scene {
  return {
    get nowWallMs() {
      return clock.wallMs();
    },
    cluster: (name) => fleet.cluster(name),
    turningPoints: (name) => fleet.turningPoints(name),
  };
}

interface Change<R extends Row> {
  type: RowChange["type"];
  row: R;
  previous: R | undefined;
}

/** One readable resource. Pure but for reading the fleet. */
export interface View<R extends Row> {
  resource: ApiResource;
  columns: readonly Column[];
  /** Fields that selectors can ask for, the same for every row. */
  fieldNames: readonly string[];
  fields(row: R): Record<string, string>;
  labels(row: R): Record<string, string>;
  metadata(row: R): Metadata;
  object(row: R, scene: Scene): object;
  cells(row: R, scene: Scene): (string | number)[];
  /** By name in the order of code units, as of now: the array does not change any more. */
  rows(fleet: Fleet, cluster: string): readonly R[];
  count(fleet: Fleet, cluster: string): number;
  find(fleet: Fleet, cluster: string, name: string): R | undefined;
  /** The change, when it is one of this resource. */
  change(change: RowChange): Change<R> | undefined;
}

/** Where the rows of a view are: in the clusters by name, or, of what belongs to none, in one place without a name. */
export function placesOf<R extends Row>(view: View<R>, fleet: Fleet): string[] {
  return view.resource.namespaced ? fleet.clusters().map((row) => row.cluster) : [""];
}

export function nameOf(row: Row): string {
  return "name" in row ? row.name : row.cluster;
}

export const LABELS = {
  cluster: `${GROUP}/cluster`,
  kind: `${GROUP}/kind`,
  namespace: `${GROUP}/namespace`,
  parentKind: `${GROUP}/parent-kind`,
} as const;

/** Metadata of a row's object. `identity` says which object it is; the uid is the same in every manager's life. */
export function metadataOf(row: Row, identity: string, labels: Record<string, string>): Metadata {
  return {
    name: nameOf(row),
    ...(row.cluster !== "" && { namespace: row.cluster }),
    uid: uidOf(identity),
    resourceVersion: String(row.resourceVersion),
    creationTimestamp: rfc3339Seconds(row.firstSeenMs),
    labels,
  };
}

/** A UUID of version 8 (RFC 9562: contents of one's own) from a hash of the identity. */
function uidOf(identity: string): string {
  const hex = hash("sha256", identity, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** An object without the members that are undefined, as JSON would write it. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
