// The report protocol end to end: what a restart of an agent and a hub that is too small for reports do to what is read.
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import type { RequestInfo } from "./apiserver/request-info.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { verdict } from "./hub-views.ts";
import { cloneSet, shop } from "./workloads.ts";

const SOON = { timeout: 20_000, interval: 25 };
const WEB = "cloneset.shop.web";
const ROOT = `/apis/${GROUP}/${VERSION}/namespaces/c1`;

let fleet: LocalFleet;

beforeAll(async () => {
  fleet = await startFleet({
    clusters: ["c1"],
    speed: 20,
    log: pino({ level: process.env["FLEET_LOG"] ?? "silent" }),
    settings: { UPDATE_STALLED_AFTER_SECONDS: "2", UNAVAILABLE_AFTER_SECONDS: "2" },
  });
  fleet.cluster("c1").server.registry.create(shop(), { manager: "user" });
  fleet.apply("c1", cloneSet({ name: "web", image: "web:1" }));
  fleet.enable("c1");
});
afterAll(async () => fleet.stop());

const isReport = ({ resource }: RequestInfo): boolean => resource?.plural === "kruisehealthreports";

async function read(path: string): Promise<{ since: string; agent: { instance: string } }> {
  const { status } = await fleet.kube.request<{ status: { since: string; agent: { instance: string } } }>({
    method: "GET",
    path: `${ROOT}/${path}`,
  });
  return status;
}
const sinceOf = async (name: string) => (await read(`kruiseworkloads/${name}`)).since;
const instance = async () => (await read("kruiseclusters/c1")).agent.instance;

/** Takes the agent away until the hub has noticed, and gives it back. */
async function restartAgent(): Promise<void> {
  const before = await instance();
  await fleet.silence("c1");
  await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Unknown/ReportStale");
  fleet.revive("c1");
  await expect.poll(instance, SOON).not.toBe(before);
}

describe("fault 2: a restart of the agent", () => {
  test("dates no workload anew whose verdict stays", async () => {
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Healthy/AllAvailable");
    fleet.apply("c1", cloneSet({ name: "web", image: "web:broken" }));
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toMatch(/^Degraded\//);
    const [before, since] = [await verdict(fleet.kube, "c1", WEB), await sinceOf(WEB)];
    await restartAgent();
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe(before);
    expect(await sinceOf(WEB)).toBe(since);
  });

  test("needs no manager that knows recalls", async () => {
    // The agent's first report after its start is refused for good, as by a manager of another version.
    const before = await verdict(fleet.kube, "c1", WEB);
    await fleet.silence("c1");
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe("Unknown/ReportStale");
    fleet.hub.server.faults.add({ status: 422, times: 1, matches: isReport });
    fleet.revive("c1");
    await expect.poll(() => verdict(fleet.kube, "c1", WEB), SOON).toBe(before);
  });
});

describe("fault 20: a hub that takes no large reports", () => {
  test.each([413, 507])("is told the same after some answers %i", async (status) => {
    fleet.hub.server.faults.add({ status, times: 3, matches: isReport });
    const name = `large-${status}`;
    fleet.apply("c1", cloneSet({ name, image: "web:1" }));
    await expect.poll(() => verdict(fleet.kube, "c1", `cloneset.shop.${name}`), SOON).toBe("Healthy/AllAvailable");
  });
});
