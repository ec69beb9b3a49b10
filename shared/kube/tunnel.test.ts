// Requests and watches through a proxy, and what is said when it is the proxy that fails.
import { pino } from "pino";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import { startConnectProxy } from "../../test/support/connect-proxy.ts";
import type { ConnectProxy } from "../../test/support/connect-proxy.ts";
import { json, startScriptedServer } from "../../test/support/scripted-server.ts";
import type { Answer, ScriptedServer } from "../../test/support/scripted-server.ts";
import { buildKube } from "./connection.ts";
import { staticSource } from "./credentials.ts";
import type { Credentials, Kube } from "./types.ts";

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function serve(...script: Answer[]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...script);
  ends.push(() => server.close());
  return server;
}

async function proxy(...given: Parameters<typeof startConnectProxy>): Promise<ConnectProxy> {
  const started = await startConnectProxy(...given);
  ends.push(() => started.close());
  return started;
}

async function connect({ url, authority }: ScriptedServer, more: Partial<Credentials>): Promise<Kube> {
  const source = staticSource({ server: url, ca: authority.cert, ...more });
  const kube = await buildKube({ source, log: pino({ level: "silent" }), userAgent: "test", name: "hub" });
  onTestFinished(() => kube.close());
  return kube;
}

const get = (kube: Kube, timeoutMs = 5000) => kube.request({ method: "GET", path: "/things", timeoutMs });
const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("it did not fail"),
    (error: Error) => error,
  );

