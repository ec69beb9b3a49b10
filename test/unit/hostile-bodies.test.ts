// What an agent that has been taken over may send: it speaks for its own cluster, and harms nobody else by it.
import { constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROOT, agentOf } from "../../manager/api/api.fixture.ts";
import { aRecord, aReport } from "../../manager/fleet/report.fixture.ts";
import type { KeyPair } from "../support/certificates.ts";
import { LAST_WORD, Target } from "../support/hostile.ts";

const MIB = 1024 * 1024;
const REPORTS = `${ROOT}/namespaces/c1/kruisehealthreports`;
let target: Target;
let agent: KeyPair;
/** Of c1: no body of this page changes it. */
let before: unknown;
beforeAll(async () => {
  target = await Target.start();
  agent = await target.clients.issue({ cn: agentOf("c1"), client: true });
  before = target.world.fleet.cluster("c1");
});
afterAll(() => target.close());
afterEach(() => target.checkUnharmed());

const LINE = `POST ${REPORTS} HTTP/1.1`;
const JSON_TYPE = "content-type: application/json";

async function send(body: Buffer, ...headers: string[]): Promise<{ status: number | undefined; text: string }> {
  const { statuses, text } = await target.ask({ client: agent, lines: [LINE, JSON_TYPE, ...headers], body });
  expect(statuses).toHaveLength(1);
  return { status: statuses[0], text };
}

/** A good report with one thing in it replaced: text, since not everything can be said by an object. */
function reportWith(from: string, to: string): Buffer {
  const text = JSON.stringify(aReport([aRecord({ n: "canary" })], { epoch: 9_000_000_000_000 }));
  if (!text.includes(from)) throw new Error(`A report has no ${from}`);
  return Buffer.from(
    text.replace(from, () => to),
    "utf8",
  );
}

/** Blocks that say "128 KiB of blanks" in four bytes each, in a frame that wants so much memory to be read. */
function zstdBomb(blocks: number, windowLog = 20): Buffer {
  const block = (isLast: boolean) => {
    const header = ((128 * 1024) << 3) | 2 | (isLast ? 1 : 0);
    return Buffer.from([header & 255, (header >> 8) & 255, (header >> 16) & 255, 0x20]);
  };
  const all = Array.from({ length: blocks }, (_, index) => block(index === blocks - 1));
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3]), ...all]);
}

const good = JSON.stringify(aReport([aRecord({ n: "canary" })], { epoch: 9_000_000_000_000 }));
const record = /"records":\[(.*?)\],"removed"/.exec(good)?.[1] ?? "";
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("a body that is too large", () => {
  const bomb = gzipSync(Buffer.alloc(256 * MIB), { level: constants.Z_BEST_SPEED });
  test.each([
    ["as it says beforehand", Buffer.alloc(MIB + 1, " "), []],
    ["once it is read: a quarter of a gibibyte in gzip", bomb.subarray(0, MIB), ["content-encoding: gzip"]],
    ["once it is read: two gibibytes in zstd", zstdBomb(16_384), ["content-encoding: zstd"]],
    ["to be read: a frame of zstd that wants 128 MiB", zstdBomb(1, 27), ["content-encoding: zstd"]],
    ["to be read: a frame of zstd that wants more than there is", zstdBomb(1, 41), ["content-encoding: zstd"]],
    [
      "once it is read: a good report with blanks behind it",
      zstdCompressSync(good.padEnd(2 * MIB)),
      ["content-encoding: zstd"],
    ],
  ])("%s", async (_what, body, headers) => {
    const memory = process.memoryUsage().rss;
    expect(await send(body, ...headers)).toMatchObject({ status: 413 });
    expect(process.memoryUsage().rss - memory).toBeLessThan(100 * MIB);
    expect(target.world.fleet.cluster("c1")).toEqual(before);
  });

  test("in chunks without an end", async () => {
    const head = [LINE, "host: hub", JSON_TYPE, "transfer-encoding: chunked", "", ""].join("\r\n");
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
    const { statuses } = await target.say({
      client: agent,
      pieces: [head, ...Array<string>(40).fill(chunk), "0\r\n\r\n", LAST_WORD],
    });
    expect(statuses).toEqual([413, 200]);
  });

  test("as it says, and that never comes", async () => {
    const head = [LINE, "host: hub", JSON_TYPE, `content-length: ${2 ** 40}`, "", ""].join("\r\n");
    const socket = await target.connect({ client: agent });
    const said = target.listen(socket);
    socket.write(head);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    expect((await said).statuses).toEqual([413]);
  });
});

