// What the reader has chosen, as the part of the address behind "#": it never reaches a server, works behind any proxy, and
// can be sent to somebody else. What is as usual is left out.
import { WORST_FIRST } from "./health.ts";
import type { Health } from "./health.ts";

export const VIEWS = ["fleet", "broken", "rollouts", "clusters", "workload"] as const;
export type ViewName = (typeof VIEWS)[number];
export const RANGES = ["1h", "6h", "24h", "7d"] as const;
export type RangeName = (typeof RANGES)[number];

export interface UrlState {
  view: ViewName;
  /** What the matrix has clusters against. */
  by: "workload" | "kind";
  /** Part of a workload's namespace/name. */
  q: string;
  health: readonly Health[];
  kind: string;
  ns: string;
  /** Clusters to look at; none: all. */
  cluster: readonly string[];
  /** The workload of the timeline: kind.namespace.name. */
  workload: string;
  /** What is opened beside the view: CLUSTER/NAME. */
  at: string;
  range: RangeName;
  /** Whether broken workloads are shown one by one. */
  each: boolean;
}

export const USUAL: UrlState = {
  view: "fleet",
  by: "workload",
  q: "",
  health: [],
  kind: "",
  ns: "",
  cluster: [],
  workload: "",
  at: "",
  range: "6h",
  each: false,
};

/** Reads the address. Words that mean nothing here count as not said. */
export function parseState(hash: string, search = ""): UrlState {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const given = new URLSearchParams(query);
  const clusters = [...given.getAll("cluster"), ...new URLSearchParams(search).getAll("cluster")];
  const word = (name: string) => given.get(name)?.trim() ?? "";
  return {
    view: VIEWS.find((view) => view === path) ?? USUAL.view,
    by: word("by") === "kind" ? "kind" : "workload",
    q: word("q"),
    health: WORST_FIRST.filter((health) => given.getAll("health").includes(health)),
    kind: word("kind"),
    ns: word("ns"),
    cluster: [...new Set(clusters.flatMap((text) => text.split(/[\s,]+/)).filter((name) => name !== ""))],
    workload: word("workload"),
    at: /^[^/]+\/[^/]+$/.test(word("at")) ? word("at") : "",
    range: RANGES.find((range) => range === word("range")) ?? USUAL.range,
    each: word("each") === "1",
  };
}

/** Writes the address of a state: `#/broken?health=Degraded&q=cart`. */
export function formatState(state: UrlState): string {
  const query = new URLSearchParams();
  if (state.by !== USUAL.by) query.set("by", state.by);
  for (const name of ["q", "kind", "ns"] as const) if (state[name] !== "") query.set(name, state[name]);
  for (const health of state.health) query.append("health", health);
  for (const cluster of state.cluster) query.append("cluster", cluster);
  if (state.view === "workload" && state.workload !== "") query.set("workload", state.workload);
  if (state.at !== "") query.set("at", state.at);
  if (state.range !== USUAL.range) query.set("range", state.range);
  if (state.each) query.set("each", "1");
  const text = query.toString();
  return `#/${state.view}${text === "" ? "" : `?${text}`}`;
}

/** Whether something but the view narrows what is shown. */
export function isFiltered({ q, health, kind, ns, cluster }: UrlState): boolean {
  return q !== "" || health.length > 0 || kind !== "" || ns !== "" || cluster.length > 0;
}
