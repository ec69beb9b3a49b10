// Credentials that change, end and are replaced while a connection is in use.
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeAuthority } from "../../test/support/certificates.ts";
import type { KeyPair } from "../../test/support/certificates.ts";
import { failure, json, startScriptedServer } from "../../test/support/scripted-server.ts";
import type { ScriptedServer } from "../../test/support/scripted-server.ts";
import { makeSecretMount } from "../../test/support/secret-mount.ts";
import type { SecretMount } from "../../test/support/secret-mount.ts";
import { makeToken } from "../../test/support/tokens.ts";
import { buildKube } from "./connection.ts";
import { inClusterSource, kubeconfigSource } from "./credentials.ts";
import type { CredentialSource } from "./credentials.ts";
import { watch } from "./watch.ts";
import type { Kube } from "./types.ts";

const START = Date.parse("2026-05-01T00:00:00Z");
const MINUTE_MS = 60_000;
let server: ScriptedServer;
let mount: SecretMount;
let kube: Kube | undefined;
let nowMs: number;
let logged: { msg: string; level: number }[];
beforeEach(async () => {
  [server, mount] = await Promise.all([startScriptedServer(), makeSecretMount()]);
  nowMs = 0;
  logged = [];
});
afterEach(async () => {
  kube?.close();
  await Promise.all([server.close(), mount.remove()]);
});

/** Connects with a clock that stands until a test moves it. */
async function connect(source: CredentialSource = mounted()): Promise<Kube> {
  const clock = { monotonicMs: () => nowMs, wallMs: () => START + nowMs };
  const log = pino(
    { level: "debug" },
    { write: (line) => logged.push(JSON.parse(line) as { msg: string; level: number }) },
  );
  kube = await buildKube({ source, log, clock, userAgent: "test", name: "hub", reloadCheckMs: 10_000 });
  return kube;
}

const mounted = (): CredentialSource => kubeconfigSource(join(mount.directory, "kubeconfig"));
const messages = (): string[] => logged.map(({ msg }) => msg);

function kubeconfig(user: object, ca: string): string {
  const cluster = { server: server.url, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify({
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "hub", user: "agent" } }],
    clusters: [{ name: "hub", cluster }],
    users: [{ name: "agent", user }],
  });
}

/** Writes what OCM keeps in the Secret <addon>-hub-kubeconfig. */
async function writeHubKubeconfig({ cert, key }: KeyPair): Promise<void> {
  const user = { "client-certificate": "tls.crt", "client-key": "tls.key" };
  await mount.write({ kubeconfig: kubeconfig(user, server.authority.cert), "tls.crt": cert, "tls.key": key });
}

async function writeToken(token: string, ca = server.authority.cert): Promise<void> {
  await mount.write({ kubeconfig: kubeconfig({ tokenFile: "token" }, ca), token });
}

const get = (connection: Kube) => connection.request<unknown>({ method: "GET", path: "/x" });
const refused = (connection: Kube) => get(connection).catch((cause: unknown) => cause);
const clients = () => server.requests.map(({ client }) => client);
const tokens = () => server.requests.map(({ headers }) => headers.authorization?.replace("Bearer ", ""));

