// Who may read one cluster, whatever he calls the others.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROOT, agentOf } from "../../manager/api/api.fixture.ts";
import { aRecord, aReport } from "../../manager/fleet/report.fixture.ts";
import { GROUP } from "../../shared/wire/group.ts";
import type { KeyPair } from "../support/certificates.ts";
import { Target } from "../support/hostile.ts";

let target: Target;
let reader: KeyPair;
beforeAll(async () => {
  target = await Target.start();
  reader = await target.clients.issue({ cn: "reader-of-c1", client: true });
});
afterAll(() => target.close());
afterEach(() => target.checkUnharmed());

const C1 = `${ROOT}/namespaces/c1/kruiseworkloads`;
const C2 = `${ROOT}/namespaces/c2/kruiseworkloads`;

describe("a reader of c1", () => {
  const ask = async (path: string, ...headers: string[]) =>
    target.ask({ client: reader, lines: [`GET ${path} HTTP/1.1`, ...headers] });

  test("reads c1", async () => {
    const { statuses, text } = await ask(C1);
    expect(statuses).toEqual([200]);
    expect(text).toContain("cloneset.shop.cart");
  });

  test.each([
    ["all clusters", `${ROOT}/kruiseworkloads`, 403],
    ["c2", C2, 403],
    ["an object of c2", `${C2}/cloneset.bank.pay`, 403],
    ["the same in encoded letters", `${ROOT}/namespaces/%63%32/kruiseworkloads`, 403],
    ["the same, encoded twice", `${ROOT}/namespaces/%2563%2532/kruiseworkloads`, 403],
    ["the resource in encoded letters", `${ROOT}/namespaces/c2/%6bruiseworkloads`, 403],
    ["a climb", `${C1}/../../c2/kruiseworkloads`, 400],
    ["a climb at the end", `${C2}/..`, 400],
    ["a climb in encoded dots", `${C1}/%2e%2e/%2e%2e/c2/kruiseworkloads`, 400],
    ["a climb in encoded dots and slashes", `${C1}%2f..%2f..%2fc2%2fkruiseworkloads`, 400],
    ["a climb that is half encoded", `${C1}/.%2e/.%2E/c2/kruiseworkloads`, 400],
    ["a climb that is encoded twice", `${C1}/%252e%252e/%252e%252e/c2/kruiseworkloads`, 404],
    ["a climb in the other kind of slash", `${C1}\\..\\..\\c2\\kruiseworkloads`, 400],
    ["the same, encoded", `${C1}%5c..%5c..%5cc2%5ckruiseworkloads`, 400],
    ["a dot", `${ROOT}/namespaces/./c2/kruiseworkloads`, 400],
    ["a doubled slash", `${ROOT}/namespaces//c2/kruiseworkloads`, 400],
    ["a doubled slash at the beginning", `/${C2}`, 400],
    ["a parameter in the path", `${ROOT}/namespaces/c1;/../c2/kruiseworkloads`, 400],
    ["a namespace with a parameter", `${ROOT}/namespaces/c1;c2/kruiseworkloads`, 403],
    ["a query in the namespace", `${ROOT}/namespaces/c1%3f/kruiseworkloads`, 403],
    ["a namespace with an end of its own", `${ROOT}/namespaces/c1%00c2/kruiseworkloads`, 403],
    ["a namespace in upper case", `${ROOT}/namespaces/C1/kruiseworkloads`, 403],
    ["a namespace with a blank", `${ROOT}/namespaces/c1%20/kruiseworkloads`, 403],
    ["a namespace of other letters that look the same", `${ROOT}/namespaces/%D1%811/kruiseworkloads`, 403],
    ["a namespace of a wide digit", `${ROOT}/namespaces/c%EF%BC%91/kruiseworkloads`, 403],
    ["no namespace", `${ROOT}/namespaces//kruiseworkloads`, 400],
    ["every namespace", `${ROOT}/namespaces/*/kruiseworkloads`, 403],
    ["a trailing slash", `${C1}/`, 404],
    ["the namespaces themselves", `${ROOT}/namespaces`, 404],
    ["a name that every object has", `${C1}/__proto__`, 404],
    ["a namespace that every object has", `${ROOT}/namespaces/__proto__/kruiseworkloads`, 403],
    ["a name of another cluster's object", `${C1}/cloneset.bank.pay`, 404],
    ["a subresource", `${C1}/cloneset.shop.cart/status`, 404],
    ["a resource in upper case", `${ROOT}/namespaces/c1/KruiseWorkloads`, 404],
    ["another resource", `${ROOT}/namespaces/c1/pods`, 404],
    ["another version", C1.replace("v1alpha1", "v1"), 404],
    ["another version's way to everything", `/apis/${GROUP}/v1alpha2/kruiseworkloads`, 404],
    ["the group in upper case", C1.replace(GROUP, GROUP.toUpperCase()), 404],
    ["an encoding that is none", `${C1}/%zz`, 400],
    ["an encoding that is cut", `${C1}/%c`, 400],
    ["an encoding of half a letter", `${C1}/%c3`, 400],
    ["bytes that are no letters", `${C1}/%ff%fe`, 400],
    ["a very long name", `${C1}/${"a".repeat(600)}`, 400],
    ["a watch of everything, said otherwise", `${ROOT}/kruiseworkloads?watch`, 403],
    ["another cluster by a selector", `${C1}?fieldSelector=cluster%3Dc2`, 200],
    ["another namespace by a selector", `${C1}?fieldSelector=metadata.namespace%3Dc2`, 200],
    [
      "another cluster by a token",
      `${C1}?limit=1&continue=${Buffer.from("1/c2/a").toString("base64url")}`,
      [200, 400, 410],
    ],
    ["a namespace by a parameter", `${C1}?namespace=c2&namespaces=c2`, 200],
  ] as const)("cannot read by %s", async (_what, path, status) => {
    const { statuses } = await ask(path);
    expect([status].flat()).toContain(statuses[0]);
    expect(statuses).toHaveLength(1);
  });

  test.each(["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Prefix", "X-Envoy-Original-Path"])(
    "cannot read by a path in the header %s",
    async (name) => {
      const { statuses } = await ask(`${ROOT}/namespaces/c1/kruiseclusters/c1`, `${name}: ${C2}`);
      expect(statuses).toEqual([200]);
    },
  );

  test.each(["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND", "TRACE"])(
    "cannot do anything by %s",
    async (method) => {
      for (const path of [C1, `${C1}/cloneset.shop.cart`, `${C1}?watch=true`]) {
        const { statuses } = await target.ask({ client: reader, lines: [`${method} ${path} HTTP/1.1`] });
        expect(statuses).toEqual([405]);
      }
    },
  );
});

