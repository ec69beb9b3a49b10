// The way of an alert, with the real Prometheus and Alertmanager: the shipped rules with the times that they ship with, by
// promtool; then a CloneSet that really breaks, from OpenKruise to the receiver and back, while canaries beside it are held.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { Kube } from "../../shared/kube/types.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import { ALERT_CASES } from "../fixtures/alerts/cases.ts";
import { dashboardExpressions, readDashboard } from "../fixtures/alerts/dashboard.ts";
import { CONDITION_RULES_FILE, RULES_FILE, promtoolFile, readRules } from "../fixtures/alerts/rules.ts";
import { runbookCommands, runbookNames } from "../fixtures/alerts/runbooks.ts";
import type { RunbookCommand } from "../fixtures/alerts/runbooks.ts";
import { ADDON_MANAGER_NAMESPACE } from "./harness/addon.ts";
import { parseManifests } from "./harness/files.ts";
import { lookAt, met, unmet, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { deployAddon, untilVerdict } from "./support/addon.ts";
import { firstSampleMs, printParts, timeAlert } from "./support/alert-parts.ts";
import { agentPod } from "./support/faults.ts";
import { startKubeStateMetrics } from "./support/kube-state-metrics.ts";
import type { KubeStateMetrics } from "./support/kube-state-metrics.ts";
import { holdPod, managerPods } from "./support/manager.ts";
import { amtool, promtool, startMonitoring } from "./support/monitoring.ts";
import type { Monitoring, Notice } from "./support/monitoring.ts";
import { CHART } from "./support/release.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const NAMESPACE = "alerts-e2e";
const CLUSTERS = ["c1", "c2"] as const;
const SHOP = { namespace: NAMESPACE, name: "shop", replicas: 4 };
const ROW = `cloneset.${NAMESPACE}.shop`;
const CANARY = { namespace: NAMESPACE, name: "canary", replicas: 4 };
const NOWHERE = { "kubernetes.io/hostname": "no-such-node" };
const BROKEN = { ...SHOP, image: "shop/app:2", nodeSelector: NOWHERE };
const MENDED = { ...SHOP, image: "shop/app:3" };
const ALERTING = readFileSync(join(import.meta.dirname, "../../docs/using/alerting.md"), "utf8");
/** Helm built from source takes itself to be of Kubernetes 1.20. */
const KUBE = ["--kube-version", "1.35.0"];
const stack = suiteStack();
const clusters: Record<string, Kube> = {};
let hub: Kube;
let monitoring: Monitoring;
let kubeStateMetrics: KubeStateMetrics;
let targets: Record<string, string[]>;
let brokenMs: number;

beforeAll(async () => {
  hub = await stack.hub.admin();
  for (const name of CLUSTERS) clusters[name] = await stack.cluster(name).admin();
  const opening = CLUSTERS.map(async (name) => openNamespace(kube(name)));
  const starting = startKubeStateMetrics(stack);
  await Promise.all([deployAddon(stack, hub, [...CLUSTERS]), ...opening]);
  const managers = await managerPods(hub);
  const agents = await Promise.all(CLUSTERS.map(async (name) => agentPod(kube(name))));
  const addresses = (pods: { status?: { podIP?: string } }[]) => pods.map(({ status }) => `${status?.podIP}:8081`);
  kubeStateMetrics = await starting;
  targets = {
    "kruise-health": addresses(managers),
    "kruise-health-agent": addresses(agents),
    "kube-state-metrics": [kubeStateMetrics.address],
  };
  const all = CLUSTERS.flatMap((name) => [SHOP, CANARY].map(async (set) => applyCloneSet(kube(name), set)));
  [monitoring] = await Promise.all([startMonitoring(stack, targets), ...all]);
  await eachCluster(async (name) => {
    await untilVerdict(hub, name, ROW, "Healthy/AllAvailable");
    await untilVerdict(hub, name, `cloneset.${NAMESPACE}.canary`, "Healthy/AllAvailable");
    await applyCloneSet(kube(name), { ...CANARY, image: "shop/app:2", partition: 3 });
    await untilVerdict(hub, name, `cloneset.${NAMESPACE}.canary`, "Suspended/PartitionHeld");
  });
});

afterAll(async () => {
  await Promise.all([monitoring.stop(), kubeStateMetrics.stop()]);
  await eachCluster(async (name) => deleteNamespace(kube(name), NAMESPACE));
  for (const open of [hub, ...Object.values(clusters)]) open.close();
});

function kube(name: string): Kube {
  const found = clusters[name];
  if (found === undefined) throw new Error(`There is no connection to ${name}`);
  return found;
}

async function eachCluster(act: (name: string) => Promise<void>): Promise<void> {
  await Promise.all(CLUSTERS.map(act));
}

/** A namespace in which pods can be created: without its ServiceAccount they are refused. */
async function openNamespace(cluster: Kube): Promise<void> {
  await createNamespace(cluster, NAMESPACE);
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`;
  await until(path, async () => lookAt(true, await cluster.request({ method: "GET", path })), { limitMs: 30_000 });
}

async function untilNotice(alert: string, status: Notice["status"], cluster?: string): Promise<Notice> {
  return until(
    `${alert} ${cluster ?? ""} to be received as ${status}`,
    () => {
      const ofAlert = monitoring.notices.filter(({ labels }) => {
        return labels["alertname"] === alert && labels["cluster"] === cluster;
      });
      const last = ofAlert.at(-1);
      return last?.status === status ? met(last) : unmet(ofAlert);
    },
    { limitMs: 60_000 },
  );
}

function firing(alert: string): string[] {
  const seen = monitoring.notices.filter(({ labels, status }) => labels["alertname"] === alert && status === "firing");
  return seen.map(({ labels }) => labels["cluster"] ?? "");
}

/** Runs with these files in a folder that is gone afterwards. */
async function inFolder(files: Record<string, string | Buffer>, act: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kruise-health-alerts-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await act(folder).finally(() => rmSync(folder, { recursive: true }));
}

function blocksOf(page: string): string[] {
  return [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
}

/** Debian builds Prometheus without the discovery of Kubernetes: that part cannot be read by its promtool. */
function withoutDiscovery(configuration: string): string {
  const { scrape_configs: jobs, ...rest } = parse(configuration) as { scrape_configs: Record<string, unknown>[] };
  const scraped = jobs.map(({ kubernetes_sd_configs: discovery, ...job }) => {
    expect(discovery).toMatchObject([{ role: "pod", namespaces: { names: [ADDON_MANAGER_NAMESPACE] } }]);
    return job;
  });
  return stringify({ ...rest, scrape_configs: scraped });
}

/** What a command of a runbook prints, typed as its page says. */
async function typeCommand({ where, command }: RunbookCommand): Promise<string> {
  const filled = command.replaceAll("CLUSTER CLUSTER", "c1 c1").replaceAll("-n CLUSTER", "-n c1");
  const [, ...args] = filled
    .replace(/\bcluster-name=CLUSTER\b/, "cluster-name=c1")
    .replace(/\bmanagedcluster CLUSTER\b/, "managedcluster c1")
    .replace(/\bNAMESPACE\b/, ADDON_MANAGER_NAMESPACE)
    .replace(/(?<![\w.:])NAME\b/, ROW)
    .split(" ");
  return output(stack.kubectl(where === "hub" ? "hub" : "c1", ...args));
}

test("every alert fires in its time and not before, and for nothing else, by promtool with the shipped file", async () => {
  const checked = await promtool(["check", "rules", RULES_FILE, CONDITION_RULES_FILE]);
  expect(checked.code, checked.stderr).toBe(0);
  await inFolder({ "cases.yaml": stringify(promtoolFile(ALERT_CASES, readRules())) }, async (folder) => {
    const { code, stdout, stderr } = await promtool(["test", "rules", join(folder, "cases.yaml")]);
    expect(code, stdout + stderr).toBe(0);
  });
});

test("the page's configurations are taken by Prometheus, Alertmanager and Helm", async () => {
  const [values = "", configured = "", alertmanager = ""] = blocksOf(ALERTING);
  const prometheus = withoutDiscovery(configured);
  await inFolder(
    { values, prometheus, alertmanager, "kruise-health.yaml": readFileSync(RULES_FILE) },
    async (folder) => {
      const scraped = await promtool(["check", "config", join(folder, "prometheus")]);
      expect(scraped.code, scraped.stdout + scraped.stderr).toBe(0);
      expect(scraped.stdout).toContain("10 rules found");
      const routed = await amtool(["check-config", join(folder, "alertmanager")]);
      expect(routed.code, routed.stdout + routed.stderr).toBe(0);
      const rendered = await output(
        stack.helm("template", "kruise-health", CHART, ...KUBE, "-f", join(folder, "values")),
      );
      const objects = parseManifests(rendered);
      const [rule] = objects.filter(({ kind }) => kind === "PrometheusRule");
      expect(rule?.["spec"]).toEqual(parse(readFileSync(RULES_FILE, "utf8")));
      const [monitor] = objects.filter(({ kind }) => kind === "ServiceMonitor");
      const [service] = objects.filter(({ metadata }) => metadata.name === "kruise-health-metrics");
      const spec = monitor?.["spec"] as { selector: { matchLabels: object }; endpoints: object[] } | undefined;
      expect(service?.metadata["labels"]).toMatchObject(spec?.selector.matchLabels ?? { a: "selector" });
      expect(spec?.endpoints).toMatchObject([{ port: "metrics", honorLabels: true }]);
      const [dashboard] = objects.filter(({ kind }) => kind === "ConfigMap");
      expect(dashboard?.metadata["labels"]).toMatchObject({ grafana_dashboard: "1" });
      const shown = dashboard?.["data"] as Record<string, string> | undefined;
      expect(JSON.parse(shown?.["kruise-health.json"] ?? "")).toEqual(readDashboard());
    },
  );
});

test("what manager and agents serve is clean to promtool", async () => {
  const own = ["kruise-health", "kruise-health-agent"].flatMap((job) => targets[job] ?? []);
  for (const address of own) {
    const text = await (await fetch(`http://${address}/metrics`)).text();
    const { code, stdout, stderr } = await promtool(["check", "metrics"], text);
    expect(`${code} ${stdout}${stderr}`, address).toBe("0 ");
  }
});