describe("a body in an encoding", () => {
  const json = Buffer.from(good);
  const [gzipped, zstd] = [gzipSync(json), zstdCompressSync(json)];
  test.each([
    ["that is not read", "br", json, 415],
    ["that is not read, deflate", "deflate", deflateSync(json), 415],
    ["in another", "gzip, zstd", zstdCompressSync(gzipped), 415],
    ["in the same", "gzip, gzip", gzipSync(gzipped), 415],
    ["of which is said nothing", "", gzipped, 415],
    ["that every object has", "constructor", json, 415],
    ["that every object has at its root", "__proto__", json, 415],
    ["of a very long name", "x".repeat(20_000), json, 415],
    ["that is another", "gzip", zstd, 400],
    ["that is another, turned about", "zstd", gzipped, 400],
    ["that it does not have", "zstd", json, 400],
    ["that is not named", undefined, gzipped, 400],
    ["that is cut off, gzip", "gzip", gzipped.subarray(0, -20), 400],
    ["that is cut off, zstd", "zstd", zstd.subarray(0, -20), 400],
    ["that is cut off at once", "zstd", zstd.subarray(0, 3), 400],
    [
      "that is spoilt",
      "gzip",
      Buffer.concat([gzipped.subarray(0, 30), Buffer.alloc(30, 255), gzipped.subarray(60)]),
      400,
    ],
    ["in itself once more", "gzip", gzipSync(gzipped), 400],
    [
      "of a frame that refers to another's dictionary",
      "zstd",
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x03, 0x50, 1, 2, 3, 4, 1, 0, 0]),
      400,
    ],
    [
      "of nothing but what is to be skipped",
      "zstd",
      Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]),
      400,
    ],
    ["that holds nothing", "gzip", gzipSync(""), 400],
    ["and no body", "zstd", Buffer.alloc(0), 400],
  ])("%s", async (_what, encoding, body, status) => {
    const headers = encoding === undefined ? [] : [`content-encoding: ${encoding}`];
    expect(await send(body, ...headers)).toMatchObject({ status });
    expect(target.world.fleet.cluster("c1")).toEqual(before);
  });
});

