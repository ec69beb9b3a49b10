// Bearer tokens over real TLS: whose they are is the hub's word, which is asked for as seldom as can be.
import { request } from "node:https";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import type { Authority, KeyPair } from "../../test/support/certificates.ts";
import { ROOT, agentOf, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";
import { acceptableCas, buildIdentify, parseTrust } from "./authentication.ts";
import type { Identity } from "./authentication.ts";
import { bearerTokenOf, buildIdentifyByToken } from "./tokens.ts";
import type { TokenUser } from "./tokens.ts";
import { aReport } from "../fleet/report.fixture.ts";

const USERS: Record<string, TokenUser> = {
  good: { user: "reader", uid: "u-1", groups: ["dev"], extra: { "example.com/from": ["here"] } },
  nameless: { user: "", uid: undefined, groups: [], extra: {} },
  agent: { user: "system:serviceaccount:c1:kruise-health-agent", uid: "u-2", groups: [], extra: {} },
};

let world: World;
let port: number;
let clients: Authority;
let frontProxy: Authority;
let seen: Identity | undefined;
/** The tokens that the hub was asked about. */
let asked: string[] = [];
/** What the hub does when it is asked. */
let hub: (token: string) => Promise<TokenUser | undefined>;
let nowMs = 0;

const answering = async (token: string): Promise<TokenUser | undefined> => USERS[token];

beforeAll(async () => {
  [clients, frontProxy] = await Promise.all([makeAuthority("kubernetes"), makeAuthority("front-proxy")]);
  const trust = parseTrust({
    "client-ca-file": clients.cert,
    "requestheader-client-ca-file": frontProxy.cert,
    "requestheader-username-headers": '["X-Remote-User"]',
  });
  const serving = await makeAuthority("serving");
  const pair = await serving.issue({ cn: "kruise-health", ips: ["127.0.0.1"] });
  const clock = { monotonicMs: () => nowMs, wallMs: () => Date.now() };
  const byToken = buildIdentifyByToken((token) => {
    asked.push(token);
    return hub(token);
  }, clock);
  const identify = buildIdentify(
    () => trust,
    () => Date.now(),
    byToken,
  );
  world = buildWorld({
    tls: { ...pair, clientCas: acceptableCas(trust) },
    identify: async (incoming) => (seen = await identify(incoming)),
  });
  await world.app.listen({ host: "127.0.0.1", port: 0 });
  const address = world.app.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(() => world.app.close());
beforeEach(() => {
  // Whatever was kept is too old.
  nowMs += 60_000;
  [asked, seen, hub] = [[], undefined, answering];
});

interface Call {
  /** Values of Authorization, a line each. */
  authorization?: string[];
  client?: KeyPair;
  headers?: string[];
  path?: string;
  body?: string;
}

interface Answered {
  code: number | undefined;
  retryAfter: string | undefined;
  text: string;
}

async function call({ authorization = [], client, headers = [], path, body }: Call): Promise<Answered> {
  const lines = ["Host", "hub", ...headers, ...authorization.flatMap((value) => ["Authorization", value])];
  if (body !== undefined) lines.push("Content-Length", String(Buffer.byteLength(body)));
  const target = { host: "127.0.0.1", port, path: path ?? `${ROOT}/kruiseworkloads`, agent: false, ...client };
  const method = body === undefined ? "GET" : "POST";
  return new Promise((resolve, reject) => {
    request({ ...target, method, headers: lines, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      const { statusCode: code, headers: answer } = response;
      response.once("end", () => resolve({ code, retryAfter: answer["retry-after"], text }));
    })
      .once("error", reject)
      .end(body);
  });
}

const bearer = (token: string): Call => ({ authorization: [`Bearer ${token}`] });

describe("a bearer token", () => {
  test("is its user, who may do what the hub's RBAC says", async () => {
    expect(await call(bearer("good"))).toMatchObject({ code: 200 });
    expect(seen).toEqual({
      user: "reader",
      uid: "u-1",
      groups: ["dev", "system:authenticated"],
      extra: { "example.com/from": ["here"] },
      via: "Token",
    });
    const { uid, groups, extra } = seen ?? {};
    expect(world.reviews.at(-1)).toMatchObject({ user: "reader", uid, groups, extra });
  });

  test.each<[string, Call]>([
    ["that the hub does not know", bearer("bad")],
    ["whose user has no name", bearer("nameless")],
  ])("%s is nobody's", async (_what, shown) => {
    expect(await call(shown)).toMatchObject({ code: 401 });
    expect(asked.length).toBe(1);
  });

  test.each<[string, Call]>([
    ["no token", {}],
    ["an empty one", { authorization: ["Bearer "] }],
    ["one with a space", bearer("go od")],
    ["one with a letter beyond ASCII", bearer("g\u00f6od")],
    ["one of more than 16 KiB", bearer("a".repeat(16 * 1024 + 1))],
    ["two", { authorization: ["Bearer good", "Bearer bad"] }],
    ["another scheme", { authorization: [`Basic ${Buffer.from("admin:good").toString("base64")}`] }],
    ["no scheme", { authorization: ["good"] }],
    ["a header that names a user", { headers: ["X-Remote-User", "admin"] }],
  ])("%s is 401, and the hub is not asked", async (_what, shown) => {
    expect(await call(shown)).toMatchObject({ code: 401 });
    expect(await call({ ...shown, path: "/apis" })).toMatchObject({ code: 401 });
    expect(asked).toEqual([]);
  });

  test("of 16 KiB is asked about, and the name of the scheme may have capitals", async () => {
    const token = "a".repeat(16 * 1024);
    expect(await call({ authorization: [`bEARER ${token}`] })).toMatchObject({ code: 401 });
    expect(asked).toEqual([token]);
  });

  test("counts when the certificate beside it is nobody's", async () => {
    const lookAlike = await makeAuthority("kubernetes");
    const past = new Date(Date.now() - 1000);
    const nobodies = [
      await lookAlike.issue({ cn: "admin", client: true }),
      await clients.issue({ cn: "admin", client: true, notAfter: past }),
    ];
    for (const client of nobodies) {
      expect(await call({ ...bearer("good"), client })).toMatchObject({ code: 200 });
      expect(seen).toMatchObject({ user: "reader", via: "Token" });
    }
  });

  test("does not count beside a certificate that is somebody's, nor beside the aggregator's word", async () => {
    const client = await clients.issue({ cn: "ann", client: true });
    expect(await call({ ...bearer("good"), client })).toMatchObject({ code: 403 });
    expect(seen).toMatchObject({ user: "ann", via: "Certificate" });
    const aggregator = await frontProxy.issue({ cn: "front-proxy-client", client: true });
    await call({ ...bearer("good"), client: aggregator, headers: ["X-Remote-User", "eve"] });
    expect(seen).toMatchObject({ user: "eve", via: "Proxy" });
    expect(asked).toEqual([]);
  });

  test("of an agent reports for its own cluster and no other", async () => {
    const report = (cluster: string): Call => ({
      ...bearer("agent"),
      headers: ["Content-Type", "application/json"],
      path: `${ROOT}/namespaces/${cluster}/kruisehealthreports`,
      body: JSON.stringify(aReport([], { epoch: 5000 })),
    });
    expect(await call(report("c2"))).toMatchObject({ code: 403 });
    expect(await call({ ...report("c2"), headers: ["X-Remote-User", agentOf("c2")] })).toMatchObject({ code: 403 });
    expect(await call(report("c1"))).toMatchObject({ code: 201 });
  });
});

describe("the hub", () => {
  test("is asked once by many at the same time", async () => {
    const held = Promise.withResolvers<void>();
    hub = async (token) => {
      await held.promise;
      return USERS[token];
    };
    const calls = Array.from({ length: 20 }, () => call(bearer("good")));
    await expect.poll(() => asked.length).toBe(1);
    held.resolve();
    expect(new Set((await Promise.all(calls)).map(({ code }) => code))).toEqual(new Set([200]));
    expect(asked.length).toBe(1);
  });

  test.each([
    { token: "good", keptMs: 30_000 },
    { token: "bad", keptMs: 10_000 },
  ])("is asked again about a $token one after $keptMs ms", async ({ token, keptMs }) => {
    const times = async (afterMs: number): Promise<number> => {
      nowMs += afterMs;
      await call(bearer(token));
      return asked.length;
    };
    expect(await times(0)).toBe(1);
    expect(await times(keptMs - 1)).toBe(1);
    expect(await times(2)).toBe(2);
  });

  test("that does not answer makes it a 503 to be tried again, at every path, and is asked anew", async () => {
    hub = async () => {
      throw new Error("away");
    };
    for (const path of ["/apis", `${ROOT}/kruiseworkloads`, "/nowhere"]) {
      const answer = await call({ ...bearer("secret-token"), path });
      expect(answer).toMatchObject({ code: 503, retryAfter: "1" });
      expect(JSON.parse(answer.text)).toMatchObject({ kind: "Status", reason: "ServiceUnavailable" });
      expect(answer.text).not.toContain("secret-token");
    }
    hub = answering;
    expect(await call(bearer("good"))).toMatchObject({ code: 200 });
  });

  test("is not asked about more than a hundred made-up tokens at a time", async () => {
    const held = Promise.withResolvers<void>();
    hub = async () => {
      await held.promise;
      return undefined;
    };
    const codes: (number | undefined)[] = [];
    const calls = Array.from({ length: 120 }, async (_, index) => {
      const { code } = await call(bearer(`made-up-${index}`));
      codes.push(code);
    });
    await expect.poll(() => codes.length, { timeout: 10_000 }).toBe(20);
    expect(new Set(codes)).toEqual(new Set([503]));
    held.resolve();
    await Promise.all(calls);
    expect(codes.filter((code) => code === 401).length).toBe(100);
    expect(asked.length).toBe(100);
  });
});

test("without a way to ask, no token is looked at", async () => {
  const identify = buildIdentify(
    () => parseTrust({}),
    () => 0,
  );
  const bare = buildWorld({ identify });
  const answer = await bare.app.inject({ url: "/apis", headers: { authorization: "Bearer good" } });
  expect(answer.statusCode).toBe(401);
  expect(bearerTokenOf({ headersDistinct: { authorization: ["Bearer good"] } })).toBe("good");
});
