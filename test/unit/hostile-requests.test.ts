// What another parser of HTTP might read differently than this one. All of it comes over the front proxy's own
// connection, on which every request counts: one that is found in another's body would be whoever it says.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../manager/api/api.fixture.ts";
import type { KeyPair } from "../support/certificates.ts";
import { LAST_WORD, Target } from "../support/hostile.ts";

let target: Target;
let proxy: KeyPair;
beforeAll(async () => {
  target = await Target.start();
  proxy = await target.frontProxy.issue({ cn: "front-proxy-client", client: true });
});
afterAll(() => target.close());
afterEach(() => target.checkUnharmed());

const ALLOWED = `${ROOT}/namespaces/c1/kruiseclusters`;
const REPORTS = `${ROOT}/namespaces/c1/kruisehealthreports`;
/** If it is answered, the rows of all clusters are told. */
const SMUGGLED = `GET ${ROOT}/kruiseworkloads HTTP/1.1\r\nhost: hub\r\nx-remote-user: reader\r\n\r\n`;
const USER = "x-remote-user: ann";

const request = (line: string, ...headers: string[]) => [line, "host: hub", USER, ...headers, "", ""].join("\r\n");
const post = (...headers: string[]) => request(`POST ${REPORTS} HTTP/1.1`, ...headers);
const get = (...headers: string[]) => request(`GET ${ALLOWED} HTTP/1.1`, ...headers);
const chunked = (body: string) => post("transfer-encoding: chunked") + body;

async function statusesOf(...pieces: (string | Buffer)[]): Promise<number[]> {
  return (await target.say({ client: proxy, pieces })).statuses;
}

