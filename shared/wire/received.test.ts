// Fault 27: agent and manager of different versions. What one version does not know of the other is dropped or shown,
// never an error; what this version writes is held by the stricter schemas.
import { describe, expect, test } from "vitest";
import { ReceivedRecord } from "../kruise/received-record.ts";
import { WorkloadRecord } from "../kruise/record.ts";
import { API_VERSION } from "./group.ts";
import { ReceivedReport } from "./received.ts";
import { AnswerStatus, Report, ReportAnswer } from "./report.ts";

type Json = Readonly<Record<string, unknown>>;

/** A record that has every field. */
const record: WorkloadRecord = {
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
  c: { d: 3 },
  ro: { st: "InPlaceIfPossible", pa: false },
  img: [["main", "cart:1"]],
  th: "0a1b2c3d",
  sub: [{ n: "zone-a", p: 1 }],
  subMore: 1,
  last: "2026-11-20T10:00:00Z",
  since: "2026-11-20T10:00:00Z",
  prog: "2026-11-20T10:00:00Z",
  notes: ["Misscheduled"],
  why: [{ r: "NotReady", m: "container main is not ready", n: 2 }],
  src: { t: "Helm", n: "shop", q: "payments" },
  also: [{ t: "ManifestWork", n: "work" }],
  parent: { k: "UnitedDeployment", n: "all" },
  lim: "img",
  hist: [{ h: "Progressing", r: "Updating", since: "2026-11-20T09:00:00Z", n: 2 }],
};
/** A report that has every field. */
const report: Report = {
  apiVersion: API_VERSION,
  kind: "KruiseHealthReport",
  metadata: {},
  protocol: 1,
  agent: { version: "0.1.0", ruleSet: "1", instance: "agent-1" },
  epoch: 1_790_000_000_000,
  sequence: 1,
  sentMs: 1_790_000_001_000,
  waitedMs: 40,
  form: "snapshot",
  kruise: { health: "Healthy", reason: "Ready", message: "", version: "1.8.0", notes: ["UnsupportedVersion"] },
  kruiseHistory: [
    { h: "Healthy", r: "Ready", since: "2026-11-20T10:00:00Z" },
    { h: "Degraded", r: "ManagerUnavailable", since: "2026-11-20T09:00:00Z", n: 2 },
  ],
  kinds: [{ kind: "CloneSet", group: "apps.kruise.io", version: "v1alpha1", state: "Watching", message: "" }],
  leftOut: { kinds: ["Rollout"], namespaces: ["test-*"] },
  totals: {
    count: 1,
    digest: "0000000000000000",
    byHealth: { Healthy: 1, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 },
  },
  records: [record],
  removed: [],
  truncated: 0,
};
/** Maps from words to numbers: what is added there is another word, not another field. */
const VOCABULARIES = new Set(["c", "byHealth", "metadata"]);

/** The same with an unknown field in every object. */
function withMore(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withMore(item));
  if (typeof value !== "object" || value === null || VOCABULARIES.has(name)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, withMore(member, key)]);
  return { ...Object.fromEntries(members), more: { of: ["it"] } };
}

