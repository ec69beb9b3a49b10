import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLONE_SET, KindScene, PATH, object } from "../../test/support/kind-scene.ts";
import { SERVED } from "../../test/support/kruise-crds.ts";
import { listOf } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import { observe } from "../../shared/kruise/observe.ts";

let scene: KindScene;
beforeEach(() => {
  vi.useFakeTimers();
  scene = new KindScene();
});
afterEach(() => {
  scene.stop.abort();
  vi.useRealTimers();
});

describe("faults of a watched kind", () => {
  const expired = { kind: "Status", code: 410, reason: "Expired" };

  it("fault 11: poison objects cost their own verdict and no other", async () => {
    const huge = "x".repeat(1_000_000);
    let deep: unknown = { status: "True" };
    for (let i = 0; i < 5_000; i++) deep = [deep];
    const conditions = Array.from({ length: 10_000 }, (_, i) => ({ type: `T${i}`, status: "Maybe", message: huge }));
    const poison = [
      { ...(object("many") as object), status: { conditions } },
      { ...(object("deep") as object), spec: { template: deep }, status: { conditions: [deep] } },
      {
        ...(object("odd") as object),
        spec: { replicas: "NaN" },
        status: { replicas: Number.POSITIVE_INFINITY, observedGeneration: -0 },
      },
      { ...(object("huge") as object), spec: { template: { spec: { containers: [{ name: huge, image: huge }] } } } },
      { ...(object("utf") as object), status: { conditions: [{ type: "\ud800\ufffd\u0000", status: "True" }] } },
      {
        ...(object("breaks") as object),
        get spec() {
          throw new RangeError("Maximum call stack size exceeded");
        },
      },
      ["no object"],
    ];
    scene.items = [object("a"), ...poison.slice(0, 3), object("b")];
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    expect(scene.states).toEqual(["Listing", "Watching"]);
    for (const one of poison.slice(3, 5)) scene.kube.push(PATH, "ADDED", one);
    scene.kube.push(PATH, "ADDED", object("c"));
    await scene.pass(0);
    expect(scene.states).toEqual(["Listing", "Watching"]);
    const names = ["a", "many", "deep", "odd", "b", "huge", "utf", "c"];
    expect(scene.keys).toEqual(names.map((name) => `cloneset.shop.${name}`));
    scene.items = [object("a"), ...poison.slice(5), object("b")];
    scene.kube.push(PATH, "ERROR", expired);
    await scene.pass(2_000);
    expect(scene.keys.toSorted()).toEqual([".", "cloneset.shop.a", "cloneset.shop.b", "cloneset.shop.breaks"]);
    expect(scene.workloads.candidates.records.get("cloneset.shop.breaks")?.record.h).toBe("Unknown");
  });

  it("fault 12: a removed CRD ends in no error loop, whoever is the first to say so", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.error = new ApiError("not found", { status: 404, reason: "NotFound" });
    scene.kube.refusal = scene.error;
    scene.kube.break(PATH);
    await scene.pass(5_000);
    scene.watches.serve(CLONE_SET, { state: "NotInstalled" });
    const requests = scene.kube.requests.length;
    await scene.pass(600_000);
    expect(scene.kube.requests.length).toBe(requests);
    expect([scene.states.at(-1), scene.keys]).toEqual(["NotInstalled", []]);
    expect(scene.states).not.toContain("Failing");
  });

  it("fault 14: a kind whose versions we cannot read says so and shows no old Healthy", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.watches.serve(CLONE_SET, { state: "Unreadable", message: "served versions: v2; readable are v1beta1" });
    expect(scene.keys).toEqual([]);
    expect(scene.watches.states()).toEqual([
      {
        kind: "CloneSet",
        group: "apps.kruise.io",
        state: "UnsupportedVersion",
        message: "served versions: v2; readable are v1beta1",
      },
    ]);
    expect(scene.watches.listed).toBe(true);
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    expect(scene.keys.length).toBe(2);
  });

  it("fault 15: a server that asks for patience is not asked again before, and is no failing kind", async () => {
    scene.error = new ApiError("busy", { status: 429, reason: "TooManyRequests", retryAfterMs: 20_000 });
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(19_999);
    expect(scene.kube.requests.length).toBe(1);
    scene.error = undefined;
    await scene.pass(2_000);
    expect(scene.states).toEqual(["Listing", "Watching"]);
  });

  it("fault 16: a kind that is listed again keeps its verdicts, and says so", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    const held = Promise.withResolvers<unknown>();
    scene.answer = () => held.promise;
    scene.kube.push(PATH, "ERROR", expired);
    await scene.pass(2_000);
    expect(scene.watches.states()[0]).toMatchObject({ state: "Listing", message: expect.stringContaining("before") });
    expect([scene.keys.length, scene.watches.listed]).toEqual([2, true]);
    held.resolve(listOf([object("b")]));
    await scene.pass(0);
    expect([scene.states.at(-1), scene.keys]).toEqual(["Watching", ["cloneset.shop.b"]]);
  });

  it("fault 16: an API server that has just started, and refuses for a moment what it allows, is no news", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    const before = scene.states.length;
    scene.error = new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    scene.kube.push(PATH, "ERROR", expired);
    await scene.pass(900);
    scene.error = undefined;
    await scene.pass(10_000);
    expect(new Set(scene.states.slice(before))).toEqual(new Set(["Listing", "Watching"]));
  });

  it("fault 31: a kind that may no longer be read costs only itself", async () => {
    const [, other] = KRUISE_KINDS as [KruiseKind, KruiseKind];
    const otherPath = PATH.replace("clonesets", other.plural);
    for (const kind of [CLONE_SET, other]) scene.watches.serve(kind, SERVED);
    scene.answer = ({ path }) => (path === otherPath ? listOf([]) : undefined);
    await scene.pass(0);
    scene.answer = ({ path }) => {
      if (path === otherPath) throw new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    };
    scene.kube.push(otherPath, "ERROR", expired);
    // Longer than any random pause between the refusals that it takes.
    await scene.pass(40_000);
    expect(scene.watches.states().map(({ state }) => state)).toEqual(["Watching", "Forbidden"]);
    scene.kube.push(PATH, "ADDED", object("c"));
    await scene.pass(0);
    expect(scene.keys).toContain("cloneset.shop.c");
    await scene.pass(600_000);
    // Each new attempt is no news.
    expect(scene.states.filter((state) => state === "Forbidden")).toHaveLength(1);
    scene.answer = () => undefined;
    await scene.pass(31_000);
    expect(scene.watches.states().map(({ state }) => state)).toEqual(["Watching", "Watching"]);
  });

  it("says first what the agent may not do, whatever is cut of the API server's sentence", async () => {
    const who = `User "system:serviceaccount:${"n".repeat(63)}:kruise-health-agent"`;
    const sentence = `${who} cannot list resource "clonesets" in API group "apps.kruise.io" at the cluster scope`;
    scene.error = new ApiError(`GET hub/x: 403 Forbidden: ${sentence}`, { status: 403, reason: "Forbidden" });
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(10_000);
    const [{ message = "" } = {}] = scene.watches.states();
    expect(message).toMatch(/^The agent may not list clonesets\.apps\.kruise\.io: GET hub/);
    expect(message).toHaveLength(160);
  });

  it("fault 32: a list that breaks off in the middle removes nothing", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    let broken = 2;
    scene.answer = ({ query }) => {
      if (query?.["continue"] === undefined) {
        return { ...(listOf([object("a")]) as object), metadata: { resourceVersion: "5", continue: "token" } };
      }
      if (broken > 0) {
        broken -= 1;
        throw new ApiError("too old", { status: 410, reason: "Expired" });
      }
      return listOf([object("c")], "5");
    };
    const counts: number[] = [];
    scene.workloads.apply("clonesets", observe(object("b")), Date.now());
    scene.kube.push(PATH, "ERROR", expired);
    for (let i = 0; i < 100; i++) {
      await scene.pass(100);
      counts.push(scene.workloads.byHealth.Unknown + scene.workloads.byHealth.Progressing);
    }
    expect(broken).toBe(0);
    expect(new Set(counts)).toEqual(new Set([2]));
    expect(scene.keys).toEqual(["cloneset.shop.a", "cloneset.shop.c"]);
  });
});

