import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { KeyPair } from "../../test/support/certificates.ts";
import { failure, json, startScriptedServer } from "../../test/support/scripted-server.ts";
import type { ScriptedServer } from "../../test/support/scripted-server.ts";
import { makeSecretMount } from "../../test/support/secret-mount.ts";
import type { SecretMount } from "../../test/support/secret-mount.ts";
import { buildKube } from "./connection.ts";
import { kubeconfigSource } from "./credentials.ts";
import type { Kube } from "./types.ts";

let server: ScriptedServer;
let mount: SecretMount;
let kube: Kube | undefined;
let nowMs: number;
let logged: string[];
beforeEach(async () => {
  [server, mount] = await Promise.all([startScriptedServer(), makeSecretMount()]);
  nowMs = 0;
  logged = [];
});
afterEach(async () => {
  kube?.close();
  await Promise.all([server.close(), mount.remove()]);
});

async function connect(): Promise<Kube> {
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const log = pino({ level: "info" }, { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) });
  const source = kubeconfigSource(join(mount.directory, "kubeconfig"));
  kube = await buildKube({ source, log, clock, userAgent: "test", reloadCheckMs: 10_000 });
  return kube;
}

/** Writes what OCM keeps in the Secret <addon>-hub-kubeconfig. */
async function writeHubKubeconfig({ cert, key }: KeyPair): Promise<void> {
  const cluster = {
    server: server.url,
    "certificate-authority-data": Buffer.from(server.authority.cert).toString("base64"),
  };
  const kubeconfig = {
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "hub", user: "agent" } }],
    clusters: [{ name: "hub", cluster }],
    users: [{ name: "agent", user: { "client-certificate": "tls.crt", "client-key": "tls.key" } }],
  };
  await mount.write({ kubeconfig: JSON.stringify(kubeconfig), "tls.crt": cert, "tls.key": key });
}

async function writeToken(token: string): Promise<void> {
  const cluster = {
    server: server.url,
    "certificate-authority-data": Buffer.from(server.authority.cert).toString("base64"),
  };
  const kubeconfig = {
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "hub", user: "agent" } }],
    clusters: [{ name: "hub", cluster }],
    users: [{ name: "agent", user: { tokenFile: "token" } }],
  };
  await mount.write({ kubeconfig: JSON.stringify(kubeconfig), token });
}

const get = (connection: Kube) => connection.request<unknown>({ method: "GET", path: "/x" });
const clients = () => server.requests.map(({ client }) => client);
const tokens = () => server.requests.map(({ headers }) => headers.authorization);

test("a rotated client certificate is taken up when the files are looked at again; an open watch goes on", async () => {
  await writeHubKubeconfig(await server.authority.issue({ cn: "first" }));
  const connection = await connect();
  const go = Promise.withResolvers<void>();
  server.script.push(
    async (response) => {
      response.write("one\n");
      await go.promise;
      response.end("two\n");
    },
    json(1),
    json(2),
    json(3),
  );
  const lines = connection.open({ method: "GET", path: "/watch" });
  expect((await lines.next()).value).toBe("one");
  await get(connection);
  await writeHubKubeconfig(await server.authority.issue({ cn: "second" }));
  nowMs = 9999;
  await get(connection);
  nowMs = 10_000;
  await get(connection);
  expect(clients()).toEqual(["first", "first", "first", "second"]);
  expect(logged).toEqual(["credentials reloaded"]);
  go.resolve();
  expect((await lines.next()).value).toBe("two");
  expect((await lines.next()).done).toBe(true);
});

test("files that do not fit together leave the old certificate in use, with one warning, until they do", async () => {
  const [first, second] = [
    await server.authority.issue({ cn: "first" }),
    await server.authority.issue({ cn: "second" }),
  ];
  await writeHubKubeconfig(first);
  const connection = await connect();
  server.script.push(json(1), json(2), json(3));
  await writeHubKubeconfig({ cert: second.cert, key: first.key });
  for (nowMs of [10_000, 20_000]) await get(connection);
  expect(logged).toEqual(["cannot reload credentials"]);
  await writeHubKubeconfig(second);
  nowMs = 30_000;
  await get(connection);
  expect(clients()).toEqual(["first", "first", "second"]);
  expect(logged).toEqual(["cannot reload credentials", "credentials reloaded"]);
});

test("a 401 makes it look at once, and try again with a new token", async () => {
  await writeToken("old");
  const connection = await connect();
  await writeToken("new");
  server.script.push(failure(401, "Unauthorized"), json({ ok: true }), failure(401, "Unauthorized"));
  expect(await get(connection)).toEqual({ ok: true });
  expect(tokens()).toEqual(["Bearer old", "Bearer new"]);
  await expect(get(connection)).rejects.toMatchObject({ status: 401, reason: "Unauthorized" });
  expect(server.requests).toHaveLength(3);
});

test("a 401 for a watch makes it look at once, too", async () => {
  await writeToken("old");
  const connection = await connect();
  await writeToken("new");
  server.script.push(failure(401, "Unauthorized"), (response) => void response.end("line\n"));
  expect((await connection.open({ method: "GET", path: "/watch" }).next()).value).toBe("line");
  expect(tokens()).toEqual(["Bearer old", "Bearer new"]);
});

test("a request that got no answer makes the next one look, so that a new address is found", async () => {
  await writeToken("old");
  const connection = await connect();
  server.script.push((response) => void response.destroy(), json(1));
  await expect(get(connection)).rejects.toMatchObject({ status: 0 });
  await writeToken("new");
  await get(connection);
  expect(tokens()).toEqual(["Bearer old", "Bearer new"]);
});

test("requests at the same time read the files once", async () => {
  await writeToken("old");
  const connection = await connect();
  await writeToken("new");
  nowMs = 10_000;
  server.script.push(json(1), json(2), json(3));
  await Promise.all([get(connection), get(connection), get(connection)]);
  expect(tokens()).toEqual(["Bearer new", "Bearer new", "Bearer new"]);
  expect(logged).toEqual(["credentials reloaded"]);
});