describe("fault 27: a newer agent and this manager", () => {
  test("the samples have every field, so that no new one is forgotten here", () => {
    expect(Object.keys(record).sort()).toEqual(Object.keys(WorkloadRecord.shape).sort());
    expect(Object.keys(report).sort()).toEqual(Object.keys(Report.shape).sort());
    expect(Report.parse(report)).toEqual(report);
  });

  test("unknown fields are dropped, wherever they are", () => {
    expect(ReceivedReport.parse(withMore(report))).toEqual(report);
    expect(Report.safeParse(withMore(report)).success).toBe(false);
  });

  test.each<[what: string, fields: Json]>([
    ["a reason", { r: "TidyingUp" }],
    ["a note", { notes: ["Sparkling"] }],
    ["a counter", { c: { d: 1, zz: 2 } }],
    ["a source", { src: { t: "Warehouse", n: "w" } }],
    ["the reason of an earlier verdict", { hist: [{ h: "Healthy", r: "Tidied", since: "2026-11-20T09:00:00Z" }] }],
    ["a cause", { why: [{ r: "Gremlins", m: "", n: 1 }] }],
  ])("%s that is not known stays as it is", (_, fields) => {
    expect(ReceivedRecord.parse({ ...record, ...fields })).toEqual({ ...record, ...fields });
    expect(WorkloadRecord.safeParse({ ...record, ...fields }).success).toBe(false);
  });

  test.each<[what: string, fields: Json]>([
    ["the state of a kind", { kinds: [{ kind: "CloneSet", group: "apps.kruise.io", state: "Thinking" }] }],
    ["the reason of the installation", { kruise: { ...report.kruise, reason: "Polished" } }],
    ["a note of the installation", { kruise: { ...report.kruise, notes: ["Shiny"] } }],
  ])("%s that is not known stays as it is", (_, fields) => {
    expect(ReceivedReport.parse({ ...report, ...fields })).toEqual({ ...report, ...fields });
    expect(Report.safeParse({ ...report, ...fields }).success).toBe(false);
  });

  test("a health that is none of the five is Unknown, and counted so", () => {
    const byHealth = { ...report.totals.byHealth, Unknown: 2, Radiant: 3 };
    const odd = {
      ...report,
      kruise: { ...report.kruise, health: "Radiant" },
      totals: { ...report.totals, byHealth },
      records: [{ ...record, h: "Radiant" }],
    };
    const { kruise, totals, records } = ReceivedReport.parse(odd);
    expect([kruise?.health, totals.byHealth.Unknown, records[0]?.h]).toEqual(["Unknown", 5, "Unknown"]);
    expect(Object.keys(totals.byHealth)).not.toContain("Radiant");
  });

  test.each<[what: string, fields: Json, path: string]>([
    ["a reason longer than a word", { r: "x".repeat(64) }, "r"],
    ["a message beyond its bound", { m: "x".repeat(161) }, "m"],
    [
      "more counters than there is room for",
      {
        c: Object.fromEntries(
          Array(33)
            .keys()
            .map((i) => [`c${i}`, 1]),
        ),
      },
      "c",
    ],
    ["more notes than there is room for", { notes: Array(33).fill("N") }, "notes"],
    ["more earlier verdicts than there is room for", { hist: Array(11).fill(record.hist?.[0]) }, "hist"],
    ["an earlier verdict without a date", { hist: [{ h: "Healthy", r: "AllAvailable" }] }, "hist.0.since"],
    ["a negative counter", { c: { d: -1 } }, "c.d"],
    ["a date that is none", { since: "today" }, "since"],
  ])("%s is an error all the same", (_, fields, path) => {
    const result = ReceivedRecord.safeParse({ ...record, ...fields });
    expect(result.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });

  test("an earlier health that is none of the five was Unknown", () => {
    const [earlier] = ReceivedRecord.parse({ ...record, hist: [{ ...record.hist?.[0], h: "Radiant" }] }).hist ?? [];
    expect(earlier).toEqual({ h: "Unknown", r: "Updating", since: "2026-11-20T09:00:00Z", n: 2 });
    const told = { ...report, kruiseHistory: [{ h: "Radiant", r: "Polished", since: "2026-11-20T09:00:00Z" }] };
    expect(ReceivedReport.parse(told).kruiseHistory).toEqual([{ ...told.kruiseHistory[0], h: "Unknown" }]);
  });

  test("every word of today's vocabulary fits where words are read", () => {
    const words = [...WorkloadRecord.shape.r.options, ...Report.shape.form.options];
    expect(words.filter((word) => !ReceivedRecord.safeParse({ ...record, r: word }).success)).toEqual([]);
  });
});

describe("fault 27: an older agent and this manager", () => {
  test("a report without what came later is read", () => {
    const { sentMs: _, kruiseHistory: __, ...older } = report;
    expect(ReceivedReport.parse(older)).toEqual(older);
  });

  test("a record of required fields alone is read", () => {
    const { g, v, k, ns, n, u, gen, h, r, m, c, since } = record;
    const least = { g, v, k, ns, n, u, gen, h, r, m, c, since };
    expect(ReceivedRecord.parse(least)).toEqual(least);
  });
});

describe("fault 27: another manager and this agent", () => {
  const status = { epoch: 1, sequence: 2, managerEpoch: 3, resync: false, paceMs: 50, heartbeatMs: 30_000 };
  const answer = { apiVersion: API_VERSION, kind: "KruiseHealthReport", status };

  test("an older one that says less is understood", () => {
    expect(ReportAnswer.parse(answer).status).toEqual(status);
  });

  test("a newer one that says more is understood", () => {
    expect(ReportAnswer.parse({ ...answer, status: { ...status, mood: "good" }, mood: "good" }).status).toEqual(status);
  });

  test("one record that cannot be read costs none of the others", () => {
    const records = [record, { ...record, m: 5 }, "?", { ...record, h: "Radiant", more: 1 }];
    const read = AnswerStatus.parse({ ...status, records }).records;
    expect(read?.map((one) => one && `${one.h} ${one.written ?? ""}`)).toEqual([
      "Healthy ",
      null,
      null,
      "Unknown Radiant",
    ]);
  });
});
