// The routes of the page: what a browser gets, and who gets nothing.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildWorld, ROOT } from "./api.fixture.ts";
import { buildDashboard, readDashboard } from "./dashboard-files.ts";

const HTML = '<link rel="stylesheet" href="style.css" /><script src="app.js" defer></script><a href="#/fleet">';
const SCRIPT = "let page = 1;".repeat(200);
const dashboard = buildDashboard({
  "index.html": Buffer.from(HTML),
  "app.js": Buffer.from(SCRIPT),
  "style.css": Buffer.from(":root{}"),
});
// A replica that does not lead: the page needs no data.
const { app, reviews } = buildWorld({ dashboard, isLeading: () => false });
const ADMIN = { "x-test-user": "admin" };

const get = (path: string, headers: Record<string, string> = {}) =>
  app.inject({ method: "GET", url: `${ROOT}${path}`, headers: { ...ADMIN, ...headers } });

describe("the page", () => {
  test.each([
    ["/dashboard/", "text/html; charset=utf-8"],
    ["/dashboard/index.html", "text/html; charset=utf-8"],
    ["/namespaces/c1/dashboard/", "text/html; charset=utf-8"],
    ["/dashboard/app.js", "text/javascript; charset=utf-8"],
    ["/namespaces/c1/dashboard/style.css", "text/css; charset=utf-8"],
  ])("is at %s as %s", async (path, type) => {
    const { statusCode, headers } = await get(path);
    expect([statusCode, headers["content-type"]]).toEqual([200, type]);
  });

  test("has links that lead to its files from both forms of its path", async () => {
    const linksAt = async (path: string): Promise<string[]> => {
      const links = (await get(path)).body.matchAll(/(?:href|src)="([^"#]+)"/g);
      return [...links].map(([, link = ""]) => new URL(link, `http://hub${ROOT}${path}`).pathname);
    };
    for (const at of ["", "/namespaces/c1"]) {
      const wanted = ["style.css", "app.js"].map((name) => `${ROOT}${at}/dashboard/${name}`);
      expect(await linksAt(`${at}/dashboard`)).toEqual(wanted);
      expect(await linksAt(`${at}/dashboard/`)).toEqual(wanted);
    }
  });

  test("may load nothing but itself and this API, and be framed by nobody", async () => {
    const { headers } = await get("/dashboard/");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
  });

  test.each([
    ["gzip, deflate, br, zstd", "br", (body: Buffer) => brotliDecompressSync(body)],
    ["gzip", "gzip", (body: Buffer) => gunzipSync(body)],
    ["br;q=0, gzip;q=0", undefined, (body: Buffer) => body],
  ])("is sent to who accepts %s in %s", async (accepted, coding, decode) => {
    const { headers, rawPayload } = await get("/dashboard/app.js", { "accept-encoding": accepted });
    expect([headers["content-encoding"], headers["vary"]]).toEqual([coding, "Accept-Encoding"]);
    expect(decode(rawPayload).toString()).toBe(SCRIPT);
  });

  test("has its HTML as it is: kube-apiserver opens it, and knows no brotli", async () => {
    const { headers, body } = await get("/dashboard/", { "accept-encoding": "br, gzip" });
    expect([headers["content-encoding"], body]).toEqual([undefined, HTML]);
  });

  test("is told to be the same as before, in each coding", async () => {
    const tags = new Set<unknown>();
    for (const coding of ["br", "gzip", "identity"]) {
      const { headers } = await get("/dashboard/app.js", { "accept-encoding": coding });
      const etag = String(headers["etag"]);
      tags.add(etag);
      const again = await get("/dashboard/app.js", { "accept-encoding": coding, "if-none-match": `"other", ${etag}` });
      expect([again.statusCode, again.body]).toEqual([304, ""]);
    }
    expect(tags.size).toBe(3);
    expect((await get("/dashboard/app.js", { "if-none-match": '"other"' })).statusCode).toBe(200);
  });

  test("has no other file, and no other method", async () => {
    const { statusCode, body } = await get("/dashboard/app.js.map");
    expect(statusCode).toBe(404);
    expect(JSON.parse(body)).toMatchObject({
      kind: "Status",
      message: 'the page has no file "app.js.map"; wanted is one of index.html, app.js, style.css',
    });
    expect((await app.inject({ method: "POST", url: `${ROOT}/dashboard/`, headers: ADMIN })).statusCode).toBe(405);
    expect((await get("/dashboard/assets/app.js")).statusCode).toBe(404);
  });
});

describe("who may see the page", () => {
  test("is somebody known", async () => {
    expect((await app.inject({ method: "GET", url: `${ROOT}/dashboard/` })).statusCode).toBe(401);
  });

  test("is asked of the hub, for who comes past kube-apiserver", async () => {
    reviews.length = 0;
    const ask = async (user: string, path: string) =>
      (await get(path, { "x-test-user": user, "x-test-via": "Certificate" })).statusCode;
    expect(await ask("reader", "/namespaces/c1/dashboard/app.js")).toBe(200);
    expect(await ask("stranger", "/dashboard")).toBe(403);
    expect(reviews.map(({ user, resourceAttributes }) => [user, resourceAttributes])).toEqual([
      ["reader", expect.objectContaining({ resource: "dashboard", verb: "get", namespace: "c1", name: "app.js" })],
      ["stranger", expect.not.objectContaining({ name: expect.anything() })],
    ]);
    expect(reviews[1]?.resourceAttributes).toMatchObject({ resource: "dashboard", verb: "list" });
  });
});

describe("a manager without the page", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kruise-health-page-"));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  test("says that it is switched off", async () => {
    const { body, statusCode } = await buildWorld().app.inject({ url: `${ROOT}/dashboard/`, headers: ADMIN });
    expect([statusCode, JSON.parse(body).message]).toEqual([
      404,
      "this manager serves no page: DASHBOARD_ENABLED is false, in the chart dashboard.enabled",
    ]);
  });

  test("says where its files are wanted, and starts all the same", async () => {
    await writeFile(join(folder, "index.html"), HTML);
    const world = buildWorld({ dashboard: await readDashboard(folder) });
    const { body, statusCode } = await world.app.inject({ url: `${ROOT}/dashboard`, headers: ADMIN });
    expect([statusCode, JSON.parse(body).message]).toEqual([
      404,
      `this manager serves no page: the page's files cannot be read in ${folder}: they are not there; npm run build makes them`,
    ]);
  });
});
