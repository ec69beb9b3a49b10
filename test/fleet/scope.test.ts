// What a hub's administrator leaves out is neither watched nor reported, and the hub says that it is left out.
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mergePatch } from "../../shared/kube/apply.ts";
import type { Resource } from "../../shared/kube/types.ts";
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import { at, listOf } from "./apiserver/json.ts";
import type { Json } from "./apiserver/json.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { kindStates, rows } from "./hub-views.ts";
import { cloneSet, shop, sidecarSet, statefulSet } from "./workloads.ts";

const SOON = { timeout: 25_000, interval: 50 };
const CONFIGS: Resource = {
  group: "addon.open-cluster-management.io",
  version: "v1alpha1",
  plural: "addondeploymentconfigs",
};
const WEB = "c1/cloneset.shop.web: Healthy/AllAvailable";
const TEST_WEB = "c1/cloneset.test-1.web: Healthy/AllAvailable";
const DB = "c1/statefulset.shop.db: Healthy/AllAvailable";
const SIDECAR = "c1/sidecarset.logs: Healthy/AllUpdated";

let fleet: LocalFleet;

beforeAll(async () => {
  const settings = { IGNORE_NAMESPACES: "kube-system, test-*" };
  fleet = await startFleet({ clusters: ["c1"], speed: 20, log: pino({ level: "silent" }), settings });
  const { registry } = fleet.cluster("c1").server;
  registry.create(shop(), { manager: "user" });
  registry.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "test-1" } }, { manager: "user" });
  const web = cloneSet({ name: "web", image: "web:1" });
  fleet.apply("c1", web);
  fleet.apply("c1", { ...web, metadata: { ...web.metadata, namespace: "test-1" } });
  fleet.apply("c1", statefulSet({ name: "db", image: "db:1" }));
  fleet.apply("c1", sidecarSet({ name: "logs", image: "logs:1", app: "web" }));
  fleet.enable("c1");
});
afterAll(async () => fleet.stop());

function configure(settings: Record<string, string>): Promise<unknown> {
  const customizedVariables = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const key = { namespace: "kruise-health", name: "kruise-health" };
  return mergePatch(fleet.kube, CONFIGS, key, { spec: { customizedVariables } });
}

const rowsOfC1 = async (): Promise<string[]> => (await rows(fleet.kube, "c1")).toSorted();

async function status(): Promise<Json | undefined> {
  const path = `/apis/${GROUP}/${VERSION}/namespaces/c1/kruiseclusters/c1`;
  return at((await fleet.kube.request({ method: "GET", path })) as Json, "status");
}

/** Groups and plurals of OpenKruise that the agent's ClusterRole lets it list. */
function listable(): string {
  const role = fleet
    .cluster("c1")
    .server.registry.storage.get("clusterroles.rbac.authorization.k8s.io", "", "kruise-health-agent");
  const lists = listOf(role?.["rules"]).filter((rule) => JSON.stringify(rule).includes('"list"'));
  return JSON.stringify(lists.map((rule) => at(rule, "resources")));
}

test("objects of a namespace that is left out have no row and are in no number", async () => {
  await expect.poll(rowsOfC1, SOON).toEqual([WEB, SIDECAR, DB]);
  expect(at(await status(), "workloads", "Healthy")).toBe(3);
  expect(at(await status(), "leftOut")).toEqual({ kinds: [], namespaces: ["kube-system", "test-*"] });
});

test("kinds that are left out lose their rows and their rights; the installation is judged all the same", async () => {
  await configure({ KINDS: "SidecarSet" });
  await expect.poll(rowsOfC1, SOON).toEqual([SIDECAR]);
  expect(await kindStates(fleet.kube, "c1")).toEqual({ SidecarSet: "Watching" });
  expect(at(await status(), "leftOut", "kinds")).toContain("CloneSet");
  expect(at(await status(), "kruise", "reason")).not.toBe("NotInstalled");
  expect(listable()).toContain('["sidecarsets"]');
  expect(listable()).not.toMatch(/clonesets|rollouts/);
});

test("without such settings everything is there again, and nothing is left out", async () => {
  await configure({});
  await expect.poll(rowsOfC1, SOON).toEqual([WEB, TEST_WEB, SIDECAR, DB]);
  expect(at(await status(), "leftOut")).toBeUndefined();
});
