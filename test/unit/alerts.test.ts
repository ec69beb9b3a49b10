// Holds the shipped alerts together: what they read is there, whoever is called knows what to do, and each has its case.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { agentInput } from "../../manager/manifests/agent.fixture.ts";
import { renderAgent } from "../../manager/manifests/agent.ts";
import { DEFAULT_INSTALL_NAMESPACE } from "../../manager/ocm/types.ts";
import { FEW, FLEET } from "../../manager/metrics/families.ts";
import type { MetricFamily } from "../../shared/runtime/metric-family.ts";
import { INSTALLATION_REASONS } from "../../shared/wire/report.ts";
import { ALERT_CASES } from "../fixtures/alerts/cases.ts";
import { metricsIn } from "../fixtures/alerts/expressions.ts";
import { CONDITION_RULES_FILE, readGroups, readRules } from "../fixtures/alerts/rules.ts";
import { readRunbook, runbookCommands, runbookNames } from "../fixtures/alerts/runbooks.ts";

const RUNBOOKS = "https://github.com/open-cluster-management-io/kruise-health/blob/main/docs/runbooks/";
/** Of others, by what their makers document. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = { aggregator_unavailable_apiservice: ["name"] };
const families = new Map<string, MetricFamily>(
  [...Object.values(FEW), ...Object.values(FLEET)].map((family) => [family.name, family]),
);
const rules = readRules();
const named = rules.map((rule) => [rule.alert, rule] as const);

const ALERTING = readFileSync(join(import.meta.dirname, "../../docs/using/alerting.md"), "utf8");

interface PodMonitor {
  metadata: { namespace: string };
  spec: { selector: { matchLabels: object }; podMetricsEndpoints: { port: string }[] };
}

interface AgentDeployment {
  spec: {
    template: { metadata: { labels: object }; spec: { containers: { ports: { name: string }[] }[] } };
  };
}

test("each alert is there once, in a group of its own subject", () => {
  const names = rules.map(({ alert }) => alert);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  expect(readGroups().map(({ name }) => name)).toEqual([
    "kruise-health.workloads",
    "kruise-health.clusters",
    "kruise-health.addon",
  ]);
});

test.each(named)("%s says how bad, how long, what, and where to read on", (alert, rule) => {
  expect(alert).toMatch(/^Kruise([A-Z][a-z]+)+$/);
  expect(rule.labels["severity"]).toMatch(/^(critical|warning)$/);
  expect(rule.for).toMatch(/^\d+[mh]$/);
  const { summary, description, runbook_url: url } = rule.annotations;
  // One summary for a group of alerts: what differs between them is the description's.
  expect(summary).toMatch(/^[^{]+\.$/);
  expect(description).toMatch(/\.$/);
  expect(url).toBe(`${RUNBOOKS}${alert}.md`);
});

test.each(named)(
  "%s reads metrics that there are, by labels that they have, and that will stay",
  (_alert, { expr }) => {
    const read = metricsIn(expr);
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter(({ name }) => families.get(name)?.stability === "Alpha")).toEqual([]);
    for (const { name, labels } of read) {
      const known = families.get(name)?.labels ?? FOREIGN[name];
      expect(known, `no metric ${name}`).toBeDefined();
      expect(labels.filter((label) => known?.includes(label) !== true)).toEqual([]);
    }
  },
);

test.each(named)("%s goes by reasons that somebody gives", (_alert, { expr }) => {
  const known = new Set<string>([...INSTALLATION_REASONS, "KindsNotReadable", "WorkloadsUnknown"]);
  const reasons = [...expr.matchAll(/reason[!=]~"([^"]+)"/g)].flatMap(([, text]) => text?.split("|") ?? []);
  expect(reasons.filter((reason) => !known.has(reason))).toEqual([]);
});

test.each(named)("%s has a case in which it fires, and one in which it waits", (alert) => {
  const ofAlert = ALERT_CASES.flatMap(({ moments }) => {
    const fires = Object.values(moments).map((moment) => (moment[alert] ?? []).length > 0);
    return fires.includes(true) ? [fires] : [];
  });
  expect(ofAlert.length).toBeGreaterThan(0);
  expect(ofAlert.some((fires) => fires.includes(false))).toBe(true);
});

test("cases name no alert that there is not", () => {
  const fired = ALERT_CASES.flatMap(({ moments }) => Object.values(moments).flatMap((moment) => Object.keys(moment)));
  expect(fired.filter((alert) => !rules.some((rule) => rule.alert === alert))).toEqual([]);
});

describe("the alerts for kube-state-metrics", () => {
  const ofConditions = readRules(CONDITION_RULES_FILE);
  const translate = (text: string): string =>
    text
      .replaceAll(
        "ocm_kruise_addon_condition{cluster=%q,",
        'ocm_kruise_addon_condition{addon=\\"kruise-health\\",cluster=%q,',
      )
      .replaceAll("ocm_kruise_addon_condition{type", 'ocm_kruise_addon_condition{addon="kruise-health", type')
      .replaceAll("ocm_kruise_addon_condition", "kube_managedclusteraddon_status_condition_info");

  test("are all those that go by a condition, and are the same but for the name of the series", () => {
    const own = rules.filter(({ expr }) => expr.includes("ocm_kruise_addon_condition"));
    const same = ofConditions.filter(({ alert }) => alert !== "KruiseWorkloadsDegraded");
    const annotated = own.map((rule) => {
      const annotations = { ...rule.annotations, description: translate(rule.annotations.description) };
      return { ...rule, expr: translate(rule.expr), annotations };
    });
    expect(same).toEqual(annotated);
  });

  test("tell of broken workloads by the condition, and read only labels that the configuration makes", () => {
    const degraded = ofConditions.find(({ alert }) => alert === "KruiseWorkloadsDegraded");
    expect(degraded?.expr).toContain('type="WorkloadsHealthy", status="False"');
    const labels = ofConditions.flatMap(({ expr }) => metricsIn(expr).flatMap((read) => read.labels));
    expect([...new Set(labels)].toSorted()).toEqual(["addon", "reason", "status", "type"]);
  });
});

test("the PodMonitor of the page finds the agent's pod and its port", () => {
  const [, block = ""] = /^```yaml\n(apiVersion: monitoring[\s\S]*?)^```$/m.exec(ALERTING) ?? [];
  const { metadata, spec } = parse(block) as PodMonitor;
  const deployment = renderAgent(agentInput({})).find(({ kind }) => kind === "Deployment") as
    | AgentDeployment
    | undefined;
  expect(metadata.namespace).toBe(DEFAULT_INSTALL_NAMESPACE);
  const pod = deployment?.spec.template;
  expect(pod?.metadata.labels).toMatchObject(spec.selector.matchLabels);
  const ports = pod?.spec.containers.flatMap((container) => container.ports.map(({ name }) => name));
  expect(ports).toEqual(spec.podMetricsEndpoints.map(({ port }) => port));
});

describe("runbooks", () => {
  test("there is one for each alert, and no other", () => {
    expect(runbookNames()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  test.each(named)("%s: two commands to the cause, what to do, and when it ends", (alert) => {
    const text = readRunbook(alert);
    expect(text.match(/^#+ .*$/gm)).toEqual([`# ${alert}`, "## Find the cause", "## Mend it", "## It ends"]);
    const commands = runbookCommands(alert);
    expect(commands).toHaveLength(2);
    expect(text.match(/^ *```sh$/gm)).toHaveLength(2);
    for (const { command } of commands) expect(command).toMatch(/^kubectl get [^\n|;&]+$/);
  });

  test("the page that lists them has each with its severity", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/runbooks/README.md"), "utf8");
    const rows = [...page.matchAll(/^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|/gm)].map(
      ([, alert, severity]) => `${alert} ${severity}`,
    );
    expect(rows.toSorted()).toEqual(rules.map(({ alert, labels }) => `${alert} ${labels["severity"]}`).toSorted());
  });
});
