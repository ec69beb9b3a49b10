// The page of the local fleet, as the demo opens it: its files and what they read, with a reader's rights.
import { request } from "node:http";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { API_VERSION } from "../../shared/wire/group.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { buildPage, openPage } from "./page.ts";
import type { BuiltPage, OpenedPage } from "./page.ts";
import { cloneSet, shop } from "./workloads.ts";

let built: BuiltPage;
let fleet: LocalFleet;
let page: OpenedPage;

beforeAll(async () => {
  built = await buildPage();
  fleet = await startFleet({
    clusters: ["c1"],
    log: pino({ level: "silent" }),
    speed: 10,
    manager: { DASHBOARD_DIR: built.folder },
  });
  fleet.cluster("c1").server.registry.create(shop(), { manager: "user" });
  fleet.apply("c1", cloneSet({ name: "web", image: "web:1.0" }));
  fleet.enable("c1");
  page = await openPage(fleet.hub.server);
});

afterAll(async () => {
  await page.close();
  await fleet.stop();
  await built.remove();
});

const ask = async (path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, page.address), init);

test("the page and its files come through the hub's API server", async () => {
  await vi.waitFor(async () => expect((await ask("")).status).toBe(200), { timeout: 10_000 });
  const html = await (await ask("")).text();
  const links = [...html.matchAll(/(?:href|src)="((?!data:)[^"]+)"/g)].map(([, link]) => link ?? "");
  expect(links).toHaveLength(2);
  for (const link of links) {
    const { status, headers } = await ask(link);
    expect([status, headers.get("x-content-type-options")]).toEqual([200, "nosniff"]);
  }
});

test("what the page reads, its reader may read, and nothing else", async () => {
  await vi.waitFor(
    async () => {
      const rows = await (await ask(`/apis/${API_VERSION}/kruiseworkloads?limit=500`)).text();
      expect(rows).toContain('"cloneset.shop.web"');
    },
    { timeout: 15_000 },
  );
  const reads = ["kruiseclusters?includeObject=None", "kruisefleetworkloads"].map(
    (path) => `/apis/${API_VERSION}/${path}`,
  );
  reads.push("/apis/addon.open-cluster-management.io/v1alpha1/managedclusteraddons");
  for (const path of reads) expect((await ask(path)).status, path).toBe(200);
  expect((await ask("/api/v1/secrets")).status).toBe(403);
  expect((await ask("/api/v1/namespaces/c1", { method: "DELETE" })).status).toBe(403);
});

test("the proxy answers nobody who calls it by another name: no page of another site reaches the hub by it", async () => {
  const { port } = new URL(page.url);
  const status = await new Promise((resolve, reject) => {
    const headers = { host: `evil.example:${port}` };
    const sent = request({ host: "127.0.0.1", port, path: "/version", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.once("error", reject);
    sent.end();
  });
  expect(status).toBe(403);
});
