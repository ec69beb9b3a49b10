import { beforeEach, describe, expect, test } from "vitest";
import type { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import { missingRow } from "./cluster-row.ts";
import { newEntry } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { Holdings } from "./holdings.ts";
import { Once } from "./once.ts";
import { Ordinals } from "./ordinals.ts";
import { aRecord } from "./report.fixture.ts";

let version: number;
let holdings: Holdings;

beforeEach(() => {
  version = 1000;
  holdings = new Holdings({ nextVersion: () => (version += 1), wallMs: () => 5000 });
});

function entryOf(cluster: string, ordinal: number): Entry {
  return newEntry(missingRow(cluster, 1, 0), { cluster, ordinal, startVersion: 1000, startMs: 0 });
}

function take(entry: Entry, ...records: ReceivedRecord[]): void {
  holdings.take(entry, new Map(records.map((record) => [keyOf(record), record])));
}

describe("what rows share", () => {
  test("is kept once, whatever the clusters' own numbers, and as long as a row uses it", () => {
    const a = entryOf("a", 0);
    const b = entryOf("b", 1);
    take(a, aRecord({ gen: 1 }), aRecord({ n: "shop", h: "Progressing" }));
    take(b, aRecord({ gen: 2, u: "ffffffff" }));
    expect(holdings.poolSizes).toEqual({ subjects: 2, shapes: 2 });
    holdings.clear(a);
    expect(holdings.poolSizes).toEqual({ subjects: 1, shapes: 1 });
    take(b, aRecord({ th: "0123456789ab" }));
    holdings.restate(b, "Stale");
    expect(holdings.poolSizes).toEqual({ subjects: 1, shapes: 1 });
    holdings.clear(b);
    expect(holdings.poolSizes).toEqual({ subjects: 0, shapes: 0 });
  });

  test("does not grow with texts that change all the time", () => {
    const entry = entryOf("a", 0);
    for (let turn = 0; turn < 1000; turn += 1) {
      take(entry, aRecord({ h: "Degraded", m: `pod cart-${turn}x fails`, ro: { cur: `${turn}` }, th: `${turn}` }));
    }
    expect(holdings.poolSizes).toEqual({ subjects: 1, shapes: 1 });
  });

  test("is still there for a row that was replaced", () => {
    const entry = entryOf("a", 0);
    take(entry, aRecord({ m: "1 of 5", th: "old" }));
    const [old] = entry.rows.rows;
    take(entry, aRecord({ m: "2 of 5", th: "new" }));
    expect(old?.record).toEqual(aRecord({ m: "1 of 5", th: "old" }));
  });
});

test("no two clusters have the same ordinal, and those of forgotten clusters are used again", () => {
  const ordinals = new Ordinals();
  expect([ordinals.take(), ordinals.take(), ordinals.take()]).toEqual([0, 1, 2]);
  ordinals.free(1);
  expect([ordinals.take(), ordinals.take()]).toEqual([1, 3]);
});

test("what clusters tell alike is one value, also beyond what is remembered", () => {
  const once = new Once();
  const first = once.of({ kind: "CloneSet" });
  expect(once.of({ kind: "CloneSet" })).toBe(first);
  expect(once.of(undefined)).toBeUndefined();
  for (let index = 0; index < 2000; index += 1) once.of({ index });
  expect(once.of({ kind: "CloneSet" })).toEqual(first);
});
