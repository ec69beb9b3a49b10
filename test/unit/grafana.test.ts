// Holds the dashboard to what Grafana and its readers need: one address for good, any Prometheus, and metrics that there are.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FEW, FLEET } from "../../manager/metrics/families.ts";
import { dashboardExpressions, dashboardText, readDashboard } from "../fixtures/alerts/dashboard.ts";
import { metricsIn } from "../fixtures/alerts/expressions.ts";

const REPOSITORY = "https://github.com/open-cluster-management-io/kruise-health/blob/main/";
const ROOT = join(import.meta.dirname, "../..");
const families = new Map([...Object.values(FEW), ...Object.values(FLEET)].map((family) => [family.name, family]));
/** Of Prometheus itself, and of prom-client. */
const FOREIGN = new Map([
  ["ALERTS", ["alertname"]],
  ["process_resident_memory_bytes", []],
]);
const dashboard = readDashboard();
const shown = dashboard.panels.filter(({ type }) => type !== "row").map((panel) => [panel.title, panel] as const);

test("it has one address for good, and asks whichever Prometheus its reader chooses", () => {
  expect(dashboard.uid).toBe("kruise-health");
  expect(dashboard.tags).toContain("openkruise");
  expect(dashboard.templating.list.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "datasource datasource",
    "cluster query",
  ]);
  const own = dashboard.templating.list.flatMap(({ datasource }) => datasource?.uid ?? []);
  expect(own).toEqual(["${datasource}"]);
});

test("it goes from the fleet to the cluster to the workload", () => {
  const rows = dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title);
  expect(rows).toEqual(["Fleet", "Cluster $cluster", "Workload", "Manager"]);
});

test("no two panels have the same id, the same title in one row, or the same place", () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  const places = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(places).toHaveLength(new Set(places).size);
  expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test.each(shown)("%s: says what it shows, in which unit, from the chosen Prometheus", (title, panel) => {
  expect(title).not.toBe("");
  expect(panel.description).toMatch(/\.$/);
  expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
  const sources = [panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource)];
  expect(sources.length).toBeGreaterThan(1);
  for (const source of sources) expect(source).toEqual({ type: "prometheus", uid: "${datasource}" });
  const refs = panel.targets?.map(({ refId }) => refId) ?? [];
  expect(refs).toEqual([...new Set(refs)]);
});

test.each(dashboardExpressions())("$title: reads metrics that there are, by labels that they have", ({ expr }) => {
  const read = metricsIn(expr);
  expect(read.length).toBeGreaterThan(0);
  for (const { name, labels } of read) {
    const known = families.get(name)?.labels ?? FOREIGN.get(name);
    expect(known, `no metric ${name}`).toBeDefined();
    expect(labels.filter((label) => known?.includes(label) !== true)).toEqual([]);
  }
});

test("links lead to pages that there are", () => {
  const links = [...dashboardText().matchAll(/"url": "([^"]+)"/g)].map(([, url]) => url ?? "");
  const pages = links.filter((url) => url.startsWith(REPOSITORY) && !url.includes("${"));
  expect(pages.length).toBeGreaterThan(5);
  const missing = pages.filter((url) => !existsSync(join(ROOT, url.slice(REPOSITORY.length).replace(/#.*/, ""))));
  expect(missing).toEqual([]);
  const others = links.filter((url) => !url.startsWith(REPOSITORY));
  expect(others.filter((url) => !url.startsWith(`/d/${dashboard.uid}?`))).toEqual([]);
});