test("a CloneSet that breaks is told to the receiver, with the page that leads to the cause", async () => {
  const parts = await timeAlert({ hub, cluster: kube("c1"), name: "c1", row: ROW, set: BROKEN, monitoring }, async () =>
    untilNotice("KruiseWorkloadsDegraded", "firing", "c1"),
  );
  printParts(parts);
  brokenMs = parts.brokenMs;
  const { labels, annotations } = parts.notice;
  expect(labels).toMatchObject({ cluster: "c1", kind: "CloneSet", severity: "warning" });
  expect(annotations["description"]).toBe("1 CloneSet on cluster c1 are Degraded: waiting does not mend them.");
  expect(annotations["runbook_url"]).toMatch(/\/docs\/runbooks\/KruiseWorkloadsDegraded\.md$/);
  const [first, second] = runbookCommands("KruiseWorkloadsDegraded");
  if (first === undefined || second === undefined) throw new Error("The runbook has no two commands");
  expect(await typeCommand(first)).toMatch(
    new RegExp(`^${ROW} .*Degraded +UpdateStalled .*1 pod: 0/\\d+ nodes are available`, "m"),
  );
  expect(await typeCommand(second)).toContain("reason: UpdateStalled");
});

test("kube-state-metrics says the same by the shipped configuration", async () => {
  const [rule] = readRules(CONDITION_RULES_FILE);
  if (rule?.alert !== "KruiseWorkloadsDegraded") throw new Error("Another alert comes first");
  await until(
    "the condition to be a series",
    async () => {
      const found = await monitoring.query(rule.expr);
      return lookAt(
        isDeepStrictEqual(
          found.map(({ metric }) => metric),
          [{ cluster: "c1" }],
        ),
        found,
      );
    },
    { limitMs: 20_000 },
  );
  const series = `kube_managedclusteraddon_status_condition_info{cluster="c1", type="WorkloadsHealthy", status="False"}`;
  const laterMs = (await firstSampleMs(monitoring, series, brokenMs)) - brokenMs;
  console.log(`figure alert.kube-state-metrics ${laterMs} ms from the breaking change to the condition's scrape`);
});

