import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ROOT, START_MS, TABLE, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";
import { aRecord, aReport } from "../fleet/report.fixture.ts";

let world: World;
beforeEach(() => {
  world = buildWorld();
});
afterEach(() => world.app.close());

async function get(path: string, accept = "application/json") {
  const response = await world.app.inject({ url: `${ROOT}/${path}`, headers: { "x-test-user": "admin", accept } });
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) };
}
const namesOf = (body: { items: { metadata: { name: string } }[] }) => body.items.map((item) => item.metadata.name);

describe("lists", () => {
  test("name every workload by cluster and name", async () => {
    const { status, body } = await get("kruiseworkloads");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: "KruiseWorkloadList",
      metadata: { resourceVersion: String(world.fleet.resourceVersion) },
    });
    expect(namesOf(body)).toEqual(["cloneset.shop.cart", "cloneset.shop.web", "sidecarset.log", "cloneset.bank.pay"]);
    expect(body.items[0]).toMatchObject({
      apiVersion: "kruise-health.open-cluster-management.io/v1alpha1",
      kind: "KruiseWorkload",
    });
  });

  test("keep to one namespace, and are empty for a namespace that is no cluster", async () => {
    expect(namesOf((await get("namespaces/c2/kruiseworkloads")).body)).toEqual(["cloneset.bank.pay"]);
    expect((await get("namespaces/kube-system/kruiseworkloads")).body.items).toEqual([]);
  });

  test("say in a Warning how many clusters have reported, of those asked for", async () => {
    expect((await get("kruiseworkloads")).headers["warning"]).toBe('299 - "2 of 3 clusters have reported"');
    expect((await get("namespaces/c1/kruiseworkloads")).headers["warning"]).toBeUndefined();
    world.advance(90_001);
    world.fleet.sweep();
    expect((await get("namespaces/c1/kruiseworkloads")).headers["warning"]).toContain("1 of them no longer");
  });

  test("page by limit and continue without losing or repeating a row", async () => {
    const first = (await get("kruiseworkloads?limit=2")).body;
    expect(first.metadata.remainingItemCount).toBe(2);
    world.fleet.apply("c2", aReport([aRecord({ n: "pay", ns: "bank" })], { epoch: 2000 }));
    const second = (await get(`kruiseworkloads?limit=2&continue=${first.metadata.continue}`)).body;
    expect([...namesOf(first), ...namesOf(second)]).toEqual(namesOf((await get("kruiseworkloads")).body));
    expect(second.metadata.continue).toBeUndefined();
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test("in pages of a former manager are answered 410 with a token to go on with", async () => {
    const old = Buffer.from("1700000000000000/c1/cloneset.shop.web").toString("base64url");
    const { status, body } = await get(`kruiseworkloads?limit=2&continue=${old}`);
    expect([status, body.reason]).toEqual([410, "Expired"]);
    const rest = (await get(`kruiseworkloads?limit=2&continue=${body.metadata.continue}`)).body;
    expect(namesOf(rest)).toEqual(["sidecarset.log", "cloneset.bank.pay"]);
  });

  test("of an exact version are answered while nothing that they show has changed", async () => {
    const version = world.fleet.resourceVersion;
    world.fleet.apply(
      "c2",
      aReport([aRecord({ n: "pay", ns: "bank" })], {
        epoch: 2000,
        agent: { version: "2", ruleSet: "1", instance: "b" },
      }),
    );
    expect(world.fleet.resourceVersion).toBeGreaterThan(version);
    const exact = `resourceVersion=${version}&resourceVersionMatch=Exact`;
    expect((await get(`kruiseworkloads?${exact}`)).body.metadata.resourceVersion).toBe(String(version));
    expect((await get(`namespaces/c1/kruiseclusters?${exact}`)).status).toBe(200);
    expect((await get(`kruiseclusters?${exact}`)).status).toBe(410);
  });

  describe("with thousands of rows", () => {
    const records = Array.from({ length: 3000 }, (_, index) => aRecord({ n: `w${String(index).padStart(4, "0")}` }));
    beforeEach(() => world.fleet.apply("c3", aReport(records)));

    test("are sent in pieces and stay whole", async () => {
      const { body } = await get("kruiseworkloads", TABLE);
      expect(body.rows).toHaveLength(3004);
      expect(body.kind).toBe("Table");
      expect(namesOf((await get("namespaces/c3/kruiseworkloads")).body)).toEqual(
        records.map(({ n }) => `cloneset.shop.${n}`),
      );
    });

    test("show the moment at which they were asked for, whatever happens while they are sent", async () => {
      const version = String(world.fleet.resourceVersion);
      const answered = get("kruiseworkloads");
      setImmediate(() => world.fleet.apply("c3", aReport([], { epoch: 2000 })));
      const { body } = await answered;
      expect([body.metadata.resourceVersion, body.items.length]).toEqual([version, 3004]);
    });

    test.each([
      ["limit=700", 700, 2304],
      ["limit=700&fieldSelector=workloadNamespace%3Dbank", 1, undefined],
      ["limit=3&fieldSelector=kind%3DCloneSet", 3, undefined],
      ["fieldSelector=health%3DDegraded", 1, undefined],
    ])("as %s have %i and tell what remains", async (query, count, remaining) => {
      const { body } = await get(`kruiseworkloads?${query}`);
      expect([body.items.length, body.metadata.remainingItemCount]).toEqual([count, remaining]);
    });

    test.each([
      ["gzip", "gzip"],
      ["br, gzip;q=0.5", "gzip"],
      ["gzip;q=0", undefined],
      ["identity", undefined],
    ])("are compressed for who accepts %s: %s", async (accepted, encoding) => {
      const headers = { "x-test-user": "admin", "accept-encoding": accepted };
      const response = await world.app.inject({ url: `${ROOT}/kruiseworkloads`, headers });
      expect(response.headers["content-encoding"]).toBe(encoding);
      const text = encoding === undefined ? response.body : gunzipSync(response.rawPayload).toString();
      expect(JSON.parse(text).items).toHaveLength(3004);
      const short = await world.app.inject({ url: `${ROOT}/kruiseclusters`, headers });
      expect(short.headers["content-encoding"]).toBeUndefined();
    });
  });

  test.each([
    ["fieldSelector=health%3DDegraded", ["cloneset.shop.web"]],
    ["fieldSelector=health!%3DHealthy,kind%3DSidecarSet", ["sidecarset.log"]],
    ["fieldSelector=cluster%3D%3Dc2", ["cloneset.bank.pay"]],
    ["fieldSelector=workloadNamespace%3Dshop,reason%3DAllAvailable", ["cloneset.shop.cart"]],
    ["fieldSelector=metadata.name%3Dsidecarset.log,metadata.namespace%3Dc1", ["sidecarset.log"]],
    ["labelSelector=kruise-health.open-cluster-management.io/kind%20in%20(SidecarSet)", ["sidecarset.log"]],
    ["labelSelector=!kruise-health.open-cluster-management.io/namespace", ["sidecarset.log"]],
  ])("filter by %s", async (query, names) => {
    const { body } = await get(`kruiseworkloads?${query}`);
    expect(namesOf(body)).toEqual(names);
  });

  test.each([
    ["fieldSelector=colour%3Dred", 400, "BadRequest", "wanted is one of metadata.name"],
    ["labelSelector=a%20b", 400, "BadRequest", '"a b" is not a term'],
    ["limit=many", 400, "BadRequest", 'limit is "many"'],
    ["continue=e30", 400, "BadRequest", "list again from the start"],
    ["includeObject=All", 400, "BadRequest", "wanted is None, Metadata or Object"],
    [`resourceVersion=${(START_MS + 5000) * 1000}`, 504, "Timeout", "Too large resource version"],
    ["resourceVersion=5&resourceVersionMatch=Exact", 410, "Expired", "is not kept"],
    ["resourceVersionMatch=Exact", 422, "Invalid", "needs resourceVersion"],
    ["resourceVersion=5&resourceVersionMatch=Newer", 422, "Invalid", "supported values: Exact, NotOlderThan"],
    ["resourceVersion=0&resourceVersionMatch=Exact", 422, "Invalid", "cannot be Exact"],
    ["continue=abc&resourceVersion=5&resourceVersionMatch=NotOlderThan", 422, "Invalid", "beside continue"],
    ["continue=abc&resourceVersion=5", 400, "BadRequest", "cannot be chosen beside continue"],
    ["sendInitialEvents=true", 422, "Invalid", "for watches"],
  ])("refuse %s with %i %s and a sentence", async (query, code, reason, message) => {
    const { status, body } = await get(`kruiseworkloads?${query}`, TABLE);
    expect(status).toBe(code);
    expect(body).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason });
    expect(body.message).toContain(message);
  });
});

