// Who is not allowed, on the real thing: through the hub's kube-apiserver and straight at the manager's port, with the
// very certificate that OCM has made for an agent, and with tokens of the hub.
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SPEAKS_FOR_HEADER } from "../../manager/api/peers.ts";
import { aRecord, aReport } from "../../manager/fleet/report.fixture.ts";
import type { Kube, KubeObject } from "../../shared/kube/types.ts";
import { API_VERSION, reportPath } from "../../shared/wire/group.ts";
import { makeAuthority } from "../support/certificates.ts";
import type { KeyPair } from "../support/certificates.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { deployAddon, INSTALL_NAMESPACE, untilVerdict, workloadsPath } from "./support/addon.ts";
import { managerPods } from "./support/manager.ts";
import { caOf } from "./support/replica.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const ROOT = `/apis/${API_VERSION}`;
const NAMESPACE = "hostile-e2e";
const CANARY = "canary-of-c2";
const MIB = 1024 * 1024;
const stack = suiteStack();
const everything: string[] = [];
let beganMs: number;
let hub: Kube;
let c2: Kube;
let agent: KeyPair;
/** Of a ServiceAccount that may read c1, and of one that may nothing. */
let tokens: { reader: string; guest: string };
/** The manager's own port. */
let manager: { host: string; port: number; ca: string };

interface Attack {
  method?: string;
  path: string;
  client?: KeyPair | undefined;
  token?: string;
  headers?: Record<string, string | string[]>;
  body?: Buffer;
}

/** One request as it stands, with nothing put right on the way. */
async function ask(
  target: { host: string; port: number; ca: string },
  attack: Attack,
): Promise<{ status: number; text: string }> {
  const { method = attack.body === undefined ? "GET" : "POST", path, client, token, headers, body } = attack;
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = {
    ...target,
    ...client,
    method,
    path,
    agent: false,
    servername: "kubernetes",
    headers: { ...bearer, ...headers },
  };
  const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ ...options, rejectUnauthorized: false, timeout: 10_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text })).once("error", reject);
    });
    sent.once("timeout", () => sent.destroy(new Error(`No answer to ${method} ${path}`))).once("error", reject);
    sent.end(body);
  });
  everything.push(`${method} ${path}: ${answer.text}`);
  return answer;
}

const throughHub = (attack: Attack) => ask({ host: "127.0.0.1", port: stack.hub.port, ca: stack.hub.ca }, attack);
const straight = (attack: Attack) => ask(manager, attack);
const report = () => Buffer.from(JSON.stringify(aReport([aRecord({ n: "forged" })], { epoch: Date.now() })));
const JSON_TYPE = { "content-type": "application/json" };
const ADMIN = { "x-remote-user": "kubernetes-admin", "x-remote-group": "system:masters" };
const SPEAKS_FOR = {
  [SPEAKS_FOR_HEADER]: JSON.stringify({
    user: "kubernetes-admin",
    groups: ["system:masters"],
    extra: {},
    via: "Proxy",
  }),
};
const IMPERSONATE = { "impersonate-user": "kubernetes-admin", "impersonate-group": "system:masters" };

beforeAll(async () => {
  beganMs = Date.now();
  hub = await stack.hub.admin();
  c2 = await stack.cluster("c2").admin();
  await deployAddon(stack, hub, ["c1", "c2"]);
  const [pod] = await managerPods(hub);
  manager = { host: pod?.status.podIP ?? "", port: 8443, ca: await caOf(hub) };
  agent = await certificateOfAgent();
  tokens = { reader: await tokenFor("hostile-reader"), guest: await tokenFor("hostile-guest") };
  const role = "--clusterrole=open-cluster-management:kruise-health:reader";
  await output(
    stack.kubectl(
      "hub",
      "create",
      "rolebinding",
      "hostile-reader",
      "-n",
      "c1",
      role,
      "--serviceaccount=default:hostile-reader",
    ),
  );
  await createNamespace(c2, NAMESPACE);
  await applyCloneSet(c2, { namespace: NAMESPACE, name: CANARY, replicas: 0 });
  await untilVerdict(hub, "c2", `cloneset.${NAMESPACE}.${CANARY}`, "");
});

afterAll(async () => {
  await stack.kubectl("hub", "delete", "rolebinding", "hostile-reader", "-n", "c1");
  await stack.kubectl("hub", "delete", "serviceaccount", "hostile-reader", "hostile-guest", "-n", "default");
  await deleteNamespace(c2, NAMESPACE);
  for (const kube of [hub, c2]) kube.close();
});