test("the same can be waited for without Prometheus, as the page says", async () => {
  const commands = [...ALERTING.matchAll(/^kubectl (wait .+)$/gm)].map(([, command = ""]) => command);
  expect(commands).toHaveLength(2);
  for (const command of commands) {
    const typed = command.replace("-n CLUSTER", "-n c1").replace("cloneset.NAMESPACE.NAME", ROW).replace("=1h", "=20s");
    expect(await output(stack.kubectl("hub", ...typed.split(" ")))).toContain("condition met");
  }
});

test("the canaries beside it, held on purpose, have called nobody", async () => {
  expect(await monitoring.query('ocm_kruise_workloads{cluster="c2", health="Suspended"} == 1')).toHaveLength(1);
  expect(firing("KruiseWorkloadsDegraded")).not.toContain("c2");
  expect(firing("KruiseRolloutStuck")).toEqual([]);
});

test("a report that is refused is counted where the rule looks for it", async () => {
  const body = { apiVersion: API_VERSION, kind: "KruiseHealthReport" };
  await expect(hub.request({ method: "POST", path: reportPath("c1"), body })).rejects.toMatchObject({ status: 403 });
  const rule = readRules().find(({ alert }) => alert === "KruiseHealthReportsRefused");
  const [selector = ""] = /ocm_kruise_\w+\{[^}]*\}/.exec(rule?.expr ?? "") ?? [];
  await until(
    "the refusal to be a series",
    async () => {
      const codes = (await monitoring.query(selector)).map(({ metric }) => metric["code"]);
      return lookAt(codes.includes("403"), codes);
    },
    { limitMs: 20_000 },
  );
});

