// The page in the real Chromium, through the real `kubectl proxy`, with its reader's rights and no others. Two clusters are
// real; further ones are reports that the test posts. With SCREENSHOTS set to a folder, pictures for the docs are written there.
import { dirname } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kube } from "../../shared/kube/types.ts";
import { API_VERSION, GROUP } from "../../shared/wire/group.ts";
import { axeViolations, openPage, startBrowser } from "../support/browser.ts";
import type { WatchedPage } from "../support/browser.ts";
import { run } from "./harness/commands.ts";
import { binary } from "./harness/context.ts";
import { lookAt, until } from "./harness/polling.ts";
import { output, suiteStack } from "./harness/suite.ts";
import { deployAddon, untilVerdict } from "./support/addon.ts";
import { startKubectlProxy } from "./support/kubectl-proxy.ts";
import type { KubectlProxy } from "./support/kubectl-proxy.ts";
import { PICTURED, pictureOf } from "./support/page-pictures.ts";
import { PostedCluster } from "./support/posted-cluster.ts";
import { applyCloneSet, createNamespace, deleteNamespace } from "./support/workloads.ts";

const CLUSTERS = ["c1", "c2"] as const;
const NAMESPACE = "page-e2e";
const NAME = `cloneset.${NAMESPACE}.shop`;
const SHOP = { namespace: NAMESPACE, name: "shop", replicas: 4 };
const ROOT = `/apis/${API_VERSION}`;
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const TENANT = "page-e2e-tenant";
const VISITOR = "page-e2e-visitor";
const READER = "open-cluster-management:kruise-health:reader";
const VIEWS = [
  "fleet",
  "fleet?by=kind",
  "broken",
  "rollouts",
  "clusters",
  "workload?workload=cloneset.shop.checkout&range=1h",
];
const folder = process.env["SCREENSHOTS"] ?? "";
const stack = suiteStack();
const clusters: Record<string, Kube> = {};
const posted: PostedCluster[] = [];
const proxies: KubectlProxy[] = [];
/** Paths of what was made on the hub, to be deleted. */
const made: string[] = [];
let hub: Kube;
let browser: Browser;
let admin: WatchedPage;
let address: string;

beforeAll(async () => {
  hub = await stack.hub.admin();
  for (const name of CLUSTERS) clusters[name] = await stack.cluster(name).admin();
  const names = folder === "" ? ["sydney"] : Object.keys(PICTURED);
  posted.push(...names.map((name) => new PostedCluster(hub, name)));
  await Promise.all([
    deployAddon(stack, hub, [...CLUSTERS]),
    ...CLUSTERS.map(async (name) => createNamespace(kube(name), NAMESPACE)),
    ...posted.map(async (cluster) => {
      await cluster.join();
      await cluster.report(PICTURED[cluster.name] ?? []);
    }),
    startBrowser().then((started) => (browser = started)),
  ]);
  await Promise.all(CLUSTERS.map(async (name) => applyCloneSet(kube(name), SHOP)));
  await Promise.all(CLUSTERS.map(async (name) => untilVerdict(hub, name, NAME, "Healthy/AllAvailable")));
  address = `${await proxyOf()}${ROOT}/dashboard`;
  admin = await openPage(browser, { width: 1280, height: 640 });
});

afterAll(async () => {
  await browser.close();
  await Promise.all([
    ...proxies.map(async (proxy) => proxy.stop()),
    ...posted.map(async (cluster) => cluster.leave()),
    ...CLUSTERS.map(async (name) => deleteNamespace(kube(name), NAMESPACE)),
    ...made.map(async (path) => hub.request({ method: "DELETE", path })),
  ]);
  for (const open of [hub, ...Object.values(clusters)]) open.close();
});

function kube(name: string): Kube {
  const found = clusters[name];
  if (found === undefined) throw new Error(`There is no connection to ${name}`);
  return found;
}

async function proxyOf(user?: string): Promise<string> {
  const proxy = await startKubectlProxy(stack, user);
  proxies.push(proxy);
  return proxy.url;
}

function cell(page: Page, cluster: string, verdict: string) {
  return page.getByRole("gridcell", { name: new RegExp(`^${NAMESPACE}/shop on ${cluster}: (${verdict})`) });
}

async function untilLive(page: Page): Promise<void> {
  await page.locator(".freshness.good").waitFor();
}

/** Names of the clusters in the heads of the matrix. */
async function clustersOf(page: Page): Promise<string[]> {
  const heads = await page.locator(".columnhead").allInnerTexts();
  return heads.map((text) => text.trim().split(/\s/)[0] ?? "").toSorted();
}

