// What the demo shows: the tables of the feedback API, read through the hub as kubectl reads them.
import type { Kube } from "../../../shared/kube/types.ts";
import { table } from "../hub-views.ts";

export interface Row {
  cluster: string;
  workload: string;
  health: string;
  reason: string;
  ready: string;
  updated: string;
  since: string;
}

interface ClusterLine {
  cluster: string;
  state: string;
  kruise: string;
  cells: string[];
}

export interface View {
  rows: Row[];
  clusters: ClusterLine[];
  clusterHead: string[];
  /** The workloads over all clusters: the head, then a line each. */
  fleet: string[][];
}

export const EMPTY_VIEW: View = { rows: [], clusters: [], clusterHead: [], fleet: [] };

/** Reads the tables; the former view while the API is away. */
export async function readView(kube: Kube, former: View): Promise<View> {
  const [workloads, clusters, fleet] = await Promise.all([
    table(kube, "workloads"),
    table(kube, "clusters"),
    table(kube, "fleetWorkloads"),
  ]);
  if (!workloads || !clusters || !fleet) return former;
  const cell = (head: string[], line: string[], name: string): string => line[head.indexOf(name)] ?? "";
  const rows = workloads.lines.map((line): Row => {
    const get = (name: string): string => cell(workloads.head, line, name);
    return {
      cluster: get("CLUSTER"),
      workload: `${get("KIND")} ${get("WORKLOAD")}`,
      health: get("HEALTH"),
      reason: get("REASON"),
      ready: get("READY"),
      updated: get("UPDATED"),
      since: get("SINCE"),
    };
  });
  const clusterHead = clusters.head.filter((name) => name !== "NAME");
  const lines = clusters.lines.map((line): ClusterLine => {
    const get = (name: string): string => cell(clusters.head, line, name);
    return { cluster: get("CLUSTER"), state: get("STATE"), kruise: get("KRUISE"), cells: clusterHead.map(get) };
  });
  // What belongs to no cluster has nothing in the first column.
  return { rows, clusters: lines, clusterHead, fleet: [fleet.head, ...fleet.lines].map((line) => line.slice(1)) };
}
