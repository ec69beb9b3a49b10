import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedKube, listOf } from "../../test/support/scripted-kube.ts";
import { DEFAULT_THRESHOLDS } from "../../shared/health/thresholds.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KindState } from "../../shared/wire/report.ts";
import { Workloads } from "../workloads.ts";
import { WorkloadWatches } from "./workloads.ts";

const PATH = "/apis/apps.kruise.io/v1alpha1/clonesets";
const CLONE_SET = KRUISE_KINDS[0] as (typeof KRUISE_KINDS)[number];
const SERVED = { state: "Served", version: "v1alpha1", stored: true, others: [], converts: false } as const;

function object(name: string, resourceVersion = "2"): unknown {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", uid: name, resourceVersion, generation: 1 },
  };
}

class Scene {
  items = [object("a"), object("b")];
  error: Error | undefined;
  readonly told: KindState[] = [];
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube(() => {
    if (this.error !== undefined) throw this.error;
    return listOf(this.items);
  });
  readonly workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: () => undefined });
  readonly watches = new WorkloadWatches(
    {
      kube: this.kube,
      workloads: this.workloads,
      clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
      nowMs: () => Date.now(),
      log: pino({ level: "silent" }),
      onState: (state) => void this.told.push(state),
    },
    this.stop.signal,
  );

  get keys(): string[] {
    return [...this.workloads.candidates.records.keys()];
  }

  get states(): string[] {
    return this.told.map(({ state }) => state);
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers();
  scene = new Scene();
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
    expect(scene.watches.served()).toEqual([
      { kind: CLONE_SET, served: { ...SERVED, others: ["v1beta1"], converts: true } },
    ]);
    scene.kube.push(PATH, "ADDED", object("c"));
    await scene.pass(0);
    expect(scene.keys).toContain("cloneset.shop.c");
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

  it("calls a kind Failing whose watch breaks for half a minute; any line, a bookmark too, ends that", async () => {
    scene.watches.serve(CLONE_SET, SERVED);
    await scene.pass(0);
    // Longer than any pause between two attempts, so that each attempt breaks.
    for (let i = 0; i < 3; i++) {
      scene.kube.break(PATH);
      await scene.pass(31_000);
    }
    expect(scene.states).toEqual(["Listing", "Watching", "Failing"]);
    await scene.pass(60_000);
    scene.kube.push(PATH, "BOOKMARK", { metadata: { resourceVersion: "9" } });
    await scene.pass(1);
    expect(scene.states).toEqual(["Listing", "Watching", "Failing", "Watching"]);
    expect(scene.keys.length).toBe(2);
  });
});