async function certificateOfAgent(): Promise<KeyPair> {
  const c1 = await stack.cluster("c1").admin();
  const path = `/api/v1/namespaces/${INSTALL_NAMESPACE}/secrets/kruise-health-hub-kubeconfig`;
  const { data } = await c1.request<KubeObject & { data: Record<string, string> }>({ method: "GET", path });
  c1.close();
  const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  return { cert: text("tls.crt"), key: text("tls.key") };
}

async function tokenFor(name: string): Promise<string> {
  await output(stack.kubectl("hub", "create", "serviceaccount", name, "-n", "default"));
  return (await output(stack.kubectl("hub", "create", "token", name, "-n", "default"))).trim();
}

describe("the certificate of c1's agent", () => {
  const ways = [
    ["through kube-apiserver", throughHub],
    ["straight at the manager", straight],
  ] as const;
  const forged = [
    ["", {}],
    [", with the front proxy's headers", ADMIN],
    [", with the header of a replica", SPEAKS_FOR],
    [", with impersonation", IMPERSONATE],
  ] as const;
  const attempts = ways.flatMap(([way, send]) =>
    forged.map(([how, headers]) => ({ what: `${way}${how}`, send, headers })),
  );

  test.each(attempts)("neither reports for c2 nor reads it $what", async ({ send, headers }) => {
    const asked: Attack[] = [
      { path: reportPath("c2"), body: report(), headers: { ...JSON_TYPE, ...headers } },
      { path: workloadsPath("c2"), headers },
      { path: `${workloadsPath("c2")}/cloneset.${NAMESPACE}.${CANARY}`, headers },
      { path: `${ROOT}/kruiseworkloads`, headers },
      { path: `${ROOT}/kruiseworkloads?watch=true`, headers },
      { path: `${ROOT}/kruisefleetworkloads`, headers },
    ];
    for (const attack of asked) expect((await send({ ...attack, client: agent })).status, attack.path).toBe(403);
  });

  test("is heard as c1, whatever cluster the body names, and is told the true status also after a wish for 100", async () => {
    const recall = (named: object, headers: object) => ({
      path: reportPath("c1"),
      client: agent,
      headers: { ...JSON_TYPE, ...headers },
      body: Buffer.from(JSON.stringify({ ...aReport([], { form: "recall" }), ...named })),
    });
    const named = { cluster: "c2", metadata: { name: "c2", namespace: "c2" } };
    for (const headers of [{}, { expect: "100-continue" }]) {
      const { status, text } = await throughHub(recall(named, headers));
      expect(status).toBe(201);
      expect(JSON.parse(text)).toMatchObject({ metadata: { name: "c1", namespace: "c1" } });
    }
    expect((await throughHub(recall({ protocol: 2 }, { expect: "100-continue" }))).status).toBe(422);
  });

  test.each([
    ["says so", Buffer.alloc(MIB + 1, " "), {}, 413],
    ["comes in chunks", Buffer.alloc(MIB + 1, " "), { "transfer-encoding": "chunked" }, 413],
    ["grows when it is read", zstdCompressSync(Buffer.alloc(64 * MIB)), { "content-encoding": "zstd" }, 413],
    ["is wrapped twice", zstdCompressSync(Buffer.alloc(10)), { "content-encoding": "zstd, zstd" }, 415],
    ["is lists in lists", Buffer.from("[".repeat(100_000) + "]".repeat(100_000)), {}, 422],
    ["is not JSON", Buffer.from("{"), {}, 400],
  ])("cannot send what is too much for the manager: a body that %s", async (_what, body, headers, status) => {
    for (const send of [throughHub, straight]) {
      const answered = await send({
        path: reportPath("c1"),
        client: agent,
        body,
        headers: { ...JSON_TYPE, ...headers },
      });
      expect(answered.status).toBe(status);
    }
  });
});

