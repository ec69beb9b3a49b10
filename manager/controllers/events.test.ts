// Which transitions are told, as what, and that nothing is told twice or of the past.
import { describe, expect, test } from "vitest";
import type { Condition } from "../../shared/kube/types.ts";
import type { ManagedClusterAddOn, SigningRequest } from "../ocm/types.ts";
import type { Telling } from "./event-recorder.ts";
import { AddonEvents, planEvents } from "./events.ts";
import type { Said } from "./events.ts";
import { addon, cluster, CLUSTER, NOW } from "./objects.fixture.ts";

/** "Type=Status/Reason message" as a condition. */
function condition(text: string): Condition {
  const [, type = "", status = "", reason = "", message = ""] = /^(\w+)=(\w+)\/(\w+) ?(.*)$/.exec(text) ?? [];
  return { type, status: status as Condition["status"], reason, message, lastTransitionTime: NOW };
}

const said = (...texts: string[]) =>
  new Map(texts.map(condition).map(({ type, status, reason }): [string, Said] => [type, { status, reason }]));
const brief = ({ type, reason, message }: Telling) => `${type} ${reason}: ${message}`;
const plan = (before: string[], now: string[]) => planEvents(said(...before), now.map(condition)).map(brief);

describe("planEvents()", () => {
  test.each<{ what: string; before: string[]; now: string[]; told: string[] }>([
    {
      what: "a change of status",
      before: ["Reporting=True/ReportsArrive"],
      now: ["Reporting=False/ReportStale The last report came at noon"],
      told: ["Warning ReportStale: Reporting=False: The last report came at noon"],
    },
    {
      what: "a recovery as Normal",
      before: ["Reporting=False/ReportStale"],
      now: ["Reporting=True/ReportsArrive Reports arrive"],
      told: ["Normal ReportsArrive: Reporting=True: Reports arrive"],
    },
    {
      what: "a change of reason alone",
      before: ["KruiseReady=False/ManagerMissing"],
      now: ["KruiseReady=False/ManagerUnavailable x"],
      told: ["Warning ManagerUnavailable: KruiseReady=False: x"],
    },
    {
      what: "no change of message alone",
      before: ["WorkloadsHealthy=False/WorkloadsDegraded"],
      now: ["WorkloadsHealthy=False/WorkloadsDegraded 2 of 5"],
      told: [],
    },
    {
      what: "what changes together with one message as one",
      before: ["WorkloadsHealthy=True/AllHealthy", "Degraded=False/AsExpected", "KruiseReady=True/Ready"],
      now: [
        "KruiseReady=True/Ready",
        "WorkloadsHealthy=False/WorkloadsDegraded x",
        "Degraded=True/WorkloadsDegraded x",
      ],
      told: ["Warning WorkloadsDegraded: WorkloadsHealthy=False, Degraded=True: x"],
    },
    {
      what: "silence as one, though the conditions give two reasons for it",
      before: ["Reporting=True/ReportsArrive", "KruiseReady=True/Ready"],
      now: ["Reporting=False/NoReport none came", "KruiseReady=Unknown/ReportStale none came"],
      told: ["Warning NoReport: Reporting=False, KruiseReady=Unknown: none came"],
    },
    {
      what: "the end of Degraded as good news",
      before: ["Degraded=True/WorkloadsDegraded"],
      now: ["Degraded=False/AsExpected fine"],
      told: ["Normal AsExpected: Degraded=False: fine"],
    },
    {
      what: "the first steps of an add-on as Normal",
      before: [],
      now: [
        "RegistrationApplied=False/PermissionConfigPending waits",
        "Available=Unknown/ManagedClusterAddOnLeaseNotFound",
        "KruiseReady=False/NotInstalled none",
        "WorkloadsHealthy=Unknown/NothingListedYet soon",
      ],
      told: [
        "Normal PermissionConfigPending: RegistrationApplied=False: waits",
        "Normal ManagedClusterAddOnLeaseNotFound: Available=Unknown",
        "Normal NotInstalled: KruiseReady=False: none",
        "Normal NothingListedYet: WorkloadsHealthy=Unknown: soon",
      ],
    },
    {
      what: "a first trouble as a Warning",
      before: [],
      now: ["Reporting=False/NoReport none", "ManifestApplied=False/ManifestWorkApplyFailed bad variable"],
      told: [
        "Warning NoReport: Reporting=False: none",
        "Warning ManifestWorkApplyFailed: ManifestApplied=False: bad variable",
      ],
    },
    {
      what: "the loss of what was there as a Warning",
      before: ["KruiseReady=True/Ready"],
      now: ["KruiseReady=False/NotInstalled gone"],
      told: ["Warning NotInstalled: KruiseReady=False: gone"],
    },
    {
      what: "no condition that is OCM's own story",
      before: [],
      now: ["Configured=True/ConfigurationsConfigured", "Progressing=True/Progressing", "toString=True/X"],
      told: [],
    },
  ])("tells $what", ({ before, now, told }) => {
    expect(plan(before, now)).toEqual(told);
  });
});

