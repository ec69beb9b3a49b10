import { gzipSync } from "node:zlib";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import { REPORT_BYTES_MAX } from "../../shared/wire/report.ts";
import { ROOT, agentOf } from "./api.fixture.ts";
import { buildScene, call, playLeader, portOf } from "../../test/support/replicas.ts";
import type { Answered, Call, Scene } from "../../test/support/replicas.ts";

let scene: Scene;
/** What a test changes in the scene is put back by the next. */
let usual: Pick<Scene, "address" | "tls" | "limitMs">;
const closing: (() => void)[] = [];

beforeAll(async () => {
  scene = await buildScene();
  usual = { address: scene.address, tls: scene.tls, limitMs: scene.limitMs };
});
beforeEach(() => Object.assign(scene, usual));
afterEach(() => closing.splice(0).forEach((close) => close()));
afterAll(() => scene.close());

const ADMIN = { "x-test-user": "admin" };

/** Asks the replica that does not lead. */
async function ask(path: string, more: Partial<Call> = {}): Promise<Answered> {
  return call({ port: scene.standby.port, ca: scene.authority.cert, path: `${ROOT}${path}`, headers: ADMIN, ...more });
}

async function report(cluster: string, body: Buffer, headers: Record<string, string> = {}): Promise<Answered> {
  const path = `/namespaces/${cluster}/kruisehealthreports`;
  const who = { "x-test-user": agentOf("c1"), "content-type": "application/json" };
  return ask(path, { method: "POST", body, headers: { ...who, ...headers } });
}

/** Puts somebody in the leader's place, with his certificate. */
async function play(behave: Parameters<typeof playLeader>[1]): Promise<void> {
  const { port, close } = await playLeader(scene.serving, behave);
  closing.push(close);
  scene.address = { host: "127.0.0.1", port };
}

function expectTryAgain({ code, headers, text }: Answered): void {
  expect([code, headers["retry-after"]]).toEqual([503, "1"]);
  expect(JSON.parse(text)).toMatchObject({ kind: "Status", reason: "ServiceUnavailable", code: 503 });
}

