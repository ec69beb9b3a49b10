import { afterEach, beforeEach, expect, test } from "vitest";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import { ROOT, START_MS, agentOf, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";

let world: World;
beforeEach(() => {
  world = buildWorld();
});
afterEach(() => world.app.close());

const report = aReport([aRecord()]);

async function post(cluster: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  const response = await world.app.inject({
    method: "POST",
    url: `${ROOT}/namespaces/${cluster}/kruisehealthreports`,
    headers: { "x-test-user": agentOf(cluster), "content-type": "application/json", ...headers },
    payload,
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

test.each([
  ["plain", "", (text: string) => Buffer.from(text)],
  ["gzip", "gzip", gzipSync],
  ["zstd", "zstd", zstdCompressSync],
])("a %s report is taken in and acknowledged", async (_case, encoding, encode) => {
  const headers: Record<string, string> = encoding === "" ? {} : { "content-encoding": encoding };
  const { status, body } = await post("c3", encode(JSON.stringify(report)), headers);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    kind: "KruiseHealthReport",
    metadata: { namespace: "c3" },
    status: { epoch: 1000, sequence: 1, managerEpoch: START_MS, resync: false, paceMs: 50, heartbeatMs: 30_000 },
  });
  expect(world.fleet.workloads("c3")).toHaveLength(1);
});

test("the token driver's name of the agent may report too", async () => {
  const headers = { "x-test-user": "system:serviceaccount:c3:kruise-health-agent" };
  expect((await post("c3", JSON.stringify(report), headers)).status).toBe(201);
});

test.each([
  ["the agent of another cluster", agentOf("c1")],
  ["the service account of another cluster", "system:serviceaccount:c1:kruise-health-agent"],
  ["another add-on's agent", agentOf("c3").replaceAll("kruise-health", "other")],
  ["an administrator", "admin"],
  ["a name that ends alike", `x:${agentOf("c3")}`],
])("%s may not report for c3, proxied or not", async (_case, user) => {
  for (const via of ["Proxy", "Certificate", "Token"]) {
    const { status, body } = await post("c3", JSON.stringify(report), { "x-test-user": user, "x-test-via": via });
    expect(status).toBe(403);
    expect(body).toMatchObject({ kind: "Status", reason: "Forbidden" });
  }
  expect(world.fleet.cluster("c3")?.state).toBe("Missing");
});

test.each([
  ["a health that is no text", { records: [{ ...aRecord(), h: 5 }] }, "records[0].h", "string"],
  ["a field that is missing", { records: [{ ...aRecord(), n: undefined }] }, "records[0].n", "string"],
  ["a message that is too long", { records: [{ ...aRecord(), m: "x".repeat(161) }] }, "records[0].m", "160"],
  ["a digest of another form", { totals: { ...report.totals, digest: "?" } }, "totals.digest", "0-9a-f"],
  [
    "fault 27: a newer protocol",
    { protocol: 2 },
    "protocol",
    "protocol 2 is not spoken here, wanted is 1: update the manager",
  ],
  [
    "fault 27: an older protocol",
    { protocol: 0 },
    "protocol",
    "protocol 0 is not spoken here, wanted is 1: update the agent",
  ],
  ["fault 27: a form nobody knows", { form: "merge" }, "form", '"snapshot"|"delta"|"recall"'],
])(
  "%s is answered 422 naming the field and what is wanted, and changes nothing",
  async (_case, fields, field, wanted) => {
    const version = world.fleet.resourceVersion;
    const { status, body } = await post("c1", JSON.stringify({ ...report, ...fields, epoch: 5000 }));
    expect(status).toBe(422);
    expect(body).toMatchObject({ reason: "Invalid", details: { kind: "KruiseHealthReport", causes: [{ field }] } });
    expect(body.details.causes[0].message).toContain(wanted);
    expect(body.message).toContain(field);
    expect(world.fleet.resourceVersion).toBe(version);
  },
);

test.each([
  ["a gzip bomb", gzipSync(Buffer.alloc(50_000_000)), "gzip"],
  ["a zstd bomb", zstdCompressSync(Buffer.alloc(50_000_000)), "zstd"],
  ["a plain body beyond the bound", Buffer.alloc(1_100_000, " "), "identity"],
])("%s is answered 413", async (_case, payload, encoding) => {
  const { status, body } = await post("c1", payload, { "content-encoding": encoding });
  expect(status).toBe(413);
  expect(body).toMatchObject({ reason: "RequestEntityTooLarge", code: 413 });
});

test.each([
  { what: "an encoding nobody reads", body: "{}", encoding: "br", code: 415, message: "wanted is zstd, gzip or none" },
  { what: "a body that is not gzip", body: "{}", encoding: "gzip", code: 400, message: "the body is not gzip" },
  { what: "a body that is not JSON", body: "{", encoding: "identity", code: 400, message: "the body is not JSON" },
  { what: "no body", body: "", encoding: "identity", code: 400, message: "the body is not JSON" },
])("$what is refused with a sentence", async ({ body: payload, encoding, code, message }) => {
  const { status, body } = await post("c1", payload, { "content-encoding": encoding });
  expect([status, body.message]).toEqual([code, expect.stringContaining(message)]);
});

test.each([
  ["application/yaml", 415],
  ["text/plain", 415],
  ["application/json; charset=utf-8", 201],
  ["Application/JSON", 201],
])("a body of the type %s is answered %i", async (type, code) => {
  const { status } = await post("c3", JSON.stringify(report), { "content-type": type });
  expect(status).toBe(code);
});

test("a cluster without the add-on is answered 404", async () => {
  const { status, body } = await post("c9", JSON.stringify(report));
  expect(status).toBe(404);
  expect(body).toMatchObject({ reason: "NotFound", details: { name: "c9" } });
});

test("a report with an unknown base asks for a snapshot", async () => {
  const { status, body } = await post("c1", JSON.stringify({ ...report, form: "delta", sequence: 9 }));
  expect([status, body.status.resync]).toEqual([201, true]);
});

test("fault 2: a recall is answered with the records that are held, and changes nothing", async () => {
  await post("c1", JSON.stringify(report));
  const before = world.fleet.cluster("c1");
  const recall = { ...report, form: "recall", epoch: 5000, records: [] };
  const { status, body } = await post("c1", JSON.stringify(recall));
  expect([status, body.status.records, body.status.recordsSentMs]).toEqual([201, [aRecord()], 1000]);
  expect(body.status).toMatchObject({ epoch: 1000, sequence: 1, resync: false });
  expect(world.fleet.cluster("c1")).toBe(before);
});

test("fault 27: what a newer agent says is shown, and its unknown fields are dropped", async () => {
  const newer = {
    ...aRecord({ n: "new" }),
    r: "TidyingUp",
    notes: ["Misscheduled", "Sparkling"],
    c: { d: 5, zzz: 2 },
    src: { t: "Warehouse", n: "w", extra: 1 },
    spec: {},
  };
  const records = JSON.parse(JSON.stringify([newer])) as ReturnType<typeof aRecord>[];
  const kinds = [{ kind: "CloneSet", group: "apps.kruise.io", version: "v1beta1", state: "Thinking", more: {} }];
  const kruise = { health: "Healthy", reason: "Polished", message: "", notes: ["Shiny"], depth: 3 };
  expect((await post("c1", JSON.stringify({ ...aReport(records), kinds, kruise, mood: "good" }))).status).toBe(201);
  const get = (resource: string) =>
    world.app.inject({ url: `${ROOT}/namespaces/c1/${resource}`, headers: { "x-test-user": "admin" } });
  expect((await get("kruiseworkloads/cloneset.shop.new")).json().status).toMatchObject({
    health: "Healthy",
    reason: "TidyingUp",
    notes: ["Misscheduled", "Sparkling"],
    counts: { wanted: 5, zzz: 2 },
    source: { type: "Warehouse", name: "w" },
  });
  const { status } = (await get("kruiseclusters/c1")).json();
  expect(status.kinds).toEqual([{ kind: "CloneSet", group: "apps.kruise.io", version: "v1beta1", state: "Thinking" }]);
  expect(status.kruise).toEqual({ health: "Healthy", reason: "Polished", message: "", notes: ["Shiny"] });
});
