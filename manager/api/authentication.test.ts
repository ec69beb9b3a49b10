import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import type { Authority, KeyPair } from "../../test/support/certificates.ts";
import { ROOT, agentOf, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";
import { acceptableCas, buildIdentify, parseTrust } from "./authentication.ts";
import type { Identity, Trust } from "./authentication.ts";
import type { ServingTls } from "./deps.ts";
import { replaceTls } from "./server.ts";
import { aReport } from "../fleet/report.fixture.ts";

let world: World;
let port: number;
let trust: Trust;
let tls: ServingTls;
let frontProxy: Authority;
let clients: Authority;
let lookAlike: Authority;
/** The identity that the server found in the newest request; "nobody" when it found none. */
let seen: Identity | "nobody" | undefined;
/** Interim answers to the newest request. */
let continues = 0;
let nowMs = Date.now();

beforeAll(async () => {
  frontProxy = await makeAuthority("front-proxy");
  clients = await makeAuthority("kubernetes");
  lookAlike = await makeAuthority("front-proxy");
  trust = parseTrust({
    "client-ca-file": clients.cert,
    "requestheader-client-ca-file": frontProxy.cert,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-username-headers": '["X-Remote-User"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
  });
  const serving = await makeAuthority("serving");
  tls = { ...(await serving.issue({ cn: "kruise-health", ips: ["127.0.0.1"] })), clientCas: acceptableCas(trust) };
  const identify = buildIdentify(
    () => trust,
    () => nowMs,
  );
  world = buildWorld({
    tls,
    identify: async (incoming) => {
      const identity = await identify(incoming);
      seen = identity ?? "nobody";
      return identity;
    },
  });
  await world.app.listen({ host: "127.0.0.1", port: 0 });
  const address = world.app.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(() => world.app.close());

interface Call {
  path?: string;
  client?: KeyPair;
  /** Names and values in turn, as they go over the wire. */
  headers?: string[];
  body?: string;
}

async function call({ path = `${ROOT}/kruiseworkloads`, client, headers = [], body }: Call) {
  seen = undefined;
  continues = 0;
  return new Promise<number | undefined>((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const options = { host: "127.0.0.1", port, path, method, agent: false, rejectUnauthorized: false, ...client };
    const lines = ["Host", "hub", ...headers];
    if (body !== undefined) lines.push("Content-Length", String(Buffer.byteLength(body)));
    request({ ...options, headers: lines }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    })
      .on("information", () => {
        continues += 1;
      })
      .on("error", reject)
      .end(body);
  });
}

const admin = ["X-Remote-User", "admin", "X-Remote-Group", "system:masters"];
const aggregator = () => frontProxy.issue({ cn: "front-proxy-client", client: true });

test("the aggregator's certificate speaks for the user in its headers", async () => {
  const groups = ["x-remote-group", "dev", "X-Remote-Group", "ops"];
  const extra = ["X-Remote-Extra-Authentication.kubernetes.io%2fcredential-id", "JTI=1"];
  const headers = ["X-Remote-User", "ann", ...groups, ...extra];
  expect(await call({ client: await aggregator(), headers })).toBe(200);
  expect(seen).toEqual({
    user: "ann",
    uid: undefined,
    groups: ["dev", "ops"],
    extra: { "authentication.kubernetes.io/credential-id": ["JTI=1"] },
    via: "Proxy",
  });
});

test("a group with a comma stays one group", async () => {
  await call({ client: await aggregator(), headers: ["X-Remote-User", "eve", "X-Remote-Group", "a, system:masters"] });
  expect(seen).toMatchObject({ user: "eve", groups: ["a, system:masters"] });
});

test.each([
  ["without a certificate", async () => undefined],
  ["with a certificate of a look-alike CA", () => lookAlike.issue({ cn: "front-proxy-client", client: true })],
  ["with another name from the aggregator's CA", () => frontProxy.issue({ cn: "somebody", client: true })],
  ["with a certificate for servers", () => frontProxy.issue({ cn: "front-proxy-client", server: true })],
  [
    "with a certificate that has run out",
    () => frontProxy.issue({ cn: "front-proxy-client", client: true, notAfter: new Date(Date.now() - 1000) }),
  ],
  ["with the aggregator's certificate and no user", aggregator],
])("forged headers %s name nobody", async (what, issue) => {
  const client = await issue();
  const headers = what.endsWith("no user") ? ["X-Remote-Group", "system:masters"] : admin;
  expect(await call({ ...(client && { client }), headers })).toBe(401);
  expect(seen).toBe("nobody");
});

test("a user's certificate speaks for itself alone, whatever its headers say", async () => {
  const client = await clients.issue({ cn: "reader", organizations: ["dev", "a,b"], client: true });
  expect(await call({ client, headers: admin })).toBe(200);
  expect(seen).toEqual({
    user: "reader",
    uid: undefined,
    groups: ["dev", "a,b", "system:authenticated"],
    extra: {},
    via: "Certificate",
  });
  expect(world.reviews.at(-1)).toMatchObject({ user: "reader", resourceAttributes: { verb: "list" } });
});

test("an agent's own certificate, with a name beyond 64 characters, reports for its cluster and no other", async () => {
  const client = await clients.issue({ cn: agentOf("c1"), client: true });
  const body = JSON.stringify(aReport([], { epoch: 5000 }));
  const path = (cluster: string) => `${ROOT}/namespaces/${cluster}/kruisehealthreports`;
  const headers = ["Content-Type", "application/json"];
  expect(await call({ client, path: path("c2"), headers, body })).toBe(403);
  expect(await call({ client, path: path("c2"), headers: [...headers, "X-Remote-User", agentOf("c2")], body })).toBe(
    403,
  );
  expect(world.fleet.cluster("c2")?.epoch).toBe(1000);
  expect(await call({ client, path: path("c1"), headers, body })).toBe(201);
});

test("a request that expects a 100 gets its true status and nothing before it", async () => {
  const client = await clients.issue({ cn: agentOf("c1"), client: true });
  const headers = ["Content-Type", "application/json", "Expect", "100-continue"];
  const body = JSON.stringify(aReport([], { epoch: 6000 }));
  const path = `${ROOT}/namespaces/c1/kruisehealthreports`;
  expect(await call({ client, path, headers, body })).toBe(201);
  expect(continues).toBe(0);
});

test("a certificate is of no use after its end, on open connections too", async () => {
  const client = await clients.issue({ cn: "reader", client: true });
  nowMs = Date.now() + 31 * 24 * 60 * 60 * 1000;
  expect(await call({ client })).toBe(401);
  nowMs = Date.now();
});

test("another trust holds for the next request, another serving certificate for the next connection", async () => {
  const successor = await makeAuthority("kubernetes");
  const before = trust;
  trust = { ...trust, clientCas: [new X509Certificate(successor.cert)] };
  const old = await clients.issue({ cn: "reader", client: true });
  expect(await call({ client: old })).toBe(401);
  replaceTls(world.app, { ...tls, clientCas: acceptableCas(trust) });
  expect(await call({ client: await successor.issue({ cn: "reader", client: true }) })).toBe(200);
  trust = before;
  replaceTls(world.app, tls);
  expect(await call({ client: old })).toBe(200);
});

test("trust without any data believes nobody", () => {
  expect(parseTrust({})).toMatchObject({ clientCas: [], requestHeaderCas: [], userHeaders: [] });
});