describe("a user of the hub", () => {
  test("without rights reads nothing, nor by impersonation, nor by headers", async () => {
    for (const headers of [{}, ADMIN, SPEAKS_FOR, IMPERSONATE]) {
      for (const path of [`${ROOT}/kruiseworkloads`, workloadsPath("c1"), workloadsPath("c2")]) {
        expect((await throughHub({ path, token: tokens.guest, headers })).status).toBe(403);
      }
    }
  });

  test.each([
    `${ROOT}/namespaces/c1/../c2/kruiseworkloads`,
    `${ROOT}/namespaces/c1/%2e%2e/c2/kruiseworkloads`,
    `${ROOT}/namespaces/c1%2f..%2fc2/kruiseworkloads`,
    `${ROOT}/namespaces/c1/kruiseworkloads/..%2f..%2fc2%2fkruiseworkloads`,
    `${ROOT}/namespaces/c1/kruiseworkloads/../../c2/kruiseworkloads`,
    `${ROOT}/namespaces/c1/kruiseworkloads/%2e%2e/%2e%2e/c2/kruiseworkloads`,
    `${ROOT}/namespaces/c1%5c..%5cc2/kruiseworkloads`,
    `${ROOT}/namespaces/c1;c2/kruiseworkloads`,
    `${ROOT}/namespaces//c2/kruiseworkloads`,
    `${ROOT}//namespaces/c2/kruiseworkloads`,
    `${ROOT}/namespaces/%63%32/kruiseworkloads`,
    `${ROOT}/namespaces/c1%00/../c2/kruiseworkloads`,
    `${ROOT}/watch/namespaces/c2/kruiseworkloads`,
    `${ROOT}/namespaces/C1/kruiseworkloads`,
  ])("who may read c1 does not come to c2 by %s", async (path) => {
    const { status } = await throughHub({ path, token: tokens.reader });
    // kube-apiserver redirects some to their plain form, where it asks RBAC anew.
    expect(status, path).toBeGreaterThanOrEqual(300);
    expect(status, path).toBeLessThan(500);
  });

  test("who may read c1 reads it, and does nothing else by another method", async () => {
    expect((await throughHub({ path: workloadsPath("c1"), token: tokens.reader })).status).toBe(200);
    for (const method of ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"]) {
      const { status } = await throughHub({ method, path: workloadsPath("c1"), token: tokens.reader });
      expect([403, 405]).toContain(status);
    }
  });

  test("cannot report for a cluster, not even an administrator", async () => {
    const admin = { method: "POST" as const, path: reportPath("c1"), body: JSON.parse(report().toString()) as object };
    await expect(hub.request(admin)).rejects.toMatchObject({ status: 403 });
  });
});

describe("straight at the manager", () => {
  test("nobody is known by headers alone, nor by a certificate of somebody who calls himself the front proxy", async () => {
    const lookAlike = await (await makeAuthority("hub-front-proxy-ca")).issue({ cn: "front-proxy", client: true });
    for (const client of [undefined, lookAlike]) {
      for (const headers of [ADMIN, SPEAKS_FOR, { ...ADMIN, ...SPEAKS_FOR, ...IMPERSONATE }]) {
        for (const path of [`${ROOT}/kruiseworkloads`, ROOT, "/apis", "/openapi/v3", "/nothing"]) {
          expect((await straight({ path, client, headers })).status, path).toBe(401);
        }
        expect((await straight({ path: reportPath("c1"), client, headers, body: report() })).status).toBe(401);
      }
    }
  });
});

test("after all of it readers are served, nobody was told of c2, and the manager had no failure of its own", async () => {
  const { stdout } = await stack.kubectl("hub", "get", "kruiseworkloads", "-n", "c2");
  expect(stdout).toContain(CANARY);
  // Paths say what was asked for, and so do the refusals of some.
  const told = everything.filter((text) => text.replaceAll(`cloneset.${NAMESPACE}.${CANARY}`, "").includes(CANARY));
  expect(told).toEqual([]);
  expect(everything.filter((text) => /\n\s+at |\/app\/|node_modules|file:\/\//.test(text))).toEqual([]);
  const failures = (await managerLog()).filter(({ level, time }) => level >= 50 && Date.parse(time) >= beganMs);
  expect(failures).toEqual([]);
});

async function managerLog(): Promise<{ level: number; time: string }[]> {
  const folder = join(stack.logsDir, "pods", "hub");
  const files = await readdir(folder, { recursive: true });
  const texts = await Promise.all(
    files.filter((file) => file.endsWith(".log")).map((file) => readFile(join(folder, file), "utf8")),
  );
  const lines = texts
    .join("\n")
    .split("\n")
    .filter((line) => line.startsWith('{"level"'));
  if (lines.length === 0) throw new Error(`There is no log of the manager in ${folder}`);
  return lines.map((line) => JSON.parse(line) as { level: number; time: string });
}
