// The Events that people see with `kubectl describe` on a ManagedClusterAddOn: the story of enabling it, one Warning when
// it falls silent, and nothing new because a manager has restarted.
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADDONS } from "./actors/hub.ts";
import { at, stringOf } from "./apiserver/json.ts";
import { startFleet } from "./fleet.ts";
import type { LocalFleet } from "./fleet.ts";
import { conditions } from "./hub-views.ts";
import { strangersRequest } from "./strangers-request.ts";

const SOON = { timeout: 20_000, interval: 50 };
let fleet: LocalFleet;

beforeAll(async () => {
  fleet = await startFleet({ clusters: ["c1"], speed: 20, log: pino({ level: process.env["FLEET_LOG"] ?? "silent" }) });
});
afterAll(async () => fleet.stop());

/** Every Event about the add-on: "Type Reason: message". */
function told(): string[] {
  const { storage } = fleet.hub.server.registry;
  const uid = storage.get(ADDONS, "c1", "kruise-health")?.metadata.uid;
  return storage
    .list("events", "c1")
    .filter((event) => at(event["involvedObject"], "uid") === uid)
    .map((event) => `${stringOf(event["type"])} ${stringOf(event["reason"])}: ${stringOf(event["message"])}`);
}

test("tell how an add-on came to report, a restart of the manager adds nothing, and silence is one Warning", async () => {
  fleet.enable("c1");
  await expect
    .poll(() => conditions(fleet.kube, "c1"), SOON)
    .toMatchObject({
      Available: "True/ManagedClusterAddOnLeaseUpdated",
      WorkloadsHealthy: "True/AllHealthy",
      Reporting: "True/ReportsArrive",
    });
  await expect
    .poll(told, SOON)
    .toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Normal SetPermissionApplied: RegistrationApplied=True: /),
        expect.stringMatching(/^Normal AddonManifestApplied: ManifestApplied=True: /),
        "Normal ReportsArrive: Reporting=True: Reports arrive",
        expect.stringMatching(/^Normal ManagedClusterAddOnLeaseUpdated: Available=True: /),
        expect.stringMatching(/^Normal AllHealthy: WorkloadsHealthy=True: /),
      ]),
    );
  expect(told().filter((event) => event.startsWith("Warning"))).toEqual([]);

  const story = told().length;
  await fleet.restartManager();
  await fleet.silence("c1");
  await expect
    .poll(() => told().filter((event) => event.startsWith("Warning")), SOON)
    .toEqual([expect.stringMatching(/^Warning \w+: .*Reporting=False.*: (The last report came|No report has come) /)]);
  expect(told()).toHaveLength(story + 1);
});

test("tell of a certificate request that is not approved, once", async () => {
  const { registry } = fleet.hub.server;
  const refusals = () => told().filter((event) => event.includes("SigningRequestRefused"));
  registry.create(strangersRequest(), { manager: "user", user: { name: "mallory", groups: [] } });
  await expect
    .poll(refusals, SOON)
    .toEqual([
      'Warning SigningRequestRefused: CertificateSigningRequest strange is not approved: requester "mallory" is not the klusterlet of cluster "c1"',
    ]);
  // Each change of the add-on has the request looked at again.
  const before = told().length;
  fleet.revive("c1");
  await expect.poll(() => told().length, SOON).toBeGreaterThan(before);
  expect(refusals()).toHaveLength(1);
});
