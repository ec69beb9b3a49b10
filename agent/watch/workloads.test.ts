import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLONE_SET, KindScene, PATH, object } from "../../test/support/kind-scene.ts";
import { SERVED } from "../../test/support/kruise-crds.ts";
import { listOf } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import { scopeOf } from "../scope.ts";

let scene: KindScene;
beforeEach(() => {
  vi.useFakeTimers();
  scene = new KindScene();
});
afterEach(() => {
  scene.stop.abort();
  vi.useRealTimers();
});

describe("WorkloadWatches", () => {
  it("lists a served kind and follows its changes", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    expect(scene.watches.listed).toBe(false);
    await scene.pass(0);
    expect(scene.watches.listed).toBe(true);
    expect(scene.states).toEqual(["Listing", "Watching"]);
    scene.kube.push(PATH, "ADDED", object("c"));
    scene.kube.push(PATH, "DELETED", object("a"));
    await scene.pass(0);
    expect(scene.keys).toEqual(["cloneset.shop.b", "cloneset.shop.c"]);
  });

  it("keeps the old rows through a new list and drops at its end what it did not name", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.items = [object("b"), object("d")];
    scene.kube.push(PATH, "BOOKMARK", { metadata: { resourceVersion: "9" } });
    await scene.pass(0);
    scene.watches.serve(CLONE_SET, { ...SERVED, version: "v1beta1" });
    expect(scene.keys).toEqual(["cloneset.shop.a", "cloneset.shop.b"]);
    expect(scene.watches.listed).toBe(true);
    await scene.pass(0);
    expect(scene.keys).toEqual(["cloneset.shop.b", "cloneset.shop.d"]);
  });

  it("goes on with its watch when a CRD changes in what is not read", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    const requests = scene.kube.requests.length;
    scene.watches.serve(CLONE_SET, { ...SERVED, others: ["v1beta1"], converts: true });
    await scene.pass(0);
    expect(scene.kube.requests.length).toBe(requests);
    scene.kube.push(PATH, "ADDED", object("c"));
    await scene.pass(0);
    expect(scene.keys).toContain("cloneset.shop.c");
  });

  it("leaves out what is in an ignored namespace, in lists and in watches, and goes on with the rest", async () => {
    const { isIgnored } = scopeOf({ KINDS: "", IGNORE_NAMESPACES: "shop-b,test-*" });
    const inNamespace = (namespace: string): unknown => {
      const clone = object("x") as { metadata: object };
      return { ...clone, metadata: { ...clone.metadata, namespace } };
    };
    scene.isIgnored = isIgnored;
    scene.items = [inNamespace("shop-b"), object("a"), inNamespace("test-")];
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    expect(scene.keys).toEqual(["cloneset.shop.a"]);
    scene.kube.push(PATH, "ADDED", inNamespace("test-1"));
    scene.kube.push(PATH, "DELETED", inNamespace("test-"));
    scene.kube.push(PATH, "ADDED", inNamespace("shop-bb"));
    await scene.pass(0);
    expect(scene.keys).toEqual(["cloneset.shop.a", "cloneset.shop-bb.x"]);
    expect(scene.watches.listed).toBe(true);
  });

  it("names the kinds in one order, however they became known", () => {
    for (const kind of KRUISE_KINDS.toReversed()) scene.watches.serve(kind, { state: "NotInstalled" });
    expect(scene.watches.states().map(({ kind }) => kind)).toEqual(KRUISE_KINDS.map(({ kind }) => kind));
    expect(scene.watches.listed).toBe(true);
  });

  it("forgets the rows of a kind that is no longer installed", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.watches.serve(CLONE_SET, { state: "NotInstalled" });
    expect(scene.keys).toEqual([]);
    expect(scene.watches.states()).toEqual([{ kind: "CloneSet", group: "apps.kruise.io", state: "NotInstalled" }]);
    scene.kube.push(PATH, "ADDED", object("c"));
    await scene.pass(0);
    expect(scene.keys).toEqual([]);
  });

  it("says Forbidden when it may not list, and goes on by itself once it may", async () => {
    scene.error = new ApiError("clonesets is forbidden", { status: 403, reason: "Forbidden" });
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    expect(scene.watches.states()).toEqual([
      {
        kind: "CloneSet",
        group: "apps.kruise.io",
        version: "v1alpha1",
        state: "Forbidden",
        message: "clonesets is forbidden",
      },
    ]);
    scene.error = undefined;
    await scene.pass(60_000);
    expect(scene.states).toEqual(["Listing", "Forbidden", "Watching"]);
    expect(scene.keys.length).toBe(2);
  });

  it("says Failing at once for a kind that was never listed", async () => {
    scene.error = new ApiError("m".repeat(500), { status: 500, reason: "InternalError" });
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    expect(scene.watches.states()[0]).toMatchObject({ state: "Failing", message: "m".repeat(160) });
  });

  it("does not call a kind Failing for a watch that breaks and comes back", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.kube.break(PATH);
    await scene.pass(5000);
    scene.kube.push(PATH, "ADDED", object("c"));
    await scene.pass(0);
    expect(scene.states).toEqual(["Listing", "Watching"]);
    expect(scene.keys).toContain("cloneset.shop.c");
  });

  it("calls a kind Failing whose watch is refused for half a minute, and Watching again a second after it opens", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.kube.refusal = new ApiError("no route", { status: 0, reason: "NoAnswer" });
    scene.kube.break(PATH);
    await scene.pass(29_000);
    expect(scene.states).toEqual(["Listing", "Watching"]);
    await scene.pass(60_000);
    expect(scene.states).toEqual(["Listing", "Watching", "Failing"]);
    scene.kube.refusal = undefined;
    await scene.pass(31_000);
    expect(scene.states).toEqual(["Listing", "Watching", "Failing", "Watching"]);
    expect(scene.keys.length).toBe(2);
  });

  it("is not taken in by a server that accepts a watch only to end it with an error", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    for (let i = 0; i < 3; i++) {
      scene.kube.push(PATH, "ERROR", { kind: "Status", code: 429, reason: "TooManyRequests" });
      await scene.pass(500);
    }
    // Each attempt finds an error that waits for it.
    for (let i = 0; i < 40; i++) {
      scene.kube.push(PATH, "ERROR", { kind: "Status", code: 429, reason: "TooManyRequests" });
    }
    await scene.pass(60_000);
    expect(scene.states).toEqual(["Listing", "Watching", "Failing"]);
  });

  it("keeps the first words of a trouble while only its details differ", async () => {
    scene.error = new ApiError("dial 10.0.0.1:40001: refused", { status: 500, reason: "InternalError" });
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    scene.error = new ApiError("dial 10.0.0.1:40002: refused", { status: 500, reason: "InternalError" });
    await scene.pass(60_000);
    expect(scene.told.map(({ message }) => message)).toEqual([undefined, "dial 10.0.0.1:40001: refused"]);
  });

  it("lists one kind after another, and does not wait for a kind whose list gets no answer", async () => {
    const [, second, third] = KRUISE_KINDS as [KruiseKind, KruiseKind, KruiseKind];
    const held = Promise.withResolvers<unknown>();
    scene.answer = ({ path }) => (path === PATH ? held.promise : listOf([]));
    for (const kind of [CLONE_SET, second, third]) scene.watches.serve(kind, SERVED);
    const lists = (): string[] => scene.kube.requests.map(({ path }) => path.split("/").at(-1) ?? "");
    await scene.pass(4_999);
    expect(lists()).toEqual(["clonesets"]);
    await scene.pass(1);
    expect(lists()).toEqual(["clonesets", second.plural, third.plural]);
    expect(scene.watches.states().map(({ state }) => state)).toEqual(["Listing", "Watching", "Watching"]);
    held.resolve(listOf(scene.items));
    await scene.pass(0);
    expect(scene.watches.states().map(({ state }) => state)).toEqual(["Watching", "Watching", "Watching"]);
  });
});
