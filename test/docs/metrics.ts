// docs/metrics.md: every metric of manager and agent, as the code has them.
import { AGENT_FAMILIES } from "../../agent/metric-families.ts";
import { FEW, FLEET } from "../../manager/metrics/families.ts";
import type { MetricFamily } from "../../shared/runtime/metric-family.ts";

/** Every metric. */
export function metricsPage(): string {
  return [
    "# Metrics",
    "",
    "Written from `manager/metrics/families.ts` and `agent/metric-families.ts` by `npm run gen`.",
    "",
    "Each process serves them at `/metrics` on its HEALTH_PORT (8081), beside those of Node.js in the manager (`process_*`, `nodejs_*`). What is Stable keeps its name,",
    "labels and meaning within a major version; what is Alpha may change, which the changelog tells.",
    "",
    "## Of the fleet",
    "",
    "From the replica that leads, alone: a scrape of all replicas has each series once. They are read off for each scrape, in pieces, so that nobody waits for it.",
    "There is no series for a single workload unless the manager's WORKLOAD_SERIES_MAX is above 0.",
    "",
    ...table(Object.values(FLEET)),
    "",
    "## Of each manager",
    "",
    ...table(Object.values(FEW)),
    "",
    "## Of each agent",
    "",
    ...table(Object.values(AGENT_FAMILIES)),
    "",
  ].join("\n");
}

function table(families: readonly MetricFamily[]): string[] {
  const rows = families.map(({ name, type, labels, stability, help }) => {
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${stability} | ${help} |`;
  });
  return ["| name | type | labels | stability | meaning |", "|---|---|---|---|---|", ...rows];
}
