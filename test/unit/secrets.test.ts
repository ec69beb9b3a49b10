// No secret in any log line, error message or cause: canaries stand in everything that an agent reads, and its servers fail.
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { inspect } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AgentConfig } from "../../agent/config.ts";
import { lateKube } from "../../agent/late-kube.ts";
import { runAgent } from "../../agent/run.ts";
import { buildKube } from "../../shared/kube/connection.ts";
import { elsewhereSource, kubeconfigSource } from "../../shared/kube/credentials.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { parseConfig } from "../../shared/runtime/config.ts";
import type { KeyPair } from "../support/certificates.ts";
import { failure, json, startScriptedServer } from "../support/scripted-server.ts";
import type { Answer, ScriptedServer } from "../support/scripted-server.ts";
import { makeSecretMount } from "../support/secret-mount.ts";
import type { SecretMount } from "../support/secret-mount.ts";

const CANARY = "canary-3f9a";
const TOKEN = `${CANARY}-token`;

let server: ScriptedServer;
let mount: SecretMount;
let pair: KeyPair;
let secrets: string[];
const lines: string[] = [];
/** Every level, and none of the cuts that the real log makes on top. */
const log = pino({ level: "trace" }, { write: (line) => void lines.push(line) });

beforeAll(async () => {
  [server, mount] = await Promise.all([startScriptedServer(), makeSecretMount()]);
  pair = await server.authority.issue({ cn: "agent" });
  // Middle lines of PEM texts: what would show of them wherever they are quoted.
  const inner = [pair.key, pair.cert, server.authority.cert].map((pem) => pem.split("\n")[2] ?? "");
  const raw = [pair.cert, server.authority.cert].map((pem) => new X509Certificate(pem).raw.toString("hex"));
  const base64 = [pair.key, TOKEN].map((text) => Buffer.from(text).toString("base64").slice(40, 80));
  secrets = [CANARY, ...inner, ...raw, ...base64].filter((text) => text !== "");
});
afterAll(async () => {
  await Promise.all([server.close(), mount.remove()]);
});

function expectClean(what: string, text: string): void {
  const found = secrets.filter((secret) => text.includes(secret));
  expect(found, `${what} holds a secret: ${text.slice(0, 2000)}`).toEqual([]);
}

/** Everything of an error that any logger could print. */
function allOf(error: unknown): string {
  const deep = inspect(error, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null });
  log.error({ err: error, cause: (error as { cause?: unknown }).cause }, "seen");
  return deep;
}

function kubeconfig(change: { user?: object; cluster?: object } = {}): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const cluster = { server: server.url, "certificate-authority-data": base64(server.authority.cert) };
  const user = { "client-certificate": "tls.crt", "client-key": "tls.key", tokenFile: "token" };
  return JSON.stringify({
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "hub", user: "agent" } }],
    clusters: [{ name: "hub", cluster: { ...cluster, ...change.cluster } }],
    users: [{ name: "agent", user: { ...user, ...change.user } }],
  });
}

async function write(files: Record<string, string> = {}): Promise<void> {
  await mount.write({ kubeconfig: kubeconfig(), "tls.crt": pair.cert, "tls.key": pair.key, token: TOKEN, ...files });
}

const source = () => kubeconfigSource(join(mount.directory, "kubeconfig"));

const text =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body);
const SECRET = { kind: "Secret", metadata: { name: "s", resourceVersion: "1" }, data: { password: CANARY } };
const ANSWERS: [string, Answer][] = [
  ["text", text(500, `${CANARY} went wrong`)],
  ["text in a success", text(200, `${CANARY} is no JSON`)],
  ["half of a JSON", text(200, `{"data": {"password": ${CANARY}`)],
  ["an object that is no Status", json(SECRET, 503)],
  ["an object where a list is wanted", json(SECRET)],
  ["a list of things", json({ metadata: { resourceVersion: "1" }, items: [SECRET, CANARY] })],
  ["a Status that repeats the token", (response, { headers }) => failureSaying(headers.authorization)(response)],
  ["a Status with a strange reason", json({ kind: "Status", code: 500, reason: `${CANARY} ${TOKEN}` }, 500)],
  ["headers", text(429, "", { "retry-after": CANARY, location: `/${CANARY}` })],
  ["bytes that are no gzip", text(200, CANARY, { "content-encoding": "gzip" })],
  ["a break", (response) => void response.write(`{"${CANARY}`, () => response.destroy())],
  ["401", failure(401, "Unauthorized")],
];
function failureSaying(header: string | undefined): (response: Parameters<Answer>[0]) => void {
  const message = `I do not know ${header}`;
  return (response) => void response.writeHead(403).end(JSON.stringify({ kind: "Status", code: 403, message }));
}