describe("fault 5: a client certificate that is rotated or expired", () => {
  test("is taken up when the files are looked at again; reads in flight finish", async () => {
    await writeHubKubeconfig(await server.authority.issue({ cn: "first" }));
    const connection = await connect();
    const go = Promise.withResolvers<void>();
    const slow = async (response: Parameters<(typeof server.script)[0]>[0]) => {
      await go.promise;
      response.end("1");
    };
    server.script.push(slow, json(2), json(3), json(4));
    const inFlight = get(connection);
    await expect.poll(() => server.requests).toHaveLength(1);
    await get(connection);
    await writeHubKubeconfig(await server.authority.issue({ cn: "second" }));
    nowMs = 9999;
    await get(connection);
    nowMs = 10_000;
    await get(connection);
    expect(clients()).toEqual(["first", "first", "first", "second"]);
    expect(messages()).toEqual(["credentials reloaded"]);
    go.resolve();
    expect(await inFlight).toBe(1);
  });

  test("is taken up by open watches too: they end and go on where they stood, with the new one", async () => {
    await writeHubKubeconfig(await server.authority.issue({ cn: "first" }));
    const connection = await connect();
    const event = (name: string, resourceVersion: string): string =>
      `${JSON.stringify({ type: "ADDED", object: { metadata: { name, resourceVersion } } })}\n`;
    server.script.push(
      json({ metadata: { resourceVersion: "1" }, items: [] }),
      (response) => void response.write(`${event("a", "2")}{"half of a li`),
      json({}),
      (response) => void response.write(event("b", "3")),
    );
    const stop = new AbortController();
    const resource = { group: "", version: "v1", plural: "things" };
    const decode = (raw: unknown) => (raw as { metadata: { name: string } }).metadata.name;
    const events = watch(connection, { resource, decode, signal: stop.signal, random: () => 0 });
    const next = async () => (await events.next()).value;
    for (const type of ["Init", "InitDone"]) expect(await next()).toMatchObject({ type });
    expect(await next()).toEqual({ type: "Apply", object: "a" });

    await writeHubKubeconfig(await server.authority.issue({ cn: "second" }));
    nowMs = 10_000;
    const later = next();
    await get(connection);
    expect(await later).toEqual({ type: "Apply", object: "b" });
    expect(
      server.requests.map(
        ({ client, url }) => `${client} ${new URL(url, server.url).searchParams.get("resourceVersion")}`,
      ),
    ).toEqual(["first null", "first 1", "second null", "second 2"]);
    stop.abort();
  });

  test("leaves the old one in use, with one warning, while the files do not fit together", async () => {
    const [first, second] = await Promise.all(["first", "second"].map((cn) => server.authority.issue({ cn })));
    if (first === undefined || second === undefined) throw new Error("No certificates");
    await writeHubKubeconfig(first);
    const connection = await connect();
    server.script.push(json(1), json(2), json(3));
    await writeHubKubeconfig({ cert: second.cert, key: first.key });
    for (nowMs of [10_000, 20_000]) await get(connection);
    expect(messages()).toEqual(["cannot reload credentials"]);
    await writeHubKubeconfig(second);
    nowMs = 30_000;
    await get(connection);
    expect(clients()).toEqual(["first", "first", "second"]);
    expect(messages()).toEqual(["cannot reload credentials", "credentials reloaded"]);
  });

  test("is named with the time of its end: in the error, and once in the log", async () => {
    const notAfter = new Date(START + MINUTE_MS);
    await writeHubKubeconfig(await server.authority.issue({ cn: "agent-of-c1", notAfter }));
    const connection = await connect();
    expect(connection.expiry?.()).toMatchObject({ endsMs: START + MINUTE_MS, identity: "agent-of-c1" });
    server.script.push(...Array.from({ length: 3 }, () => failure(401, "Unauthorized")));
    expect(await refused(connection)).toMatchObject({ reason: "Unauthorized" });
    expect(logged).toEqual([]);
    nowMs = MINUTE_MS;
    for (let times = 0; times < 2; times++) {
      expect(await refused(connection)).toMatchObject({
        status: 401,
        reason: "CredentialsExpired",
        message: expect.stringContaining(
          "the client certificate of agent-of-c1 for the hub has been expired since 2026-05-01T00:01:00Z; it comes from kubeconfig /",
        ) as string,
      });
    }
    expect(logged).toMatchObject([
      { msg: "credentials have expired", server: "hub", identity: "agent-of-c1", since: "2026-05-01T00:01:00Z" },
    ]);
  });
});

describe("fault 7: the hub's certificate is of another authority", () => {
  test("is said, with where the authority comes from; nothing is sent", async () => {
    await writeToken("token");
    const connection = await connect();
    server.showCertificate(await (await makeAuthority("new")).issue({ cn: "hub", ips: ["127.0.0.1"] }));
    const error = await refused(connection);
    expect(error).toMatchObject({ status: 0, reason: "UntrustedServer" });
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining(
        `the certificate of the hub is not signed by the certificate authority in kubeconfig ${mount.directory}`,
      ),
    );
    expect(server.requests).toEqual([]);
  });

  test("makes it read the kubeconfig again and go on at once, with a POST too", async () => {
    await writeToken("token");
    const connection = await connect();
    server.script.push(json(1), json(2));
    await get(connection);
    const authority = await makeAuthority("new");
    server.showCertificate(await authority.issue({ cn: "hub", ips: ["127.0.0.1"] }));
    await writeToken("token", authority.cert);
    expect(await connection.request({ method: "POST", path: "/x", body: {} })).toBe(2);
    expect(messages()).toEqual(["credentials reloaded"]);
  });

  const wrong: [string, string, Parameters<ScriptedServer["authority"]["issue"]>[0]][] = [
    [
      "has expired",
      "ServerCertificateExpired",
      { cn: "hub", ips: ["127.0.0.1"], notAfter: new Date(Date.now() - 1000) },
    ],
    ["is for another name", "ServerNameMismatch", { cn: "hub", dns: ["elsewhere.test"] }],
  ];
  test.each(wrong)("a certificate that %s is named, too", async (_what, reason, options) => {
    await writeToken("token");
    const connection = await connect();
    server.showCertificate(await server.authority.issue(options));
    expect(await refused(connection)).toMatchObject({ status: 0, reason });
  });
});

