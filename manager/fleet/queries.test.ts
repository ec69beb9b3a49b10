import { expect, test } from "vitest";
import { countByHealth, silentClusters, worstRows } from "./queries.ts";
import { missingRow } from "./cluster-row.ts";
import { aRecord } from "./report.fixture.ts";
import type { ReportState, WorkloadRow } from "./types.ts";

function aRow(n: string, h: "Healthy" | "Degraded" | "Progressing", state: ReportState = "Fresh"): WorkloadRow {
  const since = n === "old" ? "2026-01-01T00:00:00Z" : "2026-11-20T10:00:00Z";
  return { cluster: "c1", name: n, record: aRecord({ n, h, since }), resourceVersion: 1, state, firstSeenMs: 0 };
}

const rows = [
  aRow("fine", "Healthy"),
  aRow("moving", "Progressing"),
  aRow("bad", "Degraded"),
  aRow("old", "Degraded"),
  aRow("silent", "Healthy", "Stale"),
];

test("a silent cluster's rows count as Unknown", () => {
  expect(countByHealth(rows)).toEqual({ Healthy: 1, Suspended: 0, Progressing: 1, Unknown: 1, Degraded: 2 });
});

test("the worst rows come first, the longest in their health before others, Healthy ones never", () => {
  expect(worstRows(rows, 10).map((row) => row.name)).toEqual(["old", "bad", "silent", "moving"]);
  expect(worstRows(rows, 1).map((row) => row.name)).toEqual(["old"]);
});

test("silent clusters are listed by name", () => {
  const fresh = { ...missingRow("a", 1, 0), state: "Fresh" as const };
  const clusters = [missingRow("c", 1, 0), fresh, missingRow("b", 1, 0)];
  expect(silentClusters(clusters).map((row) => row.cluster)).toEqual(["b", "c"]);
});
