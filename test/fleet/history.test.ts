// How a workload and a cluster came to what they are now, as a hub user reads it: no database keeps it, and no restart
// loses it.
import { pino } from "pino";
import * as z from "zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectPath } from "../../shared/kube/paths.ts";
import { GROUP, VERSION } from "../../shared/wire/group.ts";
import { writeStatus } from "./actors/conditions.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { conditions, verdict } from "./hub-views.ts";
import { cloneSet, shop } from "./workloads.ts";

const SOON = { timeout: 15_000, interval: 25 };
/** OpenKruise itself is looked at every ten seconds. */
const TEST_MS = 60_000;
const NAMES = ["c1", "down"];
const WEB = "cloneset.shop.web";
const Period = z.object({
  type: z.string().optional(),
  health: z.string().optional(),
  reason: z.string(),
  since: z.string(),
  until: z.string(),
});
const Status = z.object({
  state: z.string().optional(),
  agent: z.object({ instance: z.string() }).optional(),
  since: z.string().optional(),
  history: z.array(Period).default([]),
});

let fleet: LocalFleet;

beforeAll(async () => {
  fleet = await startFleet({
    clusters: NAMES,
    speed: 20,
    log: pino({ level: process.env["FLEET_LOG"] ?? "silent" }),
    settings: { UPDATE_STALLED_AFTER_SECONDS: "2", UNAVAILABLE_AFTER_SECONDS: "2" },
  });
  fleet.cluster("c1").server.registry.create(shop(), { manager: "user" });
  fleet.apply("c1", cloneSet({ name: "web", image: "web:1" }));
  setKruiseManagers(0);
  for (const name of NAMES) fleet.enable(name);
});
afterAll(async () => fleet.stop());

/** How many pods of OpenKruise's manager are ready in the cluster "down". */
function setKruiseManagers(ready: number): void {
  const { registry } = fleet.cluster("down").server;
  const isManager = (name: string): boolean => name === "kruise-controller-manager";
  const deployment = registry.storage.list("deployments.apps").find(({ metadata }) => isManager(metadata.name));
  if (deployment === undefined) throw new Error("the manager of OpenKruise is not there");
  const fields = { replicas: 2, readyReplicas: ready, availableReplicas: ready, updatedReplicas: 2 };
  writeStatus(registry, deployment, "deployment-controller", { fields });
}

async function statusOf(plural: string, namespace: string, name: string): Promise<z.infer<typeof Status>> {
  const path = objectPath({ group: GROUP, version: VERSION, plural }, { namespace, name });
  const { status } = await fleet.kube.request<{ status: unknown }>({ method: "GET", path });
  return Status.parse(status);
}
const web = () => statusOf("kruiseworkloads", "c1", WEB);
const cluster = (name: string) => statusOf("kruiseclusters", name, name);
const verdictOfWeb = () => verdict(fleet.kube, "c1", WEB);
const stateOf = (name: string) => async () => (await cluster(name)).state;
/** Of one condition: reasons. On a busy machine a cluster may be Stale for a moment that no test asked for. */
const historyOf = (name: string, condition: string) => async () => {
  const { history } = await cluster(name);
  return history.filter(({ type }) => type === condition).map(({ reason }) => reason);
};

test(
  "how it came to a verdict can be read afterwards, whoever has restarted meanwhile",
  async () => {
    await expect
      .poll(async () => conditions(fleet.kube, "down"), SOON)
      .toMatchObject({ KruiseReady: "False/ManagerUnavailable" });
    setKruiseManagers(2);

    await expect.poll(verdictOfWeb, SOON).toBe("Healthy/AllAvailable");
    fleet.apply("c1", cloneSet({ name: "web", image: "web:broken" }));
    await expect.poll(verdictOfWeb, SOON).toBe("Degraded/UpdateStalled");
    fleet.apply("c1", cloneSet({ name: "web", image: "web:2" }));
    await expect.poll(verdictOfWeb, SOON).toBe("Healthy/AllAvailable");
    const told = await web();
    const healths = told.history.map(({ health }) => health).filter((health, i, all) => health !== all[i - 1]);
    expect(healths.slice(0, 4)).toEqual(["Progressing", "Degraded", "Progressing", "Healthy"]);
    const begins = [told, ...told.history].map(({ since }) => since);
    expect(told.history.map(({ until }) => until)).toEqual(begins.slice(0, -1));
    await expect.poll(historyOf("down", "KruiseReady"), SOON).toEqual(["ManagerUnavailable"]);

    await fleet.restartManager();
    await expect.poll(web, SOON).toEqual(told);
    await expect.poll(historyOf("down", "KruiseReady"), SOON).toEqual(["ManagerUnavailable"]);

    const former = await cluster("down");
    await Promise.all(NAMES.map((name) => fleet.silence(name)));
    for (const name of NAMES) await expect.poll(stateOf(name), SOON).toBe("Stale");
    for (const name of NAMES) fleet.revive(name);
    for (const name of NAMES) await expect.poll(stateOf(name), SOON).toBe("Fresh");
    await expect.poll(web, SOON).toEqual(told);

    const latter = await cluster("down");
    expect(latter.agent).not.toEqual(former.agent);
    const period = ({ history }: typeof former) => history.find(({ type }) => type === "KruiseReady");
    expect(period(latter)).toEqual(period(former));
    expect((await historyOf("down", "Reporting")()).slice(0, 2)).toEqual(["ReportStale", "Reporting"]);
    const [silent, before] = latter.history.filter(({ type }) => type === "Reporting");
    expect(silent?.since).toBe(before?.until);
  },
  TEST_MS,
);
