// The kubectl command that shows what a view shows. Pure text; a test runs each of them.
import { WORST_FIRST } from "./health.ts";
import type { Health } from "./health.ts";
import type { UrlState } from "./url-state.ts";

/** What counts as broken when nothing else is asked for. */
export const BROKEN: readonly Health[] = ["Degraded", "Unknown"];
/** The reason of a silent cluster's workloads: they are told with their cluster. */
export const SILENT = "ReportStale";

/** `-A`, or `-n c1` where one cluster is looked at; several are read one after another. */
function where(clusters: readonly string[]): string {
  return clusters.length === 1 ? `-n ${quoted(clusters[0] ?? "")}` : "-A";
}

/** Text for a shell. What is in an address may come from anybody, and a command is there to be copied. */
export function quoted(text: string): string {
  return /^[\w./=:,@%!-]*$/.test(text) && !text.includes("!") ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function selecting(fields: readonly string[]): string {
  return fields.length === 0 ? "" : ` --field-selector ${quoted(fields.join(","))}`;
}

/** A selector has no "or": several healths are all but the others. */
function healthFields(health: readonly Health[]): string[] {
  if (health.length === 1) return [`health=${health[0]}`];
  if (health.length === 0) return [];
  return WORST_FIRST.filter((one) => !health.includes(one)).map((one) => `health!=${one}`);
}

/** The filters that kubectl has too. */
function fieldsOf({ health, kind, ns }: UrlState): string[] {
  return [
    ...healthFields(health),
    ...(kind === "" ? [] : [`kind=${kind}`]),
    ...(ns === "" ? [] : [`workloadNamespace=${ns}`]),
  ];
}

/** A command, or one for each cluster where the whole hub may not be read. */
function each(clusters: readonly string[], command: (at: string) => string): string {
  if (clusters.length <= 1) return command(where(clusters));
  return `for c in ${clusters.map(quoted).join(" ")}; do ${command("-n $c")}; done`;
}

/** The command beside a view. `scope`: the clusters that are read or chosen; none: all. */
export function commandOf(state: UrlState, scope: readonly string[]): string {
  const fields = fieldsOf(state);
  const grep = state.q === "" ? "" : ` | grep ${state.q.startsWith("-") ? "-- " : ""}${quoted(state.q)}`;
  switch (state.view) {
    case "broken": {
      const health = state.health.length === 0 ? BROKEN : state.health;
      const chosen = [...fieldsOf({ ...state, health }), `reason!=${SILENT}`];
      return each(scope, (at) => `kubectl get kwl ${at} -o wide${selecting(chosen)}`) + grep;
    }
    case "rollouts": {
      if (scope.length === 0) return `kubectl get kfw -o wide${selecting(fields)}${grep}`;
      return each(scope, (at) => `kubectl get kwl ${at} -o wide${selecting(fields)}`) + grep;
    }
    case "clusters":
      return each(scope, (at) => `kubectl get kcl ${at}`);
    case "workload":
      return each(scope, (at) => `kubectl get kwl ${at} -o wide${selecting([`metadata.name=${state.workload}`])}`);
    case "fleet":
      return each(scope, (at) => `kubectl get kwl ${at}${selecting(fields)}`) + grep;
  }
}

/** The command that shows all of one workload on one cluster. */
export function objectCommand(cluster: string, name: string): string {
  return `kubectl get kwl -n ${quoted(cluster)} ${quoted(name)} -o yaml`;
}
