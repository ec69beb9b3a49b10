import { afterEach, describe, expect, test } from "vitest";
import { ROOT, agentOf, buildWorld } from "./api.fixture.ts";
import type { World } from "./api.fixture.ts";
import type { ApiDeps } from "./deps.ts";

let world: World;
afterEach(() => world.app.close());

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await world.app.inject({ url, headers: { "x-test-user": "admin", ...headers } });
  return { status: response.statusCode, headers: response.headers, text: response.body };
}

function build(deps: Partial<ApiDeps> = {}): void {
  world = buildWorld(deps);
}

describe("documents", () => {
  test.each(["v2", "v2beta1"])("/apis speaks aggregated discovery %s", async (version) => {
    build();
    const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
    const { headers, text } = await get("/apis", { accept });
    expect(headers["content-type"]).toBe(
      `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    );
    const body = JSON.parse(text);
    expect(body.apiVersion).toBe(`apidiscovery.k8s.io/${version}`);
    const [workloads, , fleetWorkloads, reports] = body.items[0].versions[0].resources;
    expect(workloads).toMatchObject({
      resource: "kruiseworkloads",
      verbs: ["get", "list", "watch"],
      shortNames: ["kwl"],
      subresources: [],
    });
    expect([workloads.scope, fleetWorkloads.scope]).toEqual(["Namespaced", "Cluster"]);
    expect(reports.verbs).toEqual(["create"]);
  });

  test("/apis speaks legacy discovery to others", async () => {
    build();
    expect(JSON.parse((await get("/apis", { accept: "application/json" })).text).kind).toBe("APIGroupList");
    expect(JSON.parse((await get(ROOT)).text).resources.map((resource: { name: string }) => resource.name)).toEqual([
      "kruiseworkloads",
      "kruiseclusters",
      "kruisefleetworkloads",
      "kruisehealthreports",
    ]);
  });

  test.each(["/api", "/apis", ROOT, "/openapi/v2", "/openapi/v3", `/openapi/v3${ROOT}`])(
    "%s is answered 304 to who has it",
    async (url) => {
      build();
      const { headers } = await get(url);
      expect((await get(url, { "if-none-match": String(headers["etag"]) })).status).toBe(304);
      expect((await get(url, { "if-none-match": '"other"' })).status).toBe(200);
    },
  );

  test("/api has no versions, in all forms", async () => {
    build();
    expect(JSON.parse((await get("/api")).text)).toMatchObject({ kind: "APIVersions", versions: [] });
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    expect(JSON.parse((await get("/api", { accept })).text)).toMatchObject({
      kind: "APIGroupDiscoveryList",
      items: [],
    });
  });

  test("documents are JSON, and who takes something else alone is told so", async () => {
    build();
    const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    expect((await get("/openapi/v2", { accept })).status).toBe(406);
    expect((await get("/openapi/v2", { accept: `${accept},*/*` })).status).toBe(200);
  });

  test("a replica that does not lead answers documents and probes, and sends data requests away for a second", async () => {
    build({ isLeading: () => false });
    for (const url of ["/healthz", "/readyz", "/apis", ROOT, "/openapi/v3"]) expect((await get(url)).status).toBe(200);
    const { status, headers, text } = await get(`${ROOT}/kruiseworkloads`);
    expect([status, headers["retry-after"], JSON.parse(text).reason]).toEqual([503, "1", "ServiceUnavailable"]);
    const post = await world.app.inject({
      method: "POST",
      url: `${ROOT}/namespaces/c1/kruisehealthreports`,
      headers: { "x-test-user": agentOf("c1") },
      payload: "{}",
    });
    expect([post.statusCode, post.headers["retry-after"]]).toEqual([503, "1"]);
  });
});

describe("refusals are Status objects", () => {
  test.each([
    ["an unknown path", "GET", "/nothing", 404, "NotFound"],
    ["an unknown resource", "GET", `${ROOT}/pods`, 404, "NotFound"],
    [
      "a method that a resource does not have",
      "DELETE",
      `${ROOT}/namespaces/c1/kruiseworkloads/a`,
      405,
      "MethodNotAllowed",
    ],
    ["a patch", "PATCH", `${ROOT}/namespaces/c1/kruiseclusters/c1`, 405, "MethodNotAllowed"],
    ["a read of reports", "GET", `${ROOT}/namespaces/c1/kruisehealthreports`, 405, "MethodNotAllowed"],
    ["a document that is written", "PUT", "/openapi/v2", 405, "MethodNotAllowed"],
    ["a question for methods", "OPTIONS", `${ROOT}/kruiseworkloads`, 405, "MethodNotAllowed"],
    ["an object of no namespace", "GET", `${ROOT}/kruiseworkloads/a`, 404, "NotFound"],
    ["a part of an object", "GET", `${ROOT}/namespaces/c1/kruiseworkloads/a/status`, 404, "NotFound"],
    ["a namespace of what has none", "GET", `${ROOT}/namespaces/c1/kruisefleetworkloads`, 404, "NotFound"],
    ["a name elsewhere", "DELETE", "/nothing/kruiseworkloads", 404, "NotFound"],
    ["an encoded slash", "GET", `${ROOT}/namespaces/c1%2Fkruiseworkloads`, 400, "BadRequest"],
    ["a doubled slash", "GET", `${ROOT}//kruiseworkloads`, 400, "BadRequest"],
    ["a path that climbs", "GET", `${ROOT}/namespaces/c1/..%2fc2/kruiseworkloads`, 400, "BadRequest"],
  ] as const)("for %s", async (...[_case, method, url, code, reason]) => {
    build();
    const response = await world.app.inject({ method, url, headers: { "x-test-user": "admin" } });
    expect(response.statusCode).toBe(code);
    expect(response.json()).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason });
  });

  test.each(["/apis", "/openapi/v3", ROOT, `${ROOT}/kruiseworkloads`, "/nothing"])(
    "for a stranger who asks for %s",
    async (url) => {
      build();
      const response = await world.app.inject({ url });
      expect([response.statusCode, response.json().reason]).toEqual([401, "Unauthorized"]);
    },
  );

  test("a form that cannot be given is 406", async () => {
    build();
    const { status } = await get(`${ROOT}/kruiseworkloads`, { accept: "application/vnd.kubernetes.protobuf" });
    expect(status).toBe(406);
  });

  test("a failure of our own is 500 and tells nothing of its inside", async () => {
    build();
    world.fleet.clusters = () => {
      throw new Error("secret detail");
    };
    const { status, text } = await get(`${ROOT}/kruiseworkloads`);
    expect([status, JSON.parse(text).reason]).toEqual([500, "InternalError"]);
    expect(text).not.toContain("secret detail");
  });
});

describe("access of direct callers", () => {
  const direct = { "x-test-via": "Certificate" };

  test("is reviewed by the hub, once in 30 seconds", async () => {
    build();
    const headers = { ...direct, "x-test-user": "reader" };
    const ask = () => get(`${ROOT}/namespaces/c1/kruiseworkloads?watch=false`, headers);
    expect((await Promise.all([ask(), ask()])).map(({ status }) => status)).toEqual([200, 200]);
    world.advance(29_000);
    await ask();
    expect(world.reviews).toEqual([
      {
        user: "reader",
        groups: [],
        extra: {},
        resourceAttributes: {
          group: "kruise-health.open-cluster-management.io",
          version: "v1alpha1",
          resource: "kruiseworkloads",
          verb: "list",
          namespace: "c1",
        },
      },
    ]);
    world.advance(2000);
    await ask();
    expect(world.reviews).toHaveLength(2);
  });

  test("is refused when the hub says no, and asked again after 10 seconds", async () => {
    build();
    const headers = { ...direct, "x-test-user": "nobody" };
    const ask = () => get(`${ROOT}/namespaces/c1/kruiseclusters/c1`, headers);
    const { status, text } = await ask();
    expect(status).toBe(403);
    expect(JSON.parse(text).message).toBe(
      'kruiseclusters.kruise-health.open-cluster-management.io "c1" is forbidden: User "nobody" cannot get resource ' +
        '"kruiseclusters" in API group "kruise-health.open-cluster-management.io" in the namespace "c1"',
    );
    await ask();
    world.advance(10_500);
    await ask();
    expect(world.reviews.map(({ resourceAttributes }) => resourceAttributes.verb)).toEqual(["get", "get"]);
  });

  test("is put off when the hub does not answer", async () => {
    build({ reviewAccess: () => Promise.reject(new Error("connection refused")) });
    expect((await get(`${ROOT}/kruiseworkloads`, direct)).status).toBe(503);
  });

  test("that kube-apiserver proxied is not reviewed again", async () => {
    build();
    expect((await get(`${ROOT}/kruiseworkloads`)).status).toBe(200);
    expect(world.reviews).toEqual([]);
  });
});
