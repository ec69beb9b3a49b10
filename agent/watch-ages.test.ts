import { beforeEach, describe, expect, it } from "vitest";
import { ScriptedKube, listOf } from "../test/support/scripted-kube.ts";
import { WatchAges } from "./watch-ages.ts";

const PATH = "/apis/apps.kruise.io/v1alpha1/clonesets";
let nowMs: number;
let ages: WatchAges;
let server: ScriptedKube;
beforeEach(() => {
  nowMs = 0;
  ages = new WatchAges({ monotonicMs: () => nowMs, wallMs: () => 0 });
  server = new ScriptedKube(() => listOf([]));
});

describe("fault 19: the age of what a lagging watch has brought", () => {
  it("counts from the last list or line of a kind, and only of the kinds that are asked for", async () => {
    const kube = ages.listening(server);
    await kube.request({ method: "GET", path: PATH });
    await kube.request({ method: "GET", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions" });
    nowMs = 4000;
    expect(ages.seconds(["CloneSet", "SidecarSet"])).toEqual([["CloneSet", 4]]);
    expect(ages.seconds([])).toEqual([]);
    const lines = kube.open({ method: "GET", path: PATH });
    server.push(PATH, "BOOKMARK", {});
    await lines.next();
    nowMs = 5000;
    expect(ages.seconds(["CloneSet"])).toEqual([["CloneSet", 1]]);
    await lines.return();
  });

  it("grows while lists fail", async () => {
    const failing = ages.listening(
      new ScriptedKube(() => {
        throw new Error("away");
      }),
    );
    await ages.listening(server).request({ method: "GET", path: PATH });
    nowMs = 9000;
    await expect(failing.request({ method: "GET", path: PATH })).rejects.toThrow("away");
    expect(ages.seconds(["CloneSet"])).toEqual([["CloneSet", 9]]);
  });
});