describe("tables", () => {
  test("show a workload's row with ages by this server and metadata for kubectl", async () => {
    world.advance(5000);
    const { body } = await get("namespaces/c1/kruiseworkloads?limit=500", TABLE);
    const columns = body.columnDefinitions.map((column: { name: string; priority: number }) => [
      column.name,
      column.priority,
    ]);
    expect(columns.map(([name]: [string]) => name).join(" ")).toBe(
      "Name Kind Workload Health Reason Ready Updated Since Partition Revision Images Message",
    );
    expect(columns.filter(([, priority]: [string, number]) => priority === 1)).toHaveLength(4);
    expect(body.rows[1].cells).toEqual([
      ..."cloneset.shop.web CloneSet shop/web Degraded UpdateStalled 5/5 5/5 120m 20% web-7d9c shop/web:2".split(" "),
      "no progress",
    ]);
    expect(body.rows[2].cells.slice(0, 8)).toEqual(
      "sidecarset.log SidecarSet log Progressing Updating 7/7 6/7 120m".split(" "),
    );
    expect(body.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { namespace: "c1" } });
  });

  test.each([
    ["None", undefined],
    ["Object", "KruiseWorkload"],
  ])("carry what includeObject=%s asks for", async (include, kind) => {
    const { body } = await get(`kruiseworkloads?includeObject=${include}`, TABLE);
    expect(body.rows[0].object?.kind).toBe(kind);
  });

  test("show clusters with their counts, and one that never reported", async () => {
    const { body } = await get("kruiseclusters", TABLE);
    expect(body.rows.map((row: { cells: unknown[] }) => row.cells)).toEqual([
      ["c1", "Fresh", "1.8.0", 1, 1, 0, 1, 0, "0s", "0.1.0"],
      ["c2", "Fresh", "1.8.0", 1, 0, 0, 0, 0, "0s", "0.1.0"],
      ["c3", "Missing", "-", 0, 0, 0, 0, 0, "never", "-"],
    ]);
  });
});