describe("a body that is no report", () => {
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `"${index.toString(36)}":1`).join();
  test.each([
    ["nothing", Buffer.alloc(0), 400],
    ["zeros", Buffer.alloc(1000), 400],
    ["bytes that are no letters", Buffer.alloc(1000, 255), 400],
    ["another alphabet", Buffer.from(`\ufeff${good}`, "utf16le"), 400],
    ["half of it", Buffer.from(good.slice(0, -10)), 400],
    ["two of them", Buffer.from(good + good), 400],
    ["null", Buffer.from("null"), 422],
    ["a number", Buffer.from("1e999"), 422],
    ["a list", Buffer.from("[]"), 422],
    ["lists in lists, a hundred thousand", Buffer.from(nested(100_000)), 422],
    ["lists in lists, without an end", Buffer.from("[".repeat(500_000)), 400],
    ["objects in objects, a hundred thousand", Buffer.from(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`), 422],
    ["more keys than anybody reads", Buffer.from(`{${keys(100_000)}}`), 422],
    ["an object that is born of another", Buffer.from('{"__proto__":{"protocol":1,"form":"snapshot"}}'), 422],
    ["a very long number", Buffer.from(`{"epoch":${"9".repeat(100_000)}}`), 422],
    ["a very long word", Buffer.from(`{"form":"${"a".repeat(500_000)}"}`), 422],
  ])("%s", async (_what, body, status) => {
    const answered = await send(body);
    expect(answered.status).toBe(status);
    expect(answered.text.length).toBeLessThan(20_000);
    expect(target.world.fleet.cluster("c1")).toEqual(before);
  });
});

describe("a report with", () => {
  const key = '"n":"canary"';
  const counts = (text: string) => [/"c":{[^}]*}/.exec(good)?.[0] ?? "", `"c":${text}`] as const;
  test.each([
    ["a record that is lists in lists", '"records":[{', `"records":[${nested(100_000)},{`],
    ["a number beyond all numbers", '"epoch":9000000000000', '"epoch":1e999'],
    ["a number below zero", '"epoch":9000000000000', '"epoch":-1'],
    ["a number with a fraction", '"epoch":9000000000000', '"epoch":1.5'],
    ["a number that is a word", '"epoch":9000000000000', '"epoch":"9000000000000"'],
    ["a number that no other is next to", '"epoch":9000000000000', '"epoch":9007199254740993'],
    ["a count beyond all numbers", ...counts('{"d":1e999}')],
    ["a count of a name that is too long", ...counts(`{"${"a".repeat(100)}":1}`)],
    ["thousands of counts", ...counts(`{${Array.from({ length: 5000 }, (_, index) => `"a${index}":1`).join()}}`)],
    ["a name that leaves its place", key, '"n":"../../c2/x"'],
    ["a name of half a letter", key, '"n":"\\ud800"'],
    ["a name with an end of its own", key, '"n":"a\\u0000b"'],
    ["no name", key, '"n":""'],
    ["a namespace that is a path", '"ns":"shop"', '"ns":"shop/../bank"'],
    ["a very long name", key, `"n":"${"a".repeat(500_000)}"`],
    ["a date that is none", '"since":"2026-11-20T10:00:00Z"', '"since":"yesterday"'],
    ["a health of no word", '"h":"Healthy"', '"h":{"toString":1}'],
    ["a form that there is not", '"form":"snapshot"', '"form":"constructor"'],
    ["another protocol", '"protocol":1', '"protocol":2'],
  ] as const)("%s is refused, with the field", async (_what, from, to) => {
    const { status, text } = await send(reportWith(from, to));
    expect(status).toBe(422);
    expect(text).toContain('"field":"');
    expect(text.length).toBeLessThan(20_000);
    expect(target.world.fleet.cluster("c1")).toEqual(before);
  });

  test.each([
    [
      "a record more than it counts",
      (records: string) => `${records},${records.replace('"n":"canary"', '"n":"other"')}`,
    ],
    ["totals that do not come out", (records: string) => records.replace('"n":"canary"', '"n":"other"')],
  ])("%s is asked for anew, and changes nothing", async (_what, change) => {
    const { status, text } = await send(reportWith(record, change(record)));
    expect([status, /"resync":true/.test(text)]).toEqual([201, true]);
    expect(target.world.fleet.cluster("c1")).toEqual(before);
  });
});

describe("what a report may say of its own cluster", () => {
  const own = (from: string, to: string) => reportWith(from, to).toString();
  let sequence = 1;
  test.each([
    ["counts by names that every object has", own('"c":{', '"c":{"__proto__":5,"constructor":5,')],
    ["half letters in a message", own('"m":"5 of 5', '"m":"\\ud800 \\udfff')],
    ["line ends and marks of HTML in a message", own('"m":"5 of 5', '"m":"a\\r\\nHTTP/1.0 200 OK\\r\\n\\r\\n<script>')],
    ["the same a thousand times", own(record, Array<string>(1000).fill(record).join())],
    ["fields that nobody knows, lists in lists", own('"n":"canary"', `"n":"canary","zz":${nested(10_000)}`)],
    [
      "fields that every object has",
      own('"protocol":1', '"protocol":1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'),
    ],
  ])("%s: is taken, and harms nobody who reads it", async (_what, report) => {
    sequence += 1;
    const { status, text } = await send(Buffer.from(report.replace('"sequence":1', `"sequence":${sequence}`)));
    expect([status, /"resync":false/.test(text)]).toEqual([201, true]);
    expect(({} as { polluted?: 1 }).polluted).toBeUndefined();
    const client = await target.clients.issue({ cn: "reader-of-c1", client: true });
    const read = await target.ask({ client, lines: [`GET ${ROOT}/namespaces/c1/kruiseworkloads HTTP/1.1`] });
    expect(read.statuses).toEqual([200]);
    expect(JSON.parse(read.text.slice(read.text.indexOf("\r\n\r\n") + 4))).toMatchObject({
      items: [{ metadata: { name: "cloneset.shop.canary", namespace: "c1" } }],
    });
  });
});
