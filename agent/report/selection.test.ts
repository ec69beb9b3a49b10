import { describe, expect, it } from "vitest";
import type { Health } from "../../shared/health/verdict.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import { candidatesOf } from "./selection.fixture.ts";
import { PAYLOAD_BYTES_MAX, deltaBytes, selectRecords } from "./selection.ts";
import type { Candidates, SizedRecord } from "./selection.ts";

/** Records of 99 bytes each (100 with the comma), named by their keys, given as "name Health". */
function candidates(...texts: string[]): Candidates {
  const records = new Map<string, SizedRecord>();
  for (const text of texts) {
    const [key = "", health] = text.split(" ");
    records.set(key, { record: { h: health as Health } as WorkloadRecord, bytes: 99 });
  }
  return candidatesOf(records);
}

describe("selectRecords()", () => {
  it("answers the very same map when everything fits", () => {
    const all = candidates("a Healthy", "b Degraded");
    expect(selectRecords(all, 200)).toBe(all.records);
  });

  it.each([
    [0, []],
    [99, []],
    [100, ["e"]],
    [199, ["e"]],
    [200, ["e", "d"]],
    [300, ["e", "d", "c"]],
    [400, ["e", "d", "c", "f"]],
    [500, ["e", "d", "c", "f", "a"]],
    [599, ["e", "d", "c", "f", "a"]],
  ])("leaves out the Healthy first when there is room for %i bytes", (limitBytes, kept) => {
    const all = candidates("b Healthy", "a Healthy", "f Suspended", "c Progressing", "d Unknown", "e Degraded");
    expect([...selectRecords(all, limitBytes).keys()]).toEqual(kept);
  });

  it("chooses the same whatever the order in which workloads became known", () => {
    const one = selectRecords(candidates("a Healthy", "b Healthy", "c Healthy"), 200);
    const other = selectRecords(candidates("c Healthy", "b Healthy", "a Healthy"), 200);
    expect([...one.keys()]).toEqual([...other.keys()]);
  });

  it("leaves room in a report for all that is not a record", () => {
    expect(PAYLOAD_BYTES_MAX).toBeLessThan(REPORT_BYTES_MAX);
  });
});

describe("deltaBytes()", () => {
  it("counts records with their commas and removed keys with quotes and commas", () => {
    const { records } = candidates("a Healthy", "b Healthy");
    expect(deltaBytes(records.values(), ["cloneset.shop.web"])).toBe(200 + `"cloneset.shop.web",`.length);
  });
});