describe("a conversion that fails", () => {
  const complaint = "conversion webhook for apps.kruise.io/v1beta1, Kind=CloneSet failed: refused";
  const failure = { kind: "CloneSet", version: "v1alpha1", message: "CloneSet cannot be read as v1alpha1" };

  it("fault 37: is named when a list says so", async () => {
    scene.error = new ApiError(`GET x: 500 InternalError: ${complaint}`, { status: 500, reason: "InternalError" });
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    expect(scene.watches.states()[0]).toMatchObject({ state: "ConversionFailing", message: complaint });
    scene.error = undefined;
    await scene.pass(31_000);
    expect(scene.states).toEqual(["Listing", "ConversionFailing", "Watching"]);
  });

  it("fault 37: is named of an open watch, which says nothing itself; afterwards the kind is listed again", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.watches.conversionsFail([failure]);
    scene.kube.push(PATH, "BOOKMARK", { metadata: { resourceVersion: "9" } });
    await scene.pass(0);
    expect(scene.watches.states()[0]).toMatchObject({ state: "ConversionFailing", message: failure.message });
    expect([scene.keys.length, scene.watches.listed]).toEqual([2, true]);
    scene.items = [object("b"), object("d")];
    scene.watches.conversionsFail([]);
    await scene.pass(0);
    expect(scene.keys).toEqual(["cloneset.shop.b", "cloneset.shop.d"]);
    expect(scene.watches.states()[0]?.state).toBe("Watching");
  });

  it("concerns only the kind and the version that is read", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.watches.conversionsFail([
      { ...failure, version: "v1beta1" },
      { ...failure, kind: "StatefulSet" },
    ]);
    await scene.pass(0);
    expect(scene.states).toEqual(["Listing", "Watching"]);
  });
});