describe("fault 8: a token that ends", () => {
  const subject = "system:serviceaccount:c1:kruise-health-agent";
  const jwt = (endsMs: number, signature: string): string => makeToken({ subject, endsMs: START + endsMs }, signature);

  test("is read again before it ends, within a second when the end is near", async () => {
    const [old, fresh] = [jwt(10 * MINUTE_MS, "old"), jwt(60 * MINUTE_MS, "fresh")];
    await writeToken(old);
    const connection = await connect();
    server.script.push(json(1), json(2), json(3));
    nowMs = 9 * MINUTE_MS + 1;
    await get(connection);
    await writeToken(fresh);
    nowMs += 500;
    await get(connection);
    nowMs += 500;
    await get(connection);
    expect(tokens()).toEqual([old, old, fresh]);
  });

  test("is told of at info only when its end had to be told, too", async () => {
    await writeToken(jwt(60 * MINUTE_MS, "first"));
    const connection = await connect();
    server.script.push(json(1), json(2));
    await writeToken(jwt(70 * MINUTE_MS, "second"));
    nowMs = 50 * MINUTE_MS;
    await get(connection);
    expect(logged).toMatchObject([{ msg: "credentials reloaded", level: 20 }]);
    nowMs = 80 * MINUTE_MS;
    await get(connection);
    await writeToken(jwt(130 * MINUTE_MS, "third"));
    nowMs = 90 * MINUTE_MS;
    server.script.push(json(3));
    await get(connection);
    expect(logged.slice(1)).toMatchObject([
      { msg: "credentials have expired", level: 40 },
      { msg: "credentials reloaded", level: 30 },
    ]);
  });

  test("of the pod's ServiceAccount is read again too", async () => {
    const { port, hostname } = new URL(server.url);
    const write = (token: string) => mount.write({ token, "ca.crt": server.authority.cert });
    await write("first");
    const connection = await connect(inClusterSource({ host: hostname, port, directory: mount.directory }));
    server.script.push(json(1), json(2));
    await get(connection);
    await write("second");
    nowMs = 10_000;
    await get(connection);
    expect(tokens()).toEqual(["first", "second"]);
  });

  test("written into the kubeconfig itself is read again too", async () => {
    const write = (token: string) => mount.write({ kubeconfig: kubeconfig({ token }, server.authority.cert) });
    await write("first");
    const connection = await connect();
    await write("second");
    server.script.push(failure(401, "Unauthorized"), json(2));
    await get(connection);
    expect(tokens()).toEqual(["first", "second"]);
  });

  test("and is not renewed is named: whose, and since when", async () => {
    await writeToken(jwt(MINUTE_MS, "old"));
    const connection = await connect();
    nowMs = 2 * MINUTE_MS;
    server.script.push(failure(401, "Unauthorized"));
    const error = await refused(connection);
    expect((error as Error).message).toContain(
      `the token of ${subject} for the hub has been expired since 2026-05-01T00:01:00Z`,
    );
    expect(messages()).toEqual(["credentials have expired"]);
  });

  test("makes a refused request look at once, and try again with the new one, once", async () => {
    await writeToken("old");
    const connection = await connect();
    await writeToken("new");
    server.script.push(failure(401, "Unauthorized"), json({ ok: true }), failure(401, "Unauthorized"));
    expect(await get(connection)).toEqual({ ok: true });
    expect(tokens()).toEqual(["old", "new"]);
    expect(await refused(connection)).toMatchObject({ status: 401, reason: "Unauthorized" });
    expect(server.requests).toHaveLength(3);
  });

  test("makes a refused watch look at once, too", async () => {
    await writeToken("old");
    const connection = await connect();
    await writeToken("new");
    server.script.push(failure(401, "Unauthorized"), (response) => void response.end("line\n"));
    expect((await connection.open({ method: "GET", path: "/watch" }).next()).value).toBe("line");
    expect(tokens()).toEqual(["old", "new"]);
  });
});

test("a request that got no answer makes the next one look, so that a new address is found", async () => {
  await writeToken("old");
  const connection = await connect();
  server.script.push((response) => void response.destroy(), json(1));
  expect(await refused(connection)).toMatchObject({ status: 0 });
  await writeToken("new");
  await get(connection);
  expect(tokens()).toEqual(["old", "new"]);
});

test("requests at the same time read the files once", async () => {
  await writeToken("old");
  const connection = await connect();
  await writeToken("new");
  nowMs = 10_000;
  server.script.push(json(1), json(2), json(3));
  await Promise.all([get(connection), get(connection), get(connection)]);
  expect(tokens()).toEqual(["new", "new", "new"]);
  expect(messages()).toEqual(["credentials reloaded"]);
});