test("the bare path shows every cluster, and each change of a real CloneSet without a reload", async () => {
  const { page } = admin;
  const answer = await page.goto(address);
  expect(answer?.headers()["content-security-policy"]).toContain("script-src 'self'");
  await untilLive(page);
  await cell(page, "c1", "Healthy").waitFor();
  expect(await clustersOf(page)).toEqual(expect.arrayContaining(["c1", "c2", posted[0]?.name]));
  await page.evaluate("globalThis.notReloaded = true");

  await applyCloneSet(kube("c1"), { ...SHOP, image: "shop/app:2", nodeSelector: { fits: "none" } });
  await applyCloneSet(kube("c2"), { ...SHOP, image: "shop/app:2", partition: "50%" });
  // What does not get on is Degraded before long.
  await cell(page, "c1", "Progressing|Degraded").waitFor();
  await cell(page, "c2", "Suspended").waitFor();
  expect(await page.evaluate("globalThis.notReloaded")).toBe(true);

  await page.goto(`${address}/#/rollouts`);
  const row = page.getByRole("row").filter({ hasText: `${NAMESPACE}/shop` });
  await row.filter({ hasText: /1 (under way|stuck), 1 held/ }).waitFor();
  await row.filter({ hasText: "partition 50%" }).waitFor();
});

