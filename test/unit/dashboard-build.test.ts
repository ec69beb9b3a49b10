// The page as it is shipped: small, flat, with nothing in it that its own policy would refuse.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDashboard } from "../../manager/api/dashboard-files.ts";
import type { Dashboard } from "../../manager/api/dashboard-files.ts";
import { buildDashboard } from "../build.ts";

/** Of all files together, compressed by brotli. */
const BYTES_MAX = 60_000;

let folder: string;
let page: Dashboard;
let html: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kruise-health-page-"));
  await buildDashboard(folder);
  page = await readDashboard(folder);
  html = await readFile(join(folder, "index.html"), "utf8");
});
afterAll(async () => rm(folder, { recursive: true }));

test("the page is three files of less than 60 kB together", async () => {
  expect((await readdir(folder)).toSorted()).toEqual(["app.js", "index.html", "style.css"]);
  if (!("files" in page)) throw new Error(page.missing);
  const sizes = [...page.files.values()].map(({ br, plain }) => (br ?? plain).bytes.length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(BYTES_MAX);
});

test("its HTML has relative links alone, and they lead to its files", () => {
  const links = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? "");
  expect(links.filter((link) => !link.startsWith("data:"))).toEqual(["style.css", "app.js"]);
});

test("its HTML has no script, style or handler of its own", () => {
  expect(html).not.toMatch(/<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=/i);
});

test("its script names no other server but that of the documentation", async () => {
  const script = await readFile(join(folder, "app.js"), "utf8");
  const hosts = [...script.matchAll(/https?:\/\/([a-z0-9.-]+)/g)].map(([, host]) => host);
  // A namespace of XML is a name, and is not asked.
  expect(new Set(hosts)).toEqual(new Set(["github.com", "www.w3.org"]));
  expect(script).not.toMatch(/\beval\(|new Function\(|sourceMappingURL/);
});

test("its style loads nothing", async () => {
  const style = await readFile(join(folder, "style.css"), "utf8");
  expect(style).not.toMatch(/url\(|@import/);
});
