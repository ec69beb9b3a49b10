// kruisefleetworkloads: the object, the table, selectors, pages and watches of what belongs to no cluster.
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aRecord, aReport } from "../fleet/report.fixture.ts";
import { ROOT, START_MS, TABLE, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";
import { KruiseFleetWorkload } from "./fleet-schemas.ts";

const FLEET = "kruisefleetworkloads";
const WEB = "cloneset.shop.web";
let world: World;

/** Of web: c1 Degraded at shop/web:2 since 10:00, c2 held at web:1 since 11:00; c3 with 12 children of a job. */
beforeEach(() => {
  world = buildWorld();
  const held = aRecord({
    n: "web",
    h: "Suspended",
    r: "PartitionHeld",
    c: { d: 5, p: 5, rdy: 5, up: 2 },
    ro: { pt: "60%", ptn: 3, tgt: 2, pa: false },
    img: [["web", "registry.example/shop/web:1@sha256:1f2e"]],
    th: "aa",
    src: { t: "ManifestWork", n: "shop" },
    since: "2026-11-20T11:00:00Z",
  });
  world.fleet.apply("c2", aReport([aRecord({ n: "pay", ns: "bank" }), held], { epoch: 2000 }));
  world.fleet.rollUp.run(Infinity);
});
afterEach(() => world.app.close());

async function get(path: string, accept = "application/json") {
  const response = await world.app.inject({ url: `${ROOT}/${path}`, headers: { "x-test-user": "admin", accept } });
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) };
}
const namesOf = (body: { items: { metadata: { name: string } }[] }) => body.items.map((item) => item.metadata.name);

test("an object says what all clusters say together", async () => {
  const { body } = await get(`${FLEET}/${WEB}`);
  expect(KruiseFleetWorkload.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    kind: "KruiseFleetWorkload",
    workload: { group: "apps.kruise.io", kind: "CloneSet", namespace: "shop", name: "web" },
    status: {
      health: "Degraded",
      reason: "UpdateStalled",
      message: "Degraded on 1 of 2 clusters: UpdateStalled on c1; the rollout is stuck on 1 of 2",
      since: "2026-11-20T10:00:00Z",
      byHealth: { Degraded: 1, Suspended: 1, Healthy: 0 },
      reporting: { fresh: 2, stale: 0, missing: 0 },
      counts: { wanted: 10, updated: 7 },
      progress: { reached: 7, target: 7, held: 3, clusters: { held: 1, stuck: 1 } },
      partitions: { differ: true, podsKeptOld: 3 },
      versions: [{ images: [{ container: "web" }] }, { images: [{ container: "web" }] }],
      waves: [{ clusters: ["c1"] }, { clusters: ["c2"], firstTime: "2026-11-20T11:00:00Z" }],
      templates: [{ hash: "aa", clusters: { count: 1, names: ["c2"] } }],
      sources: [{ type: "ManifestWork", name: "shop", clusters: { count: 1, names: ["c2"] } }],
    },
  });
  expect(body.metadata).not.toHaveProperty("namespace");
  expect(body.metadata.labels).toEqual({
    "kruise-health.open-cluster-management.io/kind": "CloneSet",
    "kruise-health.open-cluster-management.io/namespace": "shop",
  });
});

test.each([
  { of: "all report", first: () => undefined, conditions: ["Healthy False", "Degraded True", "Reporting True"] },
  { of: "all are silent", first: silence, conditions: ["Healthy Unknown", "Degraded Unknown", "Reporting False"] },
])("conditions for kubectl wait while $of", async ({ first, conditions }) => {
  first();
  const { body } = await get(`${FLEET}/${WEB}`);
  expect(
    body.status.conditions.map(({ type, status }: { type: string; status: string }) => `${type} ${status}`),
  ).toEqual(conditions);
});

function silence(): void {
  world.advance(90_001);
  world.fleet.sweep();
  world.fleet.rollUp.run(Infinity);
}

test("a silent fleet is Unknown, and says since when", async () => {
  silence();
  const { status } = (await get(`${FLEET}/${WEB}`)).body;
  expect(status).toMatchObject({
    health: "Unknown",
    reason: "ReportStale",
    message: "Unknown on 2 of 2 clusters: ReportStale on c1, c2",
    reporting: { fresh: 0, stale: 2, oldestReportTime: new Date(START_MS).toISOString().replace(".000", "") },
  });
  expect(status).not.toHaveProperty("progress");
});