describe("is refused, and nothing behind it is read:", () => {
  const length = SMUGGLED.length;
  test.each([
    [
      "a length beside chunks",
      post(`content-length: ${length}`, "transfer-encoding: chunked") + `0\r\n\r\n${SMUGGLED}`,
    ],
    ["chunks beside a length", post("transfer-encoding: chunked", "content-length: 4") + `0\r\n\r\n${SMUGGLED}`],
    ["two lengths", post("content-length: 0", `content-length: ${length}`) + SMUGGLED],
    ["one length twice", post(`content-length: ${length}`, `content-length: ${length}`) + SMUGGLED],
    ["a list of lengths", post(`content-length: ${length}, ${length}`) + SMUGGLED],
    ["a length with a sign", post("content-length: +0") + SMUGGLED],
    ["a length below zero", post("content-length: -1") + SMUGGLED],
    ["a length in hexadecimal", post("content-length: 0x0") + SMUGGLED],
    ["a length with a fraction", post("content-length: 0.0") + SMUGGLED],
    ["no length where one is named", post("content-length:") + SMUGGLED],
    ["a length beyond all numbers", post("content-length: 99999999999999999999999") + SMUGGLED],
    ["chunks in a coding that is not known", post("transfer-encoding: xchunked") + SMUGGLED],
    ["chunks that are not the last coding", post("transfer-encoding: chunked, identity") + `0\r\n\r\n${SMUGGLED}`],
    ["a coding with a tab of another kind", post("transfer-encoding: \u000bchunked") + `0\r\n\r\n${SMUGGLED}`],
    ["a blank before a colon", post("transfer-encoding : chunked") + `0\r\n\r\n${SMUGGLED}`],
    ["a header without a name", get(": chunked") + SMUGGLED],
    ["a header without a colon", get("transfer-encoding chunked") + SMUGGLED],
    ["a name with a blank in it", get("x remote user: reader") + SMUGGLED],
    ["a header that begins with a blank", request(`GET ${ALLOWED} HTTP/1.1\r\n x-a: b`) + SMUGGLED],
    ["a zero in a value", get("x-a: b\u0000c") + SMUGGLED],
    ["a zero in a name", get("x-\u0000a: b") + SMUGGLED],
    ["a line that ends before it ends", get("x-a: b\rx-remote-user: reader") + SMUGGLED],
    ["a zero in the path", request(`GET ${ALLOWED}\u0000 HTTP/1.1`) + SMUGGLED],
    ["a blank in the path", request(`GET ${ALLOWED} x HTTP/1.1`) + SMUGGLED],
    ["no method", ` ${ALLOWED} HTTP/1.1\r\n\r\n${SMUGGLED}`],
    ["a method that there is not", request(`FOO ${ALLOWED} HTTP/1.1`) + SMUGGLED],
    ["a method in lower case", request(`get ${ALLOWED} HTTP/1.1`) + SMUGGLED],
    ["no version", `GET ${ALLOWED}\r\n\r\n${SMUGGLED}`],
    ["a version that there is not", request(`GET ${ALLOWED} HTTP/3.7`) + SMUGGLED],
    ["the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED],
    ["another protocol", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001"],
    ["no host", `GET ${ALLOWED} HTTP/1.1\r\n${USER}\r\n\r\n`],
  ])("%s", async (_what, text) => {
    expect(await statusesOf(Buffer.from(text, "latin1"))).toEqual([400]);
    expect(target.seen).not.toContainEqual(expect.objectContaining({ user: "reader" }));
  });
});

describe("is refused, be it for its body or for who sends it, and nothing behind it is read:", () => {
  test.each([
    ["a size of a chunk with a prefix", chunked(`0x0\r\n\r\n${SMUGGLED}`)],
    ["a size of a chunk below zero", chunked(`-1\r\n\r\n${SMUGGLED}`)],
    ["a size of a chunk beyond all numbers", chunked(`fffffffffffffffff\r\n${SMUGGLED}`)],
    ["a chunk without a size", chunked(`\r\n\r\n${SMUGGLED}`)],
    ["a chunk that is longer than it says", chunked(`1\r\nabc\r\n0\r\n\r\n${SMUGGLED}`)],
    ["a chunk that ends with half an end", chunked(`1\r\na\n0\r\n\r\n${SMUGGLED}`)],
    ["an extension of a chunk with half an end", chunked(`1;a\nb\r\na\r\n0\r\n\r\n${SMUGGLED}`)],
    ["a request in an extension of a chunk", chunked(`0;${SMUGGLED.replaceAll("\r\n", " ").trim()}\r\n\r\n`)],
  ])("%s", async (_what, text) => {
    expect([[400], [403]]).toContainEqual(await statusesOf(text));
    expect(target.seen).not.toContainEqual(expect.objectContaining({ user: "reader" }));
  });
});

describe("is read in one way, and what is in its body stays its body:", () => {
  const size = SMUGGLED.length.toString(16);
  test.each([
    ["a request in a body with a length", post(`content-length: ${SMUGGLED.length}`) + SMUGGLED],
    ["a request in a chunk", chunked(`${size}\r\n${SMUGGLED}\r\n0\r\n\r\n`)],
    ["a user behind the last chunk", chunked("0\r\nx-remote-user: reader\r\n\r\n")],
  ])("%s", async (_what, text) => {
    expect(await statusesOf(text, LAST_WORD)).toEqual([403, 200]);
  });

  test.each([
    ["a body of a GET", get(`content-length: ${SMUGGLED.length}`) + SMUGGLED, [200, 200]],
    ["an encoded line end in the path", request(`GET ${ALLOWED}?a=%0d%0a%0d%0aGET%20/ HTTP/1.1`), [200, 200]],
    ["two hosts", get("host: other"), [200, 200]],
    ["the hub's own address as its target", request(`GET https://hub${ALLOWED} HTTP/1.1`), [400, 200]],
    ["another's address as its target", request(`GET http://metadata.internal${ALLOWED} HTTP/1.1`), [400, 200]],
    ["all of the server as its target", request("OPTIONS * HTTP/1.1"), [404, 200]],
    ["a target without its first slash", request(`GET ${ALLOWED.slice(1)} HTTP/1.1`), [400]],
    ["a trace of itself", request(`TRACE ${ALLOWED} HTTP/1.1`, "x-secret: secret-of-c2"), [405, 200]],
    ["an upgrade to a WebSocket", get("connection: upgrade", "upgrade: websocket", "sec-websocket-key: x"), [200, 200]],
    [
      "an upgrade to HTTP/2",
      get("connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AA"),
      [200, 200],
    ],
    ["a wish that is not 100-continue", get("expect: 200-ok"), [417, 200]],
    ["a method in a header", get("x-http-method-override: DELETE", "x-http-method: DELETE"), [200, 200]],
    [
      "a path in a header",
      get(`x-original-url: ${ROOT}/kruiseworkloads`, `x-rewrite-url: ${ROOT}/kruiseworkloads`),
      [200, 200],
    ],
    ["a header that ends a hop", get("connection: close, x-remote-user"), [200]],
  ])("%s", async (_what, text, statuses) => {
    expect(await statusesOf(text, LAST_WORD)).toEqual(statuses);
  });

  test("a tunnel to somewhere else is not made", async () => {
    expect(await statusesOf(request("CONNECT metadata.internal:80 HTTP/1.1"), LAST_WORD)).toEqual([]);
  });

  test("an old request without a host is one, and ends the connection", async () => {
    expect(await statusesOf(`GET ${ALLOWED} HTTP/1.0\r\n${USER}\r\n\r\n`, LAST_WORD)).toEqual([200]);
  });

  test("a folded line is a part of the one before, or nothing", async () => {
    const statuses = await statusesOf(get("x-a: b\r\n x-remote-user: reader"), LAST_WORD);
    expect([[400], [200, 200]]).toContainEqual(statuses);
    expect(target.seen.at(-1)).not.toMatchObject({ user: "reader" });
  });

  test("half line ends are line ends, or nothing", async () => {
    const statuses = await statusesOf(`GET ${ALLOWED} HTTP/1.1\nhost: hub\n${USER}\n\n`, LAST_WORD);
    expect([[400], [200, 200]]).toContainEqual(statuses);
  });

  test("two hundred requests in one go are two hundred answers in their order", async () => {
    const statuses = await statusesOf(get().repeat(100) + post("content-length: 0").repeat(100), LAST_WORD);
    expect(statuses).toEqual([...Array<number>(100).fill(200), ...Array<number>(100).fill(403), 200]);
  });

  test("what follows an answer and is no request ends the connection behind that answer", async () => {
    const { text, statuses } = await target.say({ client: proxy, pieces: [get(), "\u0000\u0001 no request"] });
    expect([[200], [200, 400]]).toContainEqual(statuses);
    expect(text).toContain("KruiseClusterList");
  });

  test("what follows the request of a watch ends the watch, and is not written into it", async () => {
    const line = `GET ${ROOT}/namespaces/c1/kruiseclusters?watch=true HTTP/1.1`;
    const socket = await target.connect({ client: proxy });
    const said = target.listen(socket);
    socket.write(request(line));
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write("\u0000\u0001 no request");
    expect((await said).statuses).toEqual([200]);
  });
});

describe("of heads that are very long", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}:`);

  test("ten thousand headers are read to the last one, which names the user", async () => {
    const head = ["GET / HTTP/1.1", "host: hub", ...many(8000), USER, "", ""].join("\r\n");
    expect(await statusesOf(head, LAST_WORD)).toEqual([404, 200]);
    expect(target.seen).toEqual([expect.objectContaining({ user: "ann" })]);
  });

  test.each([
    ["too many headers", get(...many(20_000))],
    ["a header of a mebibyte", get(`x-a: ${"a".repeat(1 << 20)}`)],
    ["a name of a mebibyte", get(`${"a".repeat(1 << 20)}: x`)],
    ["a path of a mebibyte", request(`GET /${"a".repeat(1 << 20)} HTTP/1.1`)],
    ["a query of a mebibyte", request(`GET ${ALLOWED}?labelSelector=${"a".repeat(1 << 20)} HTTP/1.1`)],
  ])("%s are refused in a sentence", async (_what, text) => {
    const { text: answer, statuses } = await target.say({ client: proxy, pieces: [text] });
    // Who still writes when he is cut off may not get to read it.
    expect([[431], []]).toContainEqual(statuses);
    expect(answer === "" || answer.includes("the request's headers are too long")).toBe(true);
  });

  test("a selector with thousands of parts is answered or refused, and takes no time", async () => {
    const parts = Array.from({ length: 2500 }, (_, index) => `a${index}=b`).join();
    const line = (selector: string) => request(`GET ${ALLOWED}?${selector} HTTP/1.1`);
    expect(await statusesOf(line(`labelSelector=${parts}`), line(`fieldSelector=${parts}`), LAST_WORD)).toEqual([
      200, 400, 200,
    ]);
  });
});
