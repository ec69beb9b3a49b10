import { describe, expect, test } from "vitest";
import { API_VERSION } from "./group.ts";
import { Report } from "./report.ts";

const record = {
  g: "apps.kruise.io",
  v: "v1alpha1",
  k: "CloneSet",
  ns: "shop",
  n: "cart",
  u: "0a1b2c3d",
  gen: 2,
  obs: 2,
  h: "Healthy",
  r: "AllAvailable",
  m: "all 3 pods are available",
  c: { d: 3, p: 3, rdy: 3, av: 3, up: 3, uav: 3 },
  since: "2026-11-20T10:00:00Z",
};
const report = {
  apiVersion: API_VERSION,
  kind: "KruiseHealthReport",
  protocol: 1,
  agent: { version: "0.1.0", ruleSet: "1", instance: "agent-1" },
  epoch: 1_790_000_000_000,
  sequence: 1,
  sentMs: 1_790_000_001_000,
  form: "snapshot",
  kruise: { health: "Healthy", reason: "Ready", message: "ready" },
  kinds: [{ kind: "CloneSet", group: "apps.kruise.io", version: "v1alpha1", state: "Watching" }],
  totals: {
    count: 1,
    digest: "0000000000000000",
    byHealth: { Healthy: 1, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 },
  },
  records: [record],
  removed: [],
  truncated: 0,
};

describe("Report", () => {
  test("takes a whole report", () => {
    expect(Report.safeParse(report).success).toBe(true);
  });

  test("takes a note on the installation", () => {
    const kruise = { ...report.kruise, version: "1.4", notes: ["UnsupportedVersion"] };
    expect(Report.safeParse({ ...report, kruise }).success).toBe(true);
  });

  test.each([
    ["an unknown field", { ...report, extra: 1 }, ""],
    ["another protocol", { ...report, protocol: 2 }, "protocol"],
    ["a form that nobody knows", { ...report, form: "patch" }, "form"],
    [
      "more notes than there is room for",
      { ...report, records: [{ ...record, notes: Array(33).fill("Misscheduled") }] },
      "records.0.notes",
    ],
    ["a sequence of 0", { ...report, sequence: 0 }, "sequence"],
    ["a digest that is none", { ...report, totals: { ...report.totals, digest: "x" } }, "totals.digest"],
    ["a health outside the vocabulary", { ...report, records: [{ ...record, h: "Fine" }] }, "records.0.h"],
    ["a reason outside the vocabulary", { ...report, records: [{ ...record, r: "Whatever" }] }, "records.0.r"],
    ["a message that is too long", { ...report, records: [{ ...record, m: "x".repeat(161) }] }, "records.0.m"],
    ["a negative counter", { ...report, records: [{ ...record, c: { d: -1 } }] }, "records.0.c.d"],
    ["a field that is not condensed", { ...report, records: [{ ...record, env: [] }] }, "records.0"],
    ["a note outside the vocabulary", { ...report, kruise: { ...report.kruise, notes: ["Old"] } }, "kruise.notes.0"],
    ["a date that is none", { ...report, records: [{ ...record, since: "today" }] }, "records.0.since"],
  ])("refuses %s and names the field", (_name, body, path) => {
    const result = Report.safeParse(body);
    expect(result.success).toBe(false);
    expect(result.error?.issues.map((issue) => issue.path.join("."))).toContain(path);
  });
});
