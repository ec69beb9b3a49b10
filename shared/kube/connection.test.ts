import { gzipSync } from "node:zlib";
import { pino } from "pino";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { failure, json, startScriptedServer } from "../../test/support/scripted-server.ts";
import type { Answer, ScriptedServer } from "../../test/support/scripted-server.ts";
import { buildKube } from "./connection.ts";
import type { KubeOptions } from "./connection.ts";
import { staticSource } from "./credentials.ts";
import type { Credentials } from "./types.ts";
import type { Kube } from "./types.ts";

const log = pino({ level: "silent" });
const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(...script: Answer[]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...script);
  servers.push(server);
  return server;
}

async function connect(
  { url, authority }: ScriptedServer,
  more: Partial<Credentials & KubeOptions> = {},
): Promise<Kube> {
  const source = more.source ?? staticSource({ server: url, ca: authority.cert, ...more });
  const kube = await buildKube({ log, userAgent: "kruise-health-test", ...more, source });
  onTestFinished(() => kube.close());
  return kube;
}

const get = (kube: Kube, more: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  kube.request({ method: "GET", path: "/api/v1/things", query: { limit: 5, continue: undefined }, ...more });

describe("request()", () => {
  test("sends method, path, query, identity and body, and parses the answer", async () => {
    const server = await serve(json({ ok: true }), json({}));
    const kube = await connect(server, { server: `${server.url}/prefix/`, token: "secret" });
    expect(await get(kube)).toEqual({ ok: true });
    await kube.request({ method: "POST", path: "/apis/x", body: { a: "ü" } });
    expect(server.requests[0]).toMatchObject({
      method: "GET",
      url: "/prefix/api/v1/things?limit=5",
      headers: { authorization: "Bearer secret", "user-agent": "kruise-health-test", accept: "application/json" },
    });
    expect(server.requests[1]).toMatchObject({
      method: "POST",
      body: '{"a":"ü"}',
      headers: { "content-length": "10" },
    });
  });

  test("uses one connection for requests that follow each other", async () => {
    const server = await serve(json(1), json(2), json(3));
    const kube = await connect(server);
    for (const answer of [1, 2, 3]) expect(await get(kube)).toBe(answer);
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(1);
  });

  test("decodes gzip", async () => {
    const big = { text: "x".repeat(200_000) };
    const zipped: Answer = (response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(JSON.stringify(big)));
    };
    const server = await serve(zipped);
    expect(await get(await connect(server))).toEqual(big);
    expect(server.requests[0]?.headers["accept-encoding"]).toBe("gzip");
  });

  test("sends a Buffer as it is", async () => {
    const server = await serve(json({}));
    const kube = await connect(server);
    const body = Buffer.from("not json");
    await kube.request({ method: "POST", path: "/x", body, contentType: "application/zstd", headers: { "x-a": "b" } });
    expect(server.requests[0]).toMatchObject({
      body: "not json",
      headers: { "content-type": "application/zstd", "x-a": "b" },
    });
  });

  const failures: [string, Answer, object][] = [
    ["a Status", failure(409, "AlreadyExists"), { status: 409, reason: "AlreadyExists", retryAfterMs: undefined }],
    [
      "429 with Retry-After",
      failure(429, "TooManyRequests", { "retry-after": "3" }),
      { status: 429, retryAfterMs: 3000 },
    ],
    [
      "a text body",
      (response) => void response.writeHead(503).end("no"),
      { status: 503, reason: "ServiceUnavailable" },
    ],
    ["no JSON in a 200", (response) => void response.end("<html>"), { status: 0, reason: "BadAnswer" }],
    ["a redirect", (response) => void response.writeHead(302).end(), { status: 302, reason: "Unknown" }],
    [
      "half a body",
      (response) => void response.write('{"a":', () => response.destroy()),
      { status: 0, reason: "NoAnswer" },
    ],
    ["a reset", (response) => void response.destroy(), { status: 0, reason: "NoAnswer" }],
  ];
  test.each(failures)("turns %s into an ApiError", async (_what, answer, expected) => {
    const server = await serve(answer);
    const error = await get(await connect(server, { token: "secret" })).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: "ApiError", ...expected });
    expect((error as Error).message).toMatch(/^GET 127\.0\.0\.1:\d+\/api\/v1\/things: /);
    expect((error as Error).message).not.toContain("secret");
    expect(server.requests).toHaveLength(1);
  });

  test("names the cause when nobody listens", async () => {
    const server = await serve();
    const kube = await connect(server);
    await server.close();
    const error = await get(kube).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ status: 0, reason: "NoAnswer" });
    expect((error as Error).message).toMatch(/GET 127\.0\.0\.1:\d+\/api\/v1\/things: no answer: connect ECONNREFUSED/);
  });

  test("refuses a server with a certificate of another authority", async () => {
    const [server, other] = [await serve(json({})), await serve()];
    const error = await get(await connect(server, { ca: other.authority.cert })).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ status: 0, reason: "UntrustedServer" });
    expect(server.requests).toHaveLength(0);
  });

  test("checks the server's certificate for tlsServerName", async () => {
    const server = await serve(json({ ok: true }));
    expect(await get(await connect(server, { tlsServerName: "scripted.test" }))).toEqual({ ok: true });
    await expect(get(await connect(server, { tlsServerName: "other.test" }))).rejects.toMatchObject({ status: 0 });
  });

  test("gives up after timeoutMs, also in the middle of the answer", async () => {
    const server = await serve(
      () => {},
      (response) => void response.write("{"),
    );
    const kube = await connect(server);
    for (let times = 0; times < 2; times++) {
      const error = await get(kube, { timeoutMs: 30 }).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ status: 0, reason: "NoAnswer" });
      expect((error as Error).message).toContain("not done within 30 ms");
    }
  });

  test("rejects with the signal's reason when it aborts", async () => {
    const stop = new AbortController();
    const reason = new Error("stop it");
    const server = await serve(() => stop.abort(reason));
    const kube = await connect(server);
    await expect(get(kube, { signal: stop.signal })).rejects.toBe(reason);
    await expect(get(kube, { signal: stop.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test("sends a GET again when the kept connection was just closed, but never a POST", async () => {
    const server = await serve(json(1), (response) => void response.destroy(), json(3));
    const kube = await connect(server);
    await get(kube);
    expect(await get(kube)).toBe(3);
    server.script.push((response) => void response.destroy());
    await expect(kube.request({ method: "POST", path: "/x", body: {} })).rejects.toMatchObject({ status: 0 });
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET", "POST"]);
  });

  test("fails after close()", async () => {
    const server = await serve();
    const kube = await connect(server);
    kube.close();
    await expect(get(kube)).rejects.toMatchObject({ status: 0, reason: "Closed" });
  });

  test("ends with an error when close() comes while it waits", async () => {
    const server = await serve(() => kube.close());
    const kube = await connect(server);
    await expect(get(kube)).rejects.toMatchObject({ status: 0, reason: "NoAnswer" });
  });
});

describe("open()", () => {
  const open = (kube: Kube, signal?: AbortSignal) =>
    kube.open({ method: "GET", path: "/w", ...(signal && { signal }) });

  test("yields lines, however the bytes are cut, and ends with the answer", async () => {
    const lines = ['{"a":"€"}', '{"b":"😀"}', `{"c":"${"ü".repeat(600_000)}"}`, '{"d":1}'];
    const bytes = Buffer.from(`${lines.slice(0, 2).join("\n")}\n`);
    const server = await serve(async (response) => {
      response.writeHead(200);
      for (const byte of bytes) await new Promise((resolve) => response.write(Buffer.of(byte), resolve));
      response.write(`${lines[2]}\n\n`);
      response.end(lines[3]);
    });
    const seen: string[] = [];
    for await (const line of open(await connect(server))) seen.push(line);
    expect(seen).toEqual(lines);
  });

  test("yields a line as soon as it is there", async () => {
    const sent = Promise.withResolvers<void>();
    const server = await serve(async (response) => {
      response.write("one\n");
      await sent.promise;
      response.end("two\n");
    });
    const lines = open(await connect(server));
    expect((await lines.next()).value).toBe("one");
    sent.resolve();
    expect((await lines.next()).value).toBe("two");
    expect((await lines.next()).done).toBe(true);
  });

  test("fails when the connection breaks in the middle of a line, after the whole lines", async () => {
    const server = await serve((response) => void response.write('one\n{"half', () => response.destroy()));
    const lines = open(await connect(server));
    expect((await lines.next()).value).toBe("one");
    await expect(lines.next()).rejects.toMatchObject({ status: 0, reason: "NoAnswer" });
  });

  test("throws the Status of a refused watch", async () => {
    const server = await serve(failure(410, "Expired"));
    await expect(open(await connect(server)).next()).rejects.toMatchObject({ status: 410, reason: "Expired" });
  });

  test("leaves in the socket what is not read: a slow reader holds the server back", async () => {
    const line = `${"x".repeat(64 * 1024)}\n`;
    const blocked = Promise.withResolvers<number>();
    const server = await serve(async (response) => {
      for (let count = 1; count <= 2000; count++) {
        if (response.write(line)) continue;
        const drained = new Promise((resolve) => response.once("drain", () => resolve("drained")));
        const waited = new Promise((resolve) => setTimeout(resolve, 200, "blocked"));
        if ((await Promise.race([drained, waited])) === "blocked") return blocked.resolve(count);
      }
      blocked.resolve(Number.POSITIVE_INFINITY);
    });
    const lines = open(await connect(server));
    await lines.next();
    expect(await blocked.promise).toBeLessThan(1000);
    await lines.return();
  });

  test("closes the connection when the reader leaves", async () => {
    const closed = Promise.withResolvers<void>();
    const server = await serve((response) => {
      response.on("close", closed.resolve);
      response.write("one\n");
    });
    for await (const line of open(await connect(server))) if (line === "one") break;
    await expect(closed.promise).resolves.toBeUndefined();
  });

  test("throws the signal's reason when it aborts", async () => {
    const stop = new AbortController();
    const server = await serve((response) => void response.write("one\n"));
    const lines = open(await connect(server), stop.signal);
    await lines.next();
    const reason = new Error("stop it");
    setImmediate(() => stop.abort(reason));
    await expect(lines.next()).rejects.toBe(reason);
  });
});