describe("no secret shows in an error or in the log", () => {
  test.each(ANSWERS)("when the server answers with %s", async (_what, answer) => {
    await write();
    const kube = await buildKube({ source: source(), log, userAgent: "test" });
    const request = { method: "GET", path: "/api/v1/things" } as const;
    server.script.push(answer, answer);
    const ask = kube.request(request).then(() => undefined, allOf);
    expectClean("The error of a request", (await ask) ?? "");
    const lineByLine = async (): Promise<void> => {
      // Whoever reads the lines gets what they hold; only a failure of the stream is looked at here.
      for await (const line of kube.open(request)) if (line === "never") break;
    };
    expectClean("The error of a stream", (await lineByLine().then(() => undefined, allOf)) ?? "");
    kube.close();
    expectClean("The log", lines.splice(0).join(""));
  });

  const files: [string, () => Record<string, string>][] = [
    ["is no YAML", () => ({ kubeconfig: `token: [${CANARY}` })],
    ["is text", () => ({ kubeconfig: CANARY })],
    ["has a password", () => ({ kubeconfig: kubeconfig({ user: { username: "a", password: CANARY } }) })],
    ["has a login plugin", () => ({ kubeconfig: kubeconfig({ user: { exec: { env: [{ value: CANARY }] } } }) })],
    ["has a password in the URL", () => ({ kubeconfig: kubeconfig({ cluster: { server: `https://a:${CANARY}@b` } }) })],
    ["has a broken URL", () => ({ kubeconfig: kubeconfig({ cluster: { server: `https://${CANARY}:x` } }) })],
    [
      "has a proxy that nobody speaks",
      () => ({ kubeconfig: kubeconfig({ cluster: { "proxy-url": `socks5://a:${CANARY}@proxy` } }) }),
    ],
    ["has a certificate that is none", () => ({ "tls.crt": CANARY })],
    ["has a key that is none", () => ({ "tls.key": CANARY })],
    ["has half a key", () => ({ "tls.key": pair.key.slice(0, 80) })],
    ["has the key in place of the certificate", () => ({ "tls.crt": pair.key })],
    ["has another key", () => ({ "tls.key": server.authority.key })],
  ];
  test.each(files)("when the kubeconfig %s, at start and at a rotation", async (_what, change) => {
    await write(change());
    const atStart = await source()
      .load()
      .then(() => undefined, allOf);
    expectClean("The error at start", atStart ?? "");
    expect(atStart).toContain("kubeconfig");
    await write();
    const kube = await buildKube({ source: source(), log, userAgent: "test", reloadCheckMs: 0 });
    await write(change());
    server.script.push(json({}));
    await kube.request({ method: "GET", path: "/x" });
    kube.close();
    expect(lines.join("")).toContain("cannot reload credentials");
    expectClean("The log", lines.splice(0).join(""));
  });

  test("when a whole agent runs against servers that fail in every way", async () => {
    await write();
    let count = 0;
    server.otherwise = (response, request) => ANSWERS[count++ % ANSWERS.length]?.[1](response, request);
    const stop = new AbortController();
    const managed = await buildKube({ source: source(), log, userAgent: "test", reloadCheckMs: 0 });
    const hub = lateKube("hub", () => buildKube({ source: source(), log, userAgent: "test", reloadCheckMs: 0 }));
    const address = { server: server.url, ca: server.authority.cert, origin: "the settings" };
    const elsewhere = elsewhereSource(source(), address);
    const reports = lateKube("api", () => buildKube({ source: elsewhere, log, userAgent: "test", reloadCheckMs: 0 }));
    const given = { CLUSTER_NAME: "c1", POD_NAME: "p", POD_NAMESPACE: "n", KUBECONFIG: "x", POD_IP: "127.0.0.1" };
    const config = { ...parseConfig(AgentConfig, given), HEALTH_PORT: 0 };
    const seen = server.requests.length;
    // No rest between attempts, and a clock that runs fast: reports and conditions are tried as well.
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const clock = { ...systemClock, monotonicMs: () => performance.now() * 100 };
    const ended = runAgent(config, { log, clock, managed, hub, reports, signal: stop.signal });
    const all = (): string[] => server.requests.slice(seen).map(({ method }) => method);
    const soon = { timeout: 10_000 };
    await expect.poll(() => all().length, soon).toBeGreaterThan(ANSWERS.length * 20);
    await expect.poll(() => all().filter((method) => method === "POST").length, soon).toBeGreaterThan(5);
    stop.abort();
    await ended;
    random.mockRestore();
    managed.close();
    hub.close();
    reports.close();
    expect(lines.length).toBeGreaterThan(20);
    expectClean("The log", lines.splice(0).join(""));
  }, 20_000);
});