test("a cluster's conditions say since when", async () => {
  world.advance(30_000);
  world.fleet.apply("c1", aReport([aRecord()], { epoch: 2000 }));
  const conditions = (await get("namespaces/c1/kruiseclusters/c1")).body.status.conditions.map(
    (condition: Record<string, string>) =>
      `${condition["type"]} ${condition["status"]} ${condition["lastTransitionTime"]}`,
  );
  expect(conditions).toEqual([
    "Reporting True 2026-11-20T12:00:00Z",
    "KruiseReady True 2026-11-20T12:00:00Z",
    "WorkloadsHealthy True 2026-11-20T12:00:30Z",
    "Degraded False 2026-11-20T12:00:30Z",
  ]);
  const missing = (await get("namespaces/c3/kruiseclusters/c3")).body.status.conditions;
  expect(missing.map((condition: Record<string, string>) => condition["reason"])).toEqual(
    Array(4).fill("NeverReported"),
  );
});

describe("one object", () => {
  test("has long names, conditions and a stable uid", async () => {
    const { body } = await get("namespaces/c1/kruiseworkloads/cloneset.shop.web");
    expect(body.status).toMatchObject({
      health: "Degraded",
      reason: "UpdateStalled",
      stale: false,
      counts: { wanted: 5, updatedAvailable: 5 },
      rollout: { partition: "20%", updateRevision: "web-7d9c" },
      images: [{ container: "web", image: "shop/web:2" }],
    });
    const conditions = body.status.conditions.map((condition: { type: string; status: string }) => [
      condition.type,
      condition.status,
    ]);
    expect(conditions).toEqual([
      ["Healthy", "False"],
      ["Degraded", "True"],
    ]);
    expect(body.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const other = buildWorld();
    const again = await other.app.inject({
      url: `${ROOT}/namespaces/c1/kruiseworkloads/cloneset.shop.web`,
      headers: { "x-test-user": "a" },
    });
    expect(again.json().metadata.uid).toBe(body.metadata.uid);
    await other.app.close();
  });

  test("of a silent cluster is Unknown and tells what was last known", async () => {
    world.advance(90_001);
    world.fleet.sweep();
    const { body } = await get("namespaces/c1/kruiseworkloads/cloneset.shop.cart");
    expect(body.status).toMatchObject({
      health: "Unknown",
      reason: "ReportStale",
      since: "2026-11-20T12:00:00Z",
      stale: true,
      lastKnown: { health: "Healthy", reason: "AllAvailable" },
    });
    expect(body.status.conditions[0]).toMatchObject({ type: "Healthy", status: "Unknown" });
    expect(namesOf((await get("kruiseworkloads?fieldSelector=health%3DHealthy")).body)).toEqual([]);
    const cluster = (await get("namespaces/c1/kruiseclusters/c1")).body;
    expect(cluster.status).toMatchObject({
      state: "Stale",
      workloads: { Healthy: 0, Unknown: 3 },
      lastKnownWorkloads: { Healthy: 1 },
    });
  });

  test("as metadata alone", async () => {
    const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    const { body } = await get("namespaces/c1/kruiseworkloads/sidecarset.log", accept);
    expect(Object.keys(body)).toEqual(["kind", "apiVersion", "metadata"]);
  });

  test("that does not exist is answered 404 with a Status", async () => {
    const { status, body } = await get("namespaces/c1/kruiseworkloads/cloneset.shop.gone");
    expect(status).toBe(404);
    expect(body).toMatchObject({
      reason: "NotFound",
      details: { name: "cloneset.shop.gone", kind: "kruiseworkloads" },
    });
  });
});