describe("a replica that does not lead", () => {
  test("answers lists with the leader's data, warnings included", async () => {
    scene.leader.fleet.apply("c2", aReport([aRecord({ n: "only-here" })], { epoch: 2000 }));
    const { code, headers, text } = await ask("/kruiseworkloads?limit=500");
    expect([code, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
    expect(text).toContain('"cloneset.shop.only-here"');
    expect(headers["warning"]).toMatch(/^299 - ".*2 of 3/);
  });

  test("gives on the leader's errors as they are", async () => {
    const missing = await ask("/namespaces/c1/kruiseworkloads/cloneset.shop.nothing");
    expect([missing.code, JSON.parse(missing.text).reason]).toEqual([404, "NotFound"]);
    const wrong = await ask("/kruiseworkloads?fieldSelector=status.phase%3DRunning");
    expect([wrong.code, JSON.parse(wrong.text).reason]).toEqual([400, "BadRequest"]);
  });

  test.each([
    ["Certificate", "/kruiseworkloads"],
    ["Token", "/kruiseclusters"],
  ])("leaves it to the leader what a user may who came with a %s", async (via, path) => {
    const direct = { "x-test-via": via };
    const may = await ask(path, { headers: { ...direct, "x-test-user": "reader" } });
    expect([may.code, scene.leader.reviews.at(-1)?.user]).toEqual([200, "reader"]);
    const mayNot = await ask(path, { headers: { ...direct, "x-test-user": "stranger" } });
    expect([mayNot.code, scene.leader.reviews.at(-1)?.user]).toEqual([403, "stranger"]);
    expect(scene.standby.reviews).toEqual([]);
    expect((await ask("/kruiseworkloads", { headers: {} })).code).toBe(401);
  });

  test("takes a report of 1 MiB to the leader, and only of the cluster's own agent", async () => {
    const records = Array.from({ length: 4000 }, (_, index) => aRecord({ n: `w-${index}`, m: "x".repeat(20) }));
    const json = JSON.stringify(aReport(records, { epoch: 3000 }));
    const body = Buffer.from(json.padEnd(REPORT_BYTES_MAX));
    const taken = await report("c1", body);
    expect([taken.code, JSON.parse(taken.text).status]).toEqual([
      201,
      expect.objectContaining({ sequence: 1, resync: false, windowMs: expect.any(Number) }),
    ]);
    expect(scene.leader.fleet.clusters().find(({ cluster }) => cluster === "c1")?.byHealth.Healthy).toBe(4000);
    const next = aReport(records, { epoch: 3000, sequence: 2, form: "delta", records: [] });
    expect((await report("c1", gzipSync(JSON.stringify(next)), { "content-encoding": "gzip" })).code).toBe(201);
    expect((await report("c2", body)).code).toBe(403);
    expect((await report("c1", Buffer.alloc(REPORT_BYTES_MAX + 1))).code).toBe(413);
  });

  test("streams a watch line by line, and ends it when the leader does", async () => {
    const begun = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const path = "/namespaces/c2/kruiseworkloads?watch=true&allowWatchBookmarks=true&sendInitialEvents=true";
    const watching = ask(`${path}&resourceVersionMatch=NotOlderThan`, {
      onText: (text) => {
        if (text.includes("initial-events-end")) begun.resolve();
        if (text.includes("told-at-once")) told.resolve();
      },
    });
    await begun.promise;
    scene.leader.fleet.apply("c2", aReport([aRecord({ n: "told-at-once" })], { epoch: 4000 }));
    await told.promise;
    scene.standby.link.close();
    const { complete, text } = await watching;
    expect(complete).toBe(true);
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("ends a watch after a whole line when the leader dies in the middle of one", async () => {
    await play((request, response) => {
      response.write('{"type":"ADDED"}\n{"type":"MODI');
      setImmediate(() => request.socket.destroy());
    });
    const { code, complete, text } = await ask("/kruiseworkloads?watch=true");
    expect({ code, complete, text }).toEqual({ code: 200, complete: true, text: '{"type":"ADDED"}\n' });
  });

  test("breaks a list off when the leader dies in the middle of it: half of one must not look whole", async () => {
    await play((request, response) => {
      response.write('{"kind":"KruiseWorkloadList","items":[');
      setImmediate(() => request.socket.destroy());
    });
    expect(await ask("/kruiseworkloads")).toMatchObject({ complete: false });
  });

  test("gives a request to the leader up when its user goes", async () => {
    const gone = Promise.withResolvers<void>();
    await play((request, response) => {
      response.write('{"type":"ADDED"}\n');
      request.socket.once("close", () => gone.resolve());
    });
    const watching = ask("/kruiseworkloads?watch=true", { onText: () => "gone" });
    await Promise.all([expect(watching).resolves.toMatchObject({ complete: false }), gone.promise]);
  });

  test("passes on nothing by which a user has proved who he is, and his words for others least of all", async () => {
    const heard = Promise.withResolvers<Record<string, unknown>>();
    await play((request, response) => {
      heard.resolve(request.headers);
      response.end("{}");
    });
    const secrets = {
      authorization: "Bearer t",
      cookie: "c=1",
      "x-remote-user": "root",
      "x-remote-group": "system:masters",
    };
    const forged = { "x-kruise-health-speaks-for": '{"user":"root","groups":[],"extra":{},"via":"Proxy"}' };
    await ask("/kruiseworkloads", { headers: { "x-test-user": "zoë", accept: "x/y", ...secrets, ...forged } });
    const { host: _host, connection: _connection, ...headers } = await heard.promise;
    expect(headers).toEqual({
      accept: "x/y",
      "x-kruise-health-speaks-for": String.raw`{"user":"zo\u00eb","groups":[],"extra":{},"via":"Proxy"}`,
    });
  });
});

describe("a replica without a leader sends callers away for a second", () => {
  test("when none is known", async () => {
    scene.address = undefined;
    expectTryAgain(await ask("/kruiseworkloads"));
    expectTryAgain(await report("c1", Buffer.alloc(REPORT_BYTES_MAX)));
  });

  test("when nobody listens there", async () => {
    scene.address = { host: "127.0.0.1", port: 1 };
    expectTryAgain(await ask("/kruiseworkloads?watch=true"));
    expectTryAgain(await report("c1", Buffer.alloc(REPORT_BYTES_MAX)));
  });

  test("when what is there says nothing, neither at first nor after the handshake", async () => {
    scene.limitMs = 100;
    const mute = createServer().listen(0, "127.0.0.1");
    closing.push(() => mute.close());
    mute.on("connection", (socket) => closing.push(() => socket.destroy()));
    await new Promise((resolve) => mute.once("listening", resolve));
    scene.address = { host: "127.0.0.1", port: portOf(mute) };
    expectTryAgain(await ask("/kruiseworkloads"));
    await play(() => undefined);
    expectTryAgain(await ask("/kruiseworkloads"));
  });

  test("when the leader does not lead any more: nothing is forwarded twice", async () => {
    const { standby } = scene;
    const before = { ...standby.link.counts };
    scene.address = { host: "127.0.0.1", port: standby.port };
    expectTryAgain(await ask("/kruiseworkloads"));
    expect(standby.link.counts).toEqual({ ...before, answered: before.answered + 1 });
  });

  test("when somebody else answers at the leader's address", async () => {
    const other = await buildScene();
    closing.push(() => void other.close());
    const before = other.leader.reviews.length;
    scene.address = { host: "127.0.0.1", port: other.leader.port };
    expectTryAgain(await ask("/kruiseworkloads", { headers: { ...ADMIN, "x-test-via": "Certificate" } }));
    expect(other.leader.reviews).toHaveLength(before);
  });

  test("when the leader does not know this replica's certificate, and goes on when it does", async () => {
    const renewed = await scene.authority.issue({ cn: "kruise-health.ns.svc", dns: ["kruise-health.ns.svc"] });
    scene.tls = { ...renewed, ca: scene.authority.cert };
    expectTryAgain(await ask("/kruiseworkloads"));
    scene.leader.peers.replace(renewed.cert);
    expect((await ask("/kruiseworkloads")).code).toBe(200);
    Object.assign(scene, usual);
    expect((await ask("/kruiseworkloads")).code, "the key before, for a while").toBe(200);
    scene.laterMs += 60_000;
    expectTryAgain(await ask("/kruiseworkloads"));
    scene.leader.peers.replace(scene.serving.cert);
    expect((await ask("/kruiseworkloads")).code).toBe(200);
  });
});

describe("a leader believes nobody but its peers", () => {
  const forged = {
    "x-kruise-health-speaks-for": '{"user":"root","groups":["system:masters"],"extra":{},"via":"Proxy"}',
  };
  const toLeader = async (more: Partial<Call>): Promise<number | undefined> =>
    (await ask("/kruiseworkloads", { port: scene.leader.port, headers: forged, ...more })).code;

  test("that speak for users over the key of the serving certificate", async () => {
    expect(await toLeader({ client: scene.serving })).toBe(200);
  });

  test.each([
    "no certificate",
    "the same names from the same authority",
    "an older TLS",
    "no user",
    "half a user",
    "two users",
  ])("not with %s", async (what) => {
    const twin = await scene.authority.issue({ cn: "kruise-health.ns.svc", dns: ["kruise-health.ns.svc"] });
    const cases: Record<string, Partial<Call>> = {
      "no certificate": {},
      "the same names from the same authority": { client: twin },
      "an older TLS": { client: scene.serving, maxVersion: "TLSv1.2" },
      "no user": { client: scene.serving, headers: {} },
      "half a user": { client: scene.serving, headers: { "x-kruise-health-speaks-for": '{"user":"root"' } },
      "two users": { client: scene.serving, headers: { "x-kruise-health-speaks-for": "{},{}" } },
    };
    expect(await toLeader(cases[what] ?? {})).toBe(401);
  });

  test("nor with the certificate that everybody sees, without its key", async () => {
    const { cert } = scene.serving;
    const { key } = await scene.authority.issue({ cn: "thief" });
    await expect(toLeader({ client: { cert, key } })).rejects.toThrow("key values mismatch");
  });
});

test("another leader ends what goes on with the one before", async () => {
  const begun = Promise.withResolvers<void>();
  await play((_request, response) => void response.write('{"type":"ADDED"}\n'));
  const watching = ask("/kruiseworkloads?watch=true", { onText: () => begun.resolve() });
  await begun.promise;
  scene.standby.link.leaderChanged();
  expect(await Promise.race([watching, wait(50, "goes on")])).toBe("goes on");
  scene.address = { host: "127.0.0.1", port: scene.leader.port };
  scene.standby.link.leaderChanged();
  expect(await watching).toMatchObject({ complete: true, text: '{"type":"ADDED"}\n' });
});

test("a replica that stops ends the watches that it has forwarded, cleanly, and does not wait for them", async () => {
  const own = await buildScene();
  closing.push(() => void own.close());
  const begun = Promise.withResolvers<void>();
  const [port, ca] = [own.standby.port, own.authority.cert];
  const watching = ask("/kruiseworkloads?watch=true", { port, ca, onText: () => begun.resolve() });
  await begun.promise;
  await own.standby.app.close();
  const { complete, text } = await watching;
  expect([complete, text.endsWith("}\n")]).toEqual([true, true]);
});
