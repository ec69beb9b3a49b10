// charts/kruise-health/README.md: what the chart is, and every value as values.yaml and its schema have it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export interface SchemaNode {
  type?: string | string[];
  enum?: string[];
  $ref?: string;
  description?: string;
  additionalProperties?: boolean | SchemaNode;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
}

export interface ChartValue {
  /** `image.tag`. A free-form object is one value. */
  path: string;
  default: unknown;
  comment: string;
}

const CHART = join(import.meta.dirname, "../../charts/kruise-health");

/** The values that a schema names, down to those that have no names of their own below them. */
export function schemaPaths(node: SchemaNode, prefix = ""): string[] {
  if (node.properties === undefined) return [prefix];
  return Object.entries(node.properties).flatMap(([key, child]) =>
    schemaPaths(child, prefix === "" ? key : `${prefix}.${key}`),
  );
}

/** The values of values.yaml, each with the comment above it; a value is documented when "# -- " begins its comment. */
export function readValues(text: string): ChartValue[] {
  const parsed: unknown = parse(text);
  const found: ChartValue[] = [];
  const above: { key: string; indent: number }[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n")) {
    const [, said] = /^ *# (.*)$/.exec(line) ?? [];
    if (said !== undefined) {
      comment = said.startsWith("-- ") ? [said.slice(3)] : [...comment, said];
      continue;
    }
    const [, { length: indent } = "", key] = /^( *)([A-Za-z]+):/.exec(line) ?? [];
    if (key !== undefined) {
      while ((above.at(-1)?.indent ?? -1) >= indent) above.pop();
      above.push({ key, indent });
      const path = above.map((one) => one.key);
      if (comment.length > 0) {
        found.push({ path: path.join("."), default: valueAt(parsed, path), comment: comment.join(" ") });
      }
    }
    comment = [];
  }
  return found;
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], values);
}

/** The chart's page. */
export function chartPage(): string {
  const values = readValues(readFileSync(join(CHART, "values.yaml"), "utf8"));
  const rows = values.map(({ path, default: fallback, comment }) => {
    return `| \`${path}\` | \`${JSON.stringify(fallback)}\` | ${comment} |`;
  });
  return [
    "# Helm chart kruise-health",
    "",
    "The manager of the OpenKruise health add-on, for the hub of Open Cluster Management. It deploys the agents; nothing is installed on",
    "managed clusters by hand. One release a hub. How to install, upgrade and remove it: `docs/using/install.md`.",
    "",
    "Written from `values.yaml` by `npm run gen`.",
    "",
    "```sh",
    "helm install kruise-health charts/kruise-health --namespace open-cluster-management-kruise-health --create-namespace",
    "```",
    "",
    "## Objects",
    "",
    "| object | why |",
    "|---|---|",
    "| Deployment, Service, ServiceAccount | the manager and its feedback API |",
    "| PodDisruptionBudget | with two replicas or more: a drain takes one at a time |",
    "| NetworkPolicy | if `networkPolicy.enabled` |",
    "| ServiceMonitor, Service `...-metrics` | if `serviceMonitor.enabled`: how Prometheus finds the manager |",
    "| PrometheusRule | if `prometheusRule.enabled`: the alerts, `docs/using/alerting.md` |",
    "| ConfigMap `...-dashboard` | if `grafanaDashboard.enabled`: the dashboard |",
    "| ClusterRole and binding `...:manager`, Role and binding | what the manager may do: no wildcard, no Secret but its own |",
    "| RoleBinding `...:auth-reader` in kube-system | an aggregated API reads the front proxy's CA there |",
    "| ClusterRole `...:reader` | for people: read workloads and clusters |",
    "| ClusterManagementAddOn | announces the add-on, says who enables it |",
    "| AddOnDeploymentConfig | if `defaultConfig.create` |",
    "| Placement, ManagedClusterSetBinding | if `placement.create` |",
    "",
    "The manager's leader makes three more, owned by the ClusterRole `...:manager` and so removed with the release: the APIService (none",
    "with `feedback.mode: direct`), the Secret with the serving certificate, the Lease.",
    "",
    "## Values",
    "",
    "Wrong values are refused before anything is installed; all mistakes are named at once.",
    "",
    "| value | default | meaning |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