test("the same rollout stands still on a second cluster: that is another alert, and a louder one", async () => {
  await applyCloneSet(kube("c2"), BROKEN);
  const { labels, annotations } = await untilNotice("KruiseRolloutStuck", "firing");
  expect(labels["severity"]).toBe("critical");
  expect(annotations["description"]).toMatch(/^1 workloads of the fleet stand still/);
});

test.each(dashboardExpressions())("the dashboard has something to show: $title", async ({ expr }) => {
  const filled = expr.replaceAll("$cluster", "c1|c2").replaceAll("$__rate_interval", "1m");
  expect(await monitoring.query(filled), filled).not.toEqual([]);
});

test.each(runbookNames())("the commands of the runbook of %s can be typed", async (alert) => {
  const printed = await Promise.all(runbookCommands(alert).map(typeCommand));
  expect(printed).toHaveLength(2);
});

test("mended, it is told as resolved", async () => {
  await eachCluster(async (name) => applyCloneSet(kube(name), MENDED));
  await Promise.all([
    untilNotice("KruiseWorkloadsDegraded", "resolved", "c1"),
    untilNotice("KruiseWorkloadsDegraded", "resolved", "c2"),
    untilNotice("KruiseRolloutStuck", "resolved"),
  ]);
});

test("a cluster that falls silent is told once, and as resolved when it reports again", async () => {
  const agent = await agentPod(kube("c2"));
  await holdPod(kube("c2"), agent, true);
  const { annotations } = await untilNotice("KruiseClusterSilent", "firing", "c2");
  expect(annotations["description"]).toBe("Nothing is known now of the workloads of cluster c2 (ReportStale).");
  await holdPod(kube("c2"), agent, false);
  await untilNotice("KruiseClusterSilent", "resolved", "c2");
  expect(firing("KruiseClusterSilent")).toEqual(["c2"]);
  expect(firing("KruiseWorkloadsUnknown")).not.toContain("c2");
});
