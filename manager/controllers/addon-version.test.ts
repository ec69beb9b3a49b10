import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { ApiError, fromStatus } from "../../shared/kube/errors.ts";
import type { AddonVersion } from "../ocm/addon-api.ts";
import { ADDON_APIS } from "../ocm/addon-api.ts";
import { chooseAddonApi, VersionGuard } from "./addon-version.ts";

const GROUP = "/apis/addon.open-cluster-management.io";
const log = pino({ level: "silent" });
const unknownPath = fromStatus("GET addons", 404, "404 page not found");
const forbidden = new ApiError("GET: 403", { status: 403, reason: "Forbidden" });
const noConversion = fromStatus("GET addons", 500, {
  kind: "Status",
  message: "conversion webhook for addon.open-cluster-management.io/v1alpha1 failed: connection refused",
});

/** A hub that serves these versions; undefined: has not heard of the group. `broken` ones need a webhook that is down. */
function hub(served: string[] | Error | undefined, broken: string[] = []) {
  return new ScriptedKube(({ path }) => {
    if (path === GROUP) {
      if (served instanceof Error) throw served;
      if (served === undefined) throw unknownPath;
      return { kind: "APIGroup", versions: served.map((version) => ({ version })) };
    }
    if (broken.includes(path.split("/")[3] ?? "")) throw noConversion;
    return { items: [] };
  });
}

let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

describe("chooseAddonApi()", () => {
  const choose = async (kube: ScriptedKube, addonApiVersion: AddonVersion | "auto" = "auto") =>
    (await chooseAddonApi({ kube, log, addonApiVersion }, stop.signal)).version;

  test.each([
    { name: "v1alpha1 while the hub serves both", served: ["v1beta1", "v1alpha1"], broken: [], chosen: "v1alpha1" },
    { name: "v1alpha1 on an old hub", served: ["v1alpha1"], broken: [], chosen: "v1alpha1" },
    { name: "v1beta1 on a hub without the other", served: ["v2", "v1beta1"], broken: [], chosen: "v1beta1" },
    {
      name: "v1beta1 where v1alpha1 needs a conversion webhook that is down",
      served: ["v1alpha1", "v1beta1"],
      broken: ["v1alpha1"],
      chosen: "v1beta1",
    },
    { name: "v1alpha1 where discovery is hidden", served: forbidden, broken: [], chosen: "v1alpha1" },
  ])("takes $name", async ({ served, broken, chosen }) => {
    expect(await choose(hub(served, broken))).toBe(chosen);
  });

  test("asks nothing when the user has chosen", async () => {
    const kube = hub(undefined);
    expect(await choose(kube, "v1beta1")).toBe("v1beta1");
    expect(kube.requests).toEqual([]);
  });

  test("asks the hub once for its versions, and for one object at most", async () => {
    const kube = hub(["v1alpha1", "v1beta1"]);
    await choose(kube);
    expect(kube.requests.map(({ path }) => path)).toEqual([GROUP, `${GROUP}/v1alpha1/managedclusteraddons`]);
    expect(kube.requests[1]?.query).toEqual({ fieldSelector: "metadata.name=kruise-health", limit: 1 });
  });

  test("waits until OCM is installed and the hub answers", async () => {
    const answers = [undefined, new ApiError("500", { status: 500, reason: "InternalError" }), ["v1beta1"]];
    const kube = new ScriptedKube(({ path, ...rest }) => hub(answers.shift()).request({ path, ...rest }));
    const chosen = choose(kube);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await chosen).toBe("v1beta1");
  });

  test("ends with the term", async () => {
    const chosen = choose(hub(undefined)).catch((cause: unknown) => String(cause));
    await vi.advanceTimersByTimeAsync(10_000);
    stop.abort(new Error("over"));
    expect(await chosen).toBe("Error: over");
  });
});

describe("VersionGuard", () => {
  /** Says whether the term has ended after this trouble, and with how many requests. */
  async function doubted(
    error: Error,
    { served = ["v1beta1"], setting = "auto" as AddonVersion | "auto", times = 1 } = {},
  ) {
    const kube = hub(served);
    const guard = new VersionGuard({ kube, log, addonApiVersion: setting }, ADDON_APIS.v1alpha1);
    let end: unknown;
    guard.run(stop.signal).catch((cause: unknown) => (end = cause));
    for (let i = 0; i < times; i++) guard.doubt(error);
    await vi.advanceTimersByTimeAsync(0);
    return { end: end instanceof Error ? end.message : end, requests: kube.requests.length };
  }

  test("ends the term when the hub has gone on to another version", async () => {
    expect(await doubted(unknownPath, { times: 3 })).toEqual({
      end: expect.stringContaining("can no longer serve addon.open-cluster-management.io/v1alpha1") as string,
      requests: 1,
    });
  });

  test.each([
    { name: "the version is still served", error: unknownPath, options: { served: ["v1alpha1"] }, requests: 1 },
    { name: "OCM is being installed anew", error: unknownPath, options: { served: [] }, requests: 1 },
    { name: "the trouble is another", error: forbidden, options: {}, requests: 0 },
    { name: "the user has chosen", error: unknownPath, options: { setting: "v1alpha1" as const }, requests: 0 },
  ])("goes on when $name", async ({ error, options, requests }) => {
    expect(await doubted(error, options)).toEqual({ end: undefined, requests });
  });

  test("ends with the term", async () => {
    const running = new VersionGuard({ kube: hub([]), log, addonApiVersion: "auto" }, ADDON_APIS.v1alpha1).run(
      stop.signal,
    );
    stop.abort(new Error("over"));
    await expect(running).rejects.toThrow("over");
  });
});