describe("reports for c1", () => {
  const REPORTS = `${ROOT}/namespaces/c1/kruisehealthreports`;
  const forged = () => Buffer.from(JSON.stringify(aReport([aRecord({ n: "forged" })], { epoch: Date.now() })));
  const account = (namespace: string, name = "kruise-health-agent") => `system:serviceaccount:${namespace}:${name}`;

  test.each([
    ["the agent of another cluster", agentOf("c2"), []],
    ["another add-on's agent of this cluster", agentOf("c1").replaceAll("kruise-health", "work-manager"), []],
    ["this add-on's agent under another name", agentOf("c1").replace(/kruise-health$/, "other"), []],
    ["an agent whose cluster begins like this one", agentOf("c11"), []],
    ["an agent whose cluster ends in this one", agentOf("x:addon:c1"), []],
    ["the name of an agent in upper case", agentOf("c1").toUpperCase(), []],
    ["the name of an agent with more behind it", `${agentOf("c1")} `, []],
    ["a member of the agents' group", "somebody", ["system:open-cluster-management:cluster:c1:addon:kruise-health"]],
    ["an administrator of the hub", "kubernetes-admin", ["system:masters"]],
    ["a reader of everything", "reader", []],
    ["the ServiceAccount of this name in another namespace", account("c2"), []],
    ["the ServiceAccount of this name on the managed cluster", account("open-cluster-management-agent-addon"), []],
    ["another ServiceAccount of the cluster's namespace", account("c1", "default"), []],
    ["a ServiceAccount whose name goes on", account("c1", "kruise-health-agent-2"), []],
    ["a ServiceAccount whose namespace holds this one's name", account("c1:kruise-health-agent:x"), []],
    ["the manager's own ServiceAccount", account("open-cluster-management-kruise-health", "kruise-health"), []],
  ])("are not taken from %s, by his certificate nor by the front proxy's word", async (_what, user, groups) => {
    const before = target.world.fleet.cluster("c1");
    const own = await target.clients.issue({ cn: user, organizations: groups, client: true });
    const proxy = await target.frontProxy.issue({ cn: "front-proxy-client", client: true });
    const headers = [`X-Remote-User: ${user}`, ...groups.map((group) => `X-Remote-Group: ${group}`)];
    const lines = [`POST ${REPORTS} HTTP/1.1`, "content-type: application/json"];
    // A header loses the blanks at its end: that user is the agent.
    const asked = [
      { client: own, lines },
      ...(user === user.trim() ? [{ client: proxy, lines: [...lines, ...headers] }] : []),
    ];
    for (const request of asked) expect((await target.ask({ ...request, body: forged() })).statuses).toEqual([403]);
    expect(target.world.fleet.cluster("c1")).toEqual(before);
  });

  test("are kept under c1, whatever cluster they name themselves", async () => {
    const client = await target.clients.issue({ cn: agentOf("c1"), client: true });
    const before = target.world.fleet.cluster("c2");
    const names = { cluster: "c2", clusterName: "c2", namespace: "c2", metadata: { name: "c2", namespace: "c2" } };
    const body = Buffer.from(JSON.stringify({ ...aReport([aRecord()], { epoch: Date.now() }), ...names }));
    const { statuses, text } = await target.ask({ client, lines: [`POST ${REPORTS} HTTP/1.1`], body });
    expect(statuses).toEqual([201]);
    expect(text).toContain('"metadata":{"name":"c1","namespace":"c1"}');
    expect(target.world.fleet.cluster("c2")).toEqual(before);
  });

  test("are refused for a cluster without the add-on, also by its own agent", async () => {
    const client = await target.clients.issue({ cn: agentOf("c9"), client: true });
    const line = `POST ${REPORTS.replace("/c1/", "/c9/")} HTTP/1.1`;
    expect((await target.ask({ client, lines: [line], body: forged() })).statuses).toEqual([404]);
    expect(target.world.fleet.cluster("c9")).toBeUndefined();
  });
});