describe("through a proxy", () => {
  test("requests share one tunnel, and the proxy learns nothing but the server's address", async () => {
    const server = await serve(json(1), json(2), json(3));
    const between = await proxy();
    const kube = await connect(server, { proxyUrl: between.url, token: "secret" });
    for (const answer of [1, 2, 3]) expect(await get(kube)).toBe(answer);
    expect(between.asked).toEqual([server.url.slice("https://".length)]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill("Bearer secret"));
    expect(server.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
  });

  test("shows the client certificate to the server and checks the server's", async () => {
    const server = await serve(json(1));
    const pair = await server.authority.issue({ cn: "agent", client: true });
    const between = await proxy();
    await get(await connect(server, { proxyUrl: between.url, ...pair }));
    expect(server.requests[0]?.client).toBe("agent");
    const other = await makeAuthority("other");
    const error = await failureOf(get(await connect(server, { proxyUrl: between.url, ca: other.cert })));
    expect(error).toMatchObject({ reason: "UntrustedServer" });
    expect(error.message).toContain(`through proxy ${between.url}: the certificate of the hub is not signed`);
  });

  test("trusts further authorities for what a proxy shows in the server's place", async () => {
    const server = await serve(json(1), json(2));
    const between = await proxy();
    const { cert } = await makeAuthority("hub-ca");
    const more = { proxyUrl: between.url, proxyCa: server.authority.cert };
    expect(await get(await connect(server, { ...more, ca: cert }))).toBe(1);
  });

  test("a proxy of https is checked by its own authority", async () => {
    const server = await serve(json(1));
    const authority = await makeAuthority("proxy-ca");
    const between = await proxy(await authority.issue({ cn: "proxy", ips: ["127.0.0.1"], server: true }));
    expect(await get(await connect(server, { proxyUrl: between.url, proxyCa: authority.cert }))).toBe(1);
    const error = await failureOf(get(await connect(server, { proxyUrl: between.url })));
    expect(error).toMatchObject({ status: 0, reason: "ProxyFailed" });
    expect(error.message).toContain(`the certificate of the proxy ${between.url} is not signed by`);
  });

  test("says who we are to a proxy that wants to know, and never tells anybody else", async () => {
    const server = await serve(json(1));
    const between = await proxy();
    const proxyUrl = `http://me:p%40ss%2Fword@127.0.0.1:${between.port}`;
    const kube = await connect(server, { proxyUrl });
    await get(kube);
    expect(between.authorizations).toEqual([`Basic ${Buffer.from("me:p@ss/word").toString("base64")}`]);
    between.answer = 407;
    between.cut();
    const error = await failureOf(get(kube));
    expect(error.message).toContain(
      `proxy ${between.url} does not connect to ${server.url.slice("https://".length)}: 407 Proxy Authentication Required`,
    );
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toMatch(/p@ss|p%40ss|bWU6/);
  });

  test("a watch goes on for as long as there is something to come", async () => {
    const sent = Promise.withResolvers<() => void>();
    const server = await serve((response) => {
      response.write('{"n":1}\n');
      sent.resolve(() => response.end('{"n":2}\n'));
    });
    const between = await proxy();
    const kube = await connect(server, { proxyUrl: between.url });
    const lines: string[] = [];
    for await (const line of kube.open({ method: "GET", path: "/things" })) {
      lines.push(line);
      (await sent.promise)();
    }
    expect(lines).toEqual(['{"n":1}', '{"n":2}']);
  });

  test("a watch whose tunnel breaks ends with an error, and the next request opens another tunnel", async () => {
    const server = await serve((response) => void response.write('{"n":1}\n'), json(2));
    const between = await proxy();
    const kube = await connect(server, { proxyUrl: between.url });
    const watching = async (): Promise<void> => {
      for await (const line of kube.open({ method: "GET", path: "/things" })) {
        expect(line).toBe('{"n":1}');
        between.cut();
      }
    };
    await expect(watching()).rejects.toMatchObject({ status: 0, reason: "NoAnswer" });
    expect(await get(kube)).toBe(2);
    expect(between.asked).toHaveLength(2);
  });

  test("closing the connection closes the tunnels", async () => {
    const server = await serve(json(1));
    const between = await proxy();
    const kube = await connect(server, { proxyUrl: between.url });
    await get(kube);
    expect(between.open()).toBe(1);
    kube.close();
    await expect.poll(() => between.open()).toBe(0);
  });
});

describe("a proxy that fails is named", () => {
  test("when nobody listens", async () => {
    const server = await serve();
    const between = await proxy();
    await between.close();
    ends.pop();
    const error = await failureOf(get(await connect(server, { proxyUrl: between.url })));
    expect(error).toMatchObject({ status: 0, reason: "ProxyFailed" });
    expect(error.message).toMatch(
      /^GET 127\.0\.0\.1:\d+\/things: proxy http:\/\/127\.0\.0\.1:\d+ refused the connection$/,
    );
  });

  test("when its name is not known", async () => {
    const server = await serve();
    const error = await failureOf(get(await connect(server, { proxyUrl: "http://me:secret@proxy.invalid:3128" })));
    expect(error.message).toMatch(/: proxy http:\/\/proxy\.invalid:3128 is not known by that name( now)?$/);
  });

  test("when it does not reach the server", async () => {
    const server = await serve();
    const between = await proxy();
    const kube = await connect(server, { proxyUrl: between.url });
    await server.close();
    expect((await failureOf(get(kube))).message).toContain(
      `proxy ${between.url} does not connect to ${server.url.slice("https://".length)}: 502 Bad Gateway`,
    );
  });

  test("when it breaks off", async () => {
    const server = await serve();
    const between = await proxy();
    between.answer = "silence";
    const failing = failureOf(get(await connect(server, { proxyUrl: between.url })));
    await expect.poll(() => between.asked.length).toBe(1);
    between.cut();
    expect((await failing).message).toMatch(/: proxy http:\/\/127\.0\.0\.1:\d+ broke the connection off$/);
  });
});

test("a request that is given up while the proxy is silent ends at once", async () => {
  const server = await serve();
  const between = await proxy();
  between.answer = "silence";
  const kube = await connect(server, { proxyUrl: between.url });
  const stop = new AbortController();
  const failing = failureOf(kube.request({ method: "GET", path: "/things", signal: stop.signal }));
  await expect.poll(() => between.asked.length).toBe(1);
  stop.abort(new Error("enough"));
  expect((await failing).message).toBe("enough");
  expect((await failureOf(get(kube, 50))).message).toContain("not done within 50 ms");
});
