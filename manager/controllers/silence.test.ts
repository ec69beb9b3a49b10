import { describe, expect, test } from "vitest";
import type { Condition } from "../../shared/kube/types.ts";
import type { ClusterRow } from "../fleet/types.ts";
import { addon, CLUSTER, NOW } from "./objects.fixture.ts";
import { planReporting } from "./silence.ts";

const THEN = "2026-01-01T00:00:00Z";
const fresh: ClusterRow = {
  cluster: CLUSTER,
  resourceVersion: 1,
  state: "Fresh",
  agent: undefined,
  epoch: 1,
  sequence: 1,
  kruise: undefined,
  kruiseHistory: undefined,
  kinds: [],
  leftOut: undefined,
  byHealth: { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 },
  truncated: 0,
  lastReportWallMs: Date.parse("2026-01-02T03:00:00Z"),
  lastSentMs: undefined,
  lastReportMonotonicMs: 5,
  firstSeenMs: 0,
  duplicateAgent: undefined,
};
const stale: ClusterRow = { ...fresh, state: "Stale" };
const missing: ClusterRow = { ...fresh, state: "Missing", lastReportWallMs: undefined };

const said = (type: string, status: Condition["status"] = "True", reason = "AsExpected"): Condition => {
  return { type, status, reason, message: "", lastTransitionTime: THEN };
};
const agentSaid = [said("KruiseReady"), said("WorkloadsHealthy"), said("Degraded", "False"), said("Available")];
const plan = (conditions: Condition[], row: ClusterRow, graceOver = true) =>
  planReporting(addon({ conditions }), { row, graceOver, listeningSinceWallMs: Date.parse(THEN), now: NOW });
const brief = (conditions: Condition[] | undefined) =>
  Object.fromEntries((conditions ?? []).map(({ type, status, reason }) => [type, `${status}/${reason}`]));

describe("planReporting()", () => {
  test.each([{ graceOver: true }, { graceOver: false }])(
    "says True while reports arrive (grace over: $graceOver)",
    ({ graceOver }) => {
      const planned = plan(agentSaid, fresh, graceOver);
      expect(brief(planned?.conditions)).toMatchObject({
        Reporting: "True/ReportsArrive",
        KruiseReady: "True/AsExpected",
      });
      expect(plan(planned?.conditions ?? [], fresh, graceOver)).toBeUndefined();
    },
  );

  test("names another agent of the same cluster", () => {
    expect(plan([], { ...fresh, duplicateAgent: "old-pod" })?.conditions?.at(-1)?.message).toContain('"old-pod"');
  });

  test("turns the agent's conditions Unknown, and no other, when the reports stop", () => {
    const planned = plan([...agentSaid, said("Reporting")], stale);
    expect(brief(planned?.conditions)).toEqual({
      KruiseReady: "Unknown/ReportStale",
      WorkloadsHealthy: "Unknown/ReportStale",
      Degraded: "Unknown/ReportStale",
      Available: "True/AsExpected",
      Reporting: "False/ReportStale",
    });
    expect(planned?.conditions?.[0]).toMatchObject({
      lastTransitionTime: NOW,
      message: "The last report came at 2026-01-02T03:00:00Z",
    });
  });

  test("does not make conditions that the agent never wrote", () => {
    expect(brief(plan([], stale)?.conditions)).toEqual({ Reporting: "False/ReportStale" });
  });

  test("says of an agent that never reported since when the manager has listened", () => {
    const planned = plan([said("KruiseReady")], missing);
    expect(brief(planned?.conditions)).toEqual({ KruiseReady: "Unknown/ReportStale", Reporting: "False/NoReport" });
    expect(planned?.conditions?.[0]?.message).toContain(THEN);
  });

  test.each([
    { name: "missing", row: missing },
    { name: "stale", row: stale },
  ])("calls nobody silent in its first time: $name", ({ row }) => {
    expect(plan([...agentSaid, said("Reporting")], row, false)).toBeUndefined();
  });

  test("writes once a silence: a living agent that cannot report is not fought", () => {
    const silenced = plan([...agentSaid, said("Reporting")], stale)?.conditions ?? [];
    const rewritten = silenced.map((condition) =>
      condition.type === "Degraded" ? said("Degraded", "False") : condition,
    );
    expect(plan(rewritten, stale)).toBeUndefined();
    expect(plan(rewritten, missing)).toBeUndefined();
  });

  test("says True again when reports come back, and leaves the rest to the agent", () => {
    const silenced = plan(agentSaid, stale)?.conditions ?? [];
    expect(brief(plan(silenced, fresh)?.conditions)).toMatchObject({
      Reporting: "True/ReportsArrive",
      Degraded: "Unknown/ReportStale",
    });
  });

  test("fault 6: says what helps when OCM asks for no certificate any more, once, and touches nothing else", () => {
    const message = "Stop creating csr since there are too many csr created already on hub";
    const halted = { ...said("ClusterCertificateRotated", "False", "ClientCertificateUpdateFailed"), message };
    const silent = plan([...agentSaid, halted], missing)?.conditions ?? [];
    const hinted = plan(silent, missing)?.conditions ?? [];
    const reporting = hinted.find(({ type }) => type === "Reporting");
    expect(reporting?.message).toMatch(/^No report has come since .*; the agent gets no certificate while/);
    expect(reporting?.message).toContain(
      `kubectl delete csr -l open-cluster-management.io/addon-name=kruise-health,open-cluster-management.io/cluster-name=${CLUSTER}`,
    );
    expect(brief(hinted)).toEqual(brief(silent));
    expect(plan(hinted, missing)).toBeUndefined();
  });

  test("fault 6: does not take another failure of the certificate for it", () => {
    const failed = { ...said("ClusterCertificateRotated", "False", "ClientCertificateUpdateFailed"), message: "no" };
    const silent = plan([...agentSaid, failed], missing)?.conditions ?? [];
    expect(plan(silent, missing)).toBeUndefined();
  });
});