describe("AddonEvents", () => {
  function scene() {
    const told: string[] = [];
    const forgotten: string[] = [];
    const listed = { addons: false, requests: false };
    const state: { addon?: ManagedClusterAddOn | undefined; requests: Set<string> } = { requests: new Set() };
    const events = new AddonEvents({
      recorder: {
        record: (target, telling) => told.push(`${target.metadata.uid} ${telling.reason}`),
        forget: (uid) => forgotten.push(uid),
      },
      findAddon: () => state.addon,
      findCluster: () => cluster(),
      findRequest: (name) => (state.requests.has(name) ? ({} as SigningRequest) : undefined),
      isListed: () => listed,
    });
    const show = (conditions: string[], metadata: object = {}) => {
      state.addon = addon({ conditions: conditions.map(condition) }, { metadata });
      events.addonChanged(CLUSTER);
    };
    return { events, told, forgotten, listed, state, show };
  }

  test("tells nothing of what the first listing shows, and every change after it once", () => {
    const { told, listed, show } = scene();
    show(["Reporting=True/ReportsArrive"]);
    listed.addons = true;
    show(["Reporting=True/ReportsArrive"]);
    expect(told).toEqual([]);
    show(["Reporting=False/ReportStale"]);
    show(["Reporting=False/ReportStale"]);
    expect(told).toEqual(["uid-addon ReportStale"]);
  });

  test("tells the story of an add-on that appears later from its beginning", () => {
    const { told, listed, show } = scene();
    listed.addons = true;
    show([]);
    show(["RegistrationApplied=True/SetPermissionApplied"]);
    expect(told).toEqual(["uid-addon SetPermissionApplied"]);
  });

  test("takes a condition that was away and is back as it was for no change", () => {
    const { told, listed, show } = scene();
    show(["ManifestApplied=True/AddonManifestApplied"]);
    listed.addons = true;
    show([]);
    show(["ManifestApplied=True/AddonManifestApplied"]);
    expect(told).toEqual([]);
  });

  test("begins anew with a new object, and tells nothing of one that goes", () => {
    const { events, told, forgotten, listed, state, show } = scene();
    show(["Reporting=True/ReportsArrive"]);
    listed.addons = true;
    show(["Reporting=False/NoReport"], { deletionTimestamp: NOW });
    state.addon = undefined;
    events.addonChanged(CLUSTER);
    expect(told).toEqual([]);
    show(["Reporting=True/ReportsArrive"], { uid: "uid-2" });
    expect(told).toEqual(["uid-2 ReportsArrive"]);
    expect(forgotten).toEqual(["uid-addon"]);
  });

  test("tells a refused request once, and none that was there before this term", () => {
    const { events, told, listed, state, show } = scene();
    show([]);
    state.requests = new Set(["old", "new"]);
    events.requestChanged("old");
    listed.requests = true;
    events.requestChanged("new");
    for (const request of ["old", "new", "new"]) events.requestRefused({ request, cluster: CLUSTER, why: "foreign" });
    expect(told).toEqual(["uid-addon SigningRequestRefused"]);
  });

  test("does not tell of a request that came before OCM has adopted the add-on", () => {
    const { events, told, listed, state, show } = scene();
    listed.requests = true;
    show([], { ownerReferences: [] });
    state.requests = new Set(["early"]);
    events.requestRefused({ request: "early", cluster: CLUSTER, why: "no add-on" });
    expect(told).toEqual([]);
    show([]);
    events.requestRefused({ request: "early", cluster: CLUSTER, why: "foreign" });
    expect(told).toEqual(["uid-addon SigningRequestRefused"]);
  });
});