test("a table tells in 80 columns what is wrong, and the rest in wide ones", async () => {
  const { body } = await get(`${FLEET}?fieldSelector=metadata.name=${WEB}`, TABLE);
  const cells = Object.fromEntries(
    body.columnDefinitions.map(({ name }: { name: string }, index: number) => [name, body.rows[0].cells[index]]),
  );
  expect(cells).toEqual({
    Name: WEB,
    Health: "Degraded",
    Clusters: "2/2",
    Degraded: 1,
    Progress: "7/7",
    Held: "3",
    Since: "120m",
    Stuck: "1/2",
    Reasons: "UpdateStalled:1,PartitionHeld:1",
    Images: "web:1:1,web:2:1",
    Partitions: "20%:1,60%:1",
    Waves: "120m:1,60m:1",
  });
  const shown = body.columnDefinitions.filter(({ priority }: { priority: number }) => priority === 0);
  const width = shown.reduce((sum: number, { name }: { name: string }) => {
    return sum + Math.max(name.length, String(cells[name]).length) + 3;
  }, 0);
  expect(width - 3).toBeLessThanOrEqual(80);
});

describe("lists", () => {
  test("come by name, with pages, and warn of clusters that have not reported", async () => {
    const { body, headers } = await get(FLEET);
    expect(namesOf(body)).toEqual(["cloneset.bank.pay", "cloneset.shop.cart", WEB, "sidecarset.log"]);
    expect(headers["warning"]).toBe('299 - "2 of 3 clusters have reported"');
    const first = (await get(`${FLEET}?limit=3`)).body;
    expect(first.metadata.remainingItemCount).toBe(1);
    const second = (await get(`${FLEET}?limit=3&continue=${first.metadata.continue}`)).body;
    expect([...namesOf(first), ...namesOf(second)]).toEqual(namesOf(body));
  });

  test.each([
    ["fieldSelector=health=Degraded", [WEB]],
    ["fieldSelector=kind=SidecarSet", ["sidecarset.log"]],
    ["fieldSelector=workloadNamespace=bank", ["cloneset.bank.pay"]],
    ["labelSelector=kruise-health.open-cluster-management.io/namespace=bank", ["cloneset.bank.pay"]],
    ["labelSelector=!kruise-health.open-cluster-management.io/namespace", ["sidecarset.log"]],
  ])("select by %s", async (query, expected) => {
    expect(namesOf((await get(`${FLEET}?${query}`)).body)).toEqual(expected);
  });

  test("are in no namespace, and what is not there is not found", async () => {
    expect((await get(`namespaces/c1/${FLEET}`)).status).toBe(404);
    expect((await get(`${FLEET}/cloneset.shop.none`)).body).toMatchObject({ code: 404, reason: "NotFound" });
  });
});

test("a watch tells each change of what it selects, and when it no longer matches", async () => {
  const { resourceVersion } = (await get(FLEET)).body.metadata;
  const answer = await world.app.inject({
    url: `${ROOT}/${FLEET}?watch=true&fieldSelector=health=Degraded&resourceVersion=${resourceVersion}`,
    headers: { "x-test-user": "admin" },
    payloadAsStream: true,
  });
  for (const [sequence, h] of [
    [2, "Degraded"],
    [3, "Healthy"],
  ] as const) {
    world.advance(1000);
    const record = aRecord({ n: "pay", ns: "bank", h, r: h === "Healthy" ? "AllAvailable" : "UpdateStalled" });
    world.fleet.apply("c2", aReport([record], { epoch: 2000, sequence }));
    world.fleet.rollUp.run(Infinity);
  }
  const events = [];
  for await (const line of createInterface({ input: answer.stream() })) {
    events.push(JSON.parse(line));
    if (events.length === 3) break;
  }
  expect(
    events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.status.byHealth.Degraded}`),
  ).toEqual([`ADDED cloneset.bank.pay 1`, `MODIFIED ${WEB} 1`, `DELETED cloneset.bank.pay 1`]);
});

test("who may not read it at cluster scope is told so", async () => {
  await world.app.close();
  world = buildWorld({ reviewAccess: async () => false });
  const response = await world.app.inject({
    url: `${ROOT}/${FLEET}`,
    headers: { "x-test-user": "tenant", "x-test-via": "Certificate" },
  });
  expect(JSON.parse(response.body)).toMatchObject({
    code: 403,
    message:
      'kruisefleetworkloads.kruise-health.open-cluster-management.io is forbidden: User "tenant" cannot list resource ' +
      '"kruisefleetworkloads" in API group "kruise-health.open-cluster-management.io" at the cluster scope',
  });
});
