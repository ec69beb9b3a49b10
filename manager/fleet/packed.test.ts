import fc from "fast-check";
import { expect, test } from "vitest";
import { ReceivedRecord } from "../../shared/kruise/received-record.ts";
import { IMAGES_MAX } from "../../shared/kruise/record.ts";
import { dateOfSeconds, secondsOfDate } from "./dates.ts";
import { Packer } from "./packed.ts";
import { aRecord } from "./report.fixture.ts";
import { Form } from "./unpacked.ts";

const packer = new Packer();

/** The record after it was packed, the shape read, and both put together again. */
function again(record: object): unknown {
  const { shape, data } = packer.pack(record as ReceivedRecord);
  const { g, k, ns, n } = record as ReceivedRecord;
  const unpacked = { g, k, ns, n };
  new Form(shape).fill(unpacked, data);
  return unpacked;
}

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "",
    "007",
    "10 of 3000000000 pods",
    "\u0001",
    "0a1b2c3d",
    "2026-11-20T10:00:00Z",
    "6f3d1c2é",
    "__proto__",
  ),
);
const date = fc
  .date({ min: new Date("2015-01-01T00:00:00Z"), max: new Date("2099-01-01T00:00:00Z"), noInvalidDate: true })
  .map((day) => day.toISOString());
const dates = fc.oneof(
  date,
  date.map((day) => `${day.slice(0, 19)}Z`),
);
const whole = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeInteger());
/** Of these characters: what names a record is held to more than the rest. */
const named = (characters: string, minLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters.split("")), minLength, maxLength: 30 });
const word = text.map((value) => value.slice(0, 30));

/** Any record of the schema, with the odd values that another version may send. */
const records = fc
  .record(
    {
      g: named("az09.-", 0),
      v: named("azAZ09", 1),
      k: named("azAZ09", 1),
      ns: named("az09-", 0),
      n: named("az09.-", 1),
      u: fc.oneof(fc.constant("0a1b2c3d"), fc.string({ maxLength: 8 })),
      gen: whole,
      h: fc.constantFrom("Healthy", "Degraded", "Radiant"),
      r: word,
      m: text,
      c: fc.dictionary(fc.constantFrom("d", "p", "rdy", "7", "wéird", "toString"), fc.nat()),
      since: dates,
      obs: whole,
      prog: dates,
      ro: fc.record(
        { pt: word, ptn: fc.nat(), pa: fc.boolean(), cur: text, upd: text, state: word },
        { requiredKeys: [] },
      ),
      img: fc.array(fc.tuple(word, text), { maxLength: IMAGES_MAX }),
      sub: fc.array(fc.record({ n: text, pt: fc.integer(), un: fc.boolean() }, { requiredKeys: ["n"] }), {
        maxLength: 4,
      }),
      notes: fc.array(word, { maxLength: 4 }),
      why: fc.array(fc.record({ r: word, m: text, n: fc.nat() }), { maxLength: 3 }),
      src: fc.record({ t: word, n: text, q: text }, { requiredKeys: ["t", "n"] }),
      parent: fc.record({ k: word, n: text }),
      hist: fc.array(fc.record({ h: word, r: word, since: dates, n: whole }, { requiredKeys: ["h", "r", "since"] }), {
        maxLength: 3,
      }),
    },
    { requiredKeys: ["g", "v", "k", "ns", "n", "u", "gen", "h", "r", "m", "c", "since"] },
  )
  .map((record) => ReceivedRecord.safeParse(record).data)
  .filter((record) => record !== undefined);

test("a record comes back as it was, whatever is in it", () => {
  fc.assert(
    fc.property(records, (record) => {
      expect(again(record)).toStrictEqual(record);
      expect(Object.keys(again(record) as object).sort()).toEqual(Object.keys(record).sort());
    }),
    { numRuns: 200 },
  );
});

test("what is a cluster's own as a whole may be any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const hist = JSON.parse(JSON.stringify({ value }).replaceAll("__proto__", "proto")) as unknown;
      expect(again({ ...aRecord(), hist })).toEqual({ ...aRecord(), hist });
    }),
    { numRuns: 200 },
  );
});

test("members that this version does not know come back too: any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const more = JSON.parse(JSON.stringify({ ...aRecord(), more: value }).replaceAll("__proto__", "proto")) as object;
      expect(again(more)).toEqual(more);
    }),
    { numRuns: 200 },
  );
});

test("clusters that differ in numbers, dates, uid, revisions and history share one shape", () => {
  const one = aRecord({ ro: { ptn: 1, cur: "7d9f6c5b8", upd: "5c4b7f9dd" }, prog: "2026-11-20T10:00:00Z", hist: [] });
  const other = aRecord({
    u: "ffffffff",
    gen: 400,
    obs: 399,
    m: "17 of 20 pods are updated and available",
    c: { d: 20, p: 20, rdy: 17, av: 17, up: 17, uav: 17 },
    ro: { ptn: 300, cur: "abc", upd: "" },
    since: "2025-01-01T00:00:00Z",
    prog: "2024-02-29T23:59:59Z",
    hist: [{ h: "Progressing", r: "Updating", since: "2024-12-31T23:59:00Z" }],
  });
  expect(packer.pack(one).shape).toBe(packer.pack(other).shape);
  expect(packer.pack(one).data.length).toBeLessThan(50);
});

test.each([
  ["2020-01-01T00:00:00Z", 0],
  ["2024-02-29T23:59:59Z", 131_414_399],
  ["2019-12-31T23:59:59Z", undefined],
  ["2026-02-30T00:00:00Z", undefined],
  ["2026-11-20T24:00:00Z", undefined],
  ["2026-11-20T10:00:60Z", undefined],
  ["2026-11-20T10:00:00.0", undefined],
])("the date %s is %s seconds", (written, seconds) => {
  expect(secondsOfDate(written)).toBe(seconds);
  expect(seconds === undefined ? written : dateOfSeconds(seconds)).toBe(written);
});
