import fc from "fast-check";
import { expect, test } from "vitest";
import type { Health, Reason } from "../health/verdict.ts";
import { ReportDigest } from "./digest.ts";

const record = fc.record({
  k: fc.constantFrom("CloneSet", "StatefulSet"),
  ns: fc.constantFrom("shop", "pay"),
  n: fc.string({ minLength: 1, maxLength: 8 }),
  h: fc.constantFrom<Health>("Healthy", "Degraded"),
  r: fc.constantFrom<Reason>("AllAvailable", "Unavailable"),
});

function digestOf(records: Iterable<Parameters<ReportDigest["toggle"]>[0]>): string {
  const digest = new ReportDigest();
  for (const each of records) digest.toggle(each);
  return digest.value;
}

test("ReportDigest does not depend on the order of records", () => {
  fc.assert(
    fc.property(fc.uniqueArray(record, { selector: (r) => `${r.k}/${r.ns}/${r.n}` }), (records) => {
      expect(digestOf(records.toReversed())).toBe(digestOf(records));
    }),
  );
});

test("ReportDigest forgets a record that is toggled twice", () => {
  fc.assert(
    fc.property(fc.array(record), record, (records, extra) => {
      expect(digestOf([...records, extra, extra])).toBe(digestOf(records));
    }),
  );
});

test.each([
  ["another reason", { r: "Updating" as const }],
  ["another health", { h: "Unknown" as const }],
  ["another name", { n: "checkout" }],
  ["another namespace", { ns: "other" }],
])("ReportDigest differs for %s", (_name, change) => {
  const base = { k: "CloneSet", ns: "shop", n: "cart", h: "Healthy" as const, r: "AllAvailable" as const };
  expect(digestOf([{ ...base, ...change }])).not.toBe(digestOf([base]));
});

test("ReportDigest of nothing is all zeros", () => {
  expect(new ReportDigest().value).toBe("0000000000000000");
});