test("filters are in the address, and a reload keeps them", async () => {
  const { page } = admin;
  await page.goto(`${address}/#/fleet`);
  await untilLive(page);
  await page.locator(".tallies").getByRole("button", { name: "Suspended" }).click();
  await page.getByLabel("Namespace").selectOption(NAMESPACE);
  await page.getByRole("link", { name: "Kinds" }).click();
  expect(page.url()).toBe(`${address}/#/fleet?by=kind&ns=${NAMESPACE}&health=Suspended`);
  await page.reload();
  await page.getByRole("gridcell", { name: "CloneSet on c2: 1/1 Suspended" }).waitFor();
  expect(await page.locator(".rowhead").count()).toBe(1);
  expect(await page.locator(".tallies").getByRole("button", { name: "Suspended" }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  await page.getByRole("link", { name: "Clear" }).click();
  await page.getByRole("gridcell", { name: "CloneSet on c1" }).waitFor();
});

test("keys lead through the matrix to a workload, why it is so, and back", async () => {
  const { page } = admin;
  await page.goto(`${address}/#/fleet?q=${NAMESPACE}`);
  await cell(page, "c1", "").waitFor();
  await page.getByLabel("Clusters, separated by commas").focus();
  await page.keyboard.press("Tab");
  const focused = page.locator(":focus");
  while (!/gridcell|rowheader|columnheader/.test((await focused.getAttribute("role")) ?? ""))
    await page.keyboard.press("Tab");
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary");
  await panel.getByText("What").or(panel.getByText("Numbers")).first().waitFor();
  expect(await panel.getAttribute("aria-label")).toMatch(new RegExp(`^${NAME} on c[12]$`));
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  expect(await focused.getAttribute("role")).toBe("gridcell");
});

test("when kubectl proxy ends the page says so, keeps what it knew, and goes on when it is back", async () => {
  const { page } = admin;
  await page.goto(`${address}/#/fleet?q=${NAMESPACE}`);
  await untilLive(page);
  const [proxy] = proxies.splice(0, 1);
  await proxy?.stop();
  await page.getByText("is kubectl proxy still running?").waitFor();
  await cell(page, "c2", "Suspended").waitFor();
  await applyCloneSet(kube("c2"), { ...SHOP, image: "shop/app:2", partition: "25%" });
  proxies.unshift(await startKubectlProxy(stack, undefined, new URL(address).port));
  await untilLive(page);
  await cell(page, "c2", "Suspended, 4/4 PartitionHeld: 3 of 4").waitFor();
});

describe.each(VIEWS)("%s", (view) => {
  test("is clean to axe in light and dark, and its kubectl command runs", async () => {
    const { page } = admin;
    await page.goto(`${address}/#/${view}`);
    await untilLive(page);
    await page.locator("main .line:not(.head .line), main .cell").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await axeViolations(page)).toEqual([]);
    if (folder !== "") await pictureOf(page, folder, view);
    await page.emulateMedia({ colorScheme: "light" });
    if (folder !== "") await pictureOf(page, folder, view);

    const shown = await page.locator(".command code").first().innerText();
    await page.getByRole("button", { name: "Copy" }).first().click();
    await page.getByText("Copied").first().waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(shown);
    const env = { ...stack.data.env, KUBECONFIG: stack.hub.kubeconfig };
    const path = `${dirname(binary(stack.binaries, "kubectl"))}:${process.env["PATH"] ?? ""}`;
    const { code, stdout, stderr } = await run("sh", ["-c", shown], { env: { ...env, PATH: path } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout, shown).toMatch(/^NA/);
  });
});

describe("a reader of two clusters", () => {
  beforeAll(async () => {
    const subjects = (name: string) => [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name }];
    const roleRef = (name: string) => ({ kind: "ClusterRole", apiGroup: "rbac.authorization.k8s.io", name });
    const create = async (path: string, name: string, body: object): Promise<void> => {
      await hub.request({ method: "POST", path, body: { metadata: { name }, ...body } });
      made.push(`${path}/${name}`);
    };
    const bindings = CLUSTERS.map((namespace) => `${RBAC}/namespaces/${namespace}/rolebindings`);
    for (const path of bindings) await create(path, TENANT, { roleRef: roleRef(READER), subjects: subjects(TENANT) });
    for (const path of bindings) await create(path, VISITOR, { roleRef: roleRef(READER), subjects: subjects(VISITOR) });
    // The visitor may see the page of all clusters, and nothing that it shows.
    const rules = [{ apiGroups: [GROUP], resources: ["dashboard"], verbs: ["get", "list"] }];
    await create(`${RBAC}/clusterroles`, VISITOR, { rules });
    await create(`${RBAC}/clusterrolebindings`, VISITOR, { roleRef: roleRef(VISITOR), subjects: subjects(VISITOR) });
    for (const user of [TENANT, VISITOR]) await untilAllowed(user);
  });

  async function untilAllowed(user: string): Promise<void> {
    await until(
      `${user} to read his clusters`,
      async () => {
        const { code, stderr } = await stack.kubectl("hub", "get", "kwl", "-n", "c2", `--as=${user}`);
        return lookAt(code === 0, stderr);
      },
      { limitMs: 10_000 },
    );
  }

  test("sees two, live, and nothing of the third", async () => {
    const { page, complaints } = await openPage(browser);
    const url = await proxyOf(TENANT);
    const refused = await fetch(`${url}${ROOT}/dashboard/`);
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining('cannot list resource \\"dashboard\\"'),
    ]);
    await page.goto(`${url}${ROOT}/namespaces/c1/dashboard/?cluster=c1&cluster=c2`);
    await untilLive(page);
    await cell(page, "c2", "Suspended").waitFor();
    expect(page.url()).toBe(`${url}${ROOT}/namespaces/c1/dashboard/#/fleet?cluster=c1&cluster=c2`);
    expect(await clustersOf(page)).toEqual(["c1", "c2"]);
    await applyCloneSet(kube("c2"), { ...SHOP, image: "shop/app:2" });
    await cell(page, "c2", "Healthy").waitFor();
    const html = await page.content();
    for (const { name } of posted) expect(html).not.toContain(name);
    expect(complaints).toEqual([]);
  });

  test("is told how to name them by the page of all clusters", async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${await proxyOf(VISITOR)}${ROOT}/dashboard/`);
    await page.getByRole("heading", { name: "You may not read all clusters" }).waitFor();
    await page.getByText('cannot list resource "kruiseworkloads"').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("textbox").fill(`c1, ${posted[0]?.name}`);
    await page.keyboard.press("Enter");
    await cell(page, "c1", "").waitFor();
    await page.getByText(`in the namespace "${posted[0]?.name}"`).first().waitFor();
    expect(complaints).toEqual([]);
  });
});

test("the page is no resource of the API: whoever walks discovery does not meet it", async () => {
  const resources = await output(stack.kubectl("hub", "api-resources", `--api-group=${GROUP}`, "--no-headers"));
  expect(resources).toContain("kruiseworkloads");
  expect(resources).not.toContain("dashboard");
  const allowed = await stack.kubectl("hub", "auth", "can-i", "get", `dashboard.${GROUP}`, "-n", "c1");
  expect(allowed.stdout.trim()).toBe("yes");
  const style = await output(stack.kubectl("hub", "get", "--raw", `${ROOT}/dashboard/style.css`));
  expect(style).toContain(":root{");
});

test("no page complained of anything", () => {
  expect(admin.complaints).toEqual([]);
});
