import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SERVED } from "../../test/support/kruise-crds.ts";
import { ScriptedKube, listOf } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import { scopeOf } from "../scope.ts";
import { EventWatches } from "./events.ts";

const PATH = "/api/v1/events";

function kindNamed(name: string): KruiseKind {
  const kind = KRUISE_KINDS.find((known) => known.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

function event(name: string, apiVersion = "apps.kruise.io/v1alpha1"): unknown {
  return {
    metadata: { name: `${name}.17`, namespace: "shop", resourceVersion: "2" },
    involvedObject: { apiVersion, kind: "DaemonSet", namespace: "shop", name, uid: "u" },
    type: "Warning",
    reason: "FailedCreate",
    message: "quota",
    lastTimestamp: "2026-01-01T00:00:00Z",
  };
}

class Scene {
  items: unknown[] = [];
  error: Error | undefined;
  isIgnored: (raw: unknown) => boolean = () => false;
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube(() => {
    if (this.error !== undefined) throw this.error;
    return listOf(this.items);
  });
  readonly watches = new EventWatches(
    {
      kube: this.kube,
      log: { debug: () => undefined, warn: (_fields: object, text: string) => void this.logged.push(text) } as never,
      isIgnored: (raw) => this.isIgnored(raw),
      onWarning: ({ key }) => void this.told.push(key),
    },
    this.stop.signal,
  );

  serve(name: string, state: "Served" | "NotInstalled" = "Served"): void {
    this.watches.serve(kindNamed(name), state === "Served" ? SERVED : { state });
  }

  async pass(ms = 0): Promise<void> {
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

describe("EventWatches", () => {
  it("asks the API server for the few events that tell, of kinds that are served", async () => {
    for (const { kind } of KRUISE_KINDS) scene.serve(kind);
    await scene.pass();
    expect(scene.kube.requests.map(({ path, query }) => `${path} ${query?.["fieldSelector"]}`).toSorted()).toEqual([
      `${PATH} involvedObject.kind=DaemonSet,reason=FailedCreate,type=Warning`,
      `${PATH} involvedObject.kind=UnitedDeployment,type=Warning`,
    ]);
  });

  it("asks for nothing where no such kind is served", async () => {
    for (const { kind } of KRUISE_KINDS) scene.serve(kind, "NotInstalled");
    await scene.pass();
    expect(scene.kube.requests).toEqual([]);
  });

  it("tells of events that are there and of those that come, and leaves out what is not OpenKruise's", async () => {
    scene.items = [event("logs"), event("other", "apps/v1")];
    scene.serve("DaemonSet");
    await scene.pass();
    scene.kube.push(PATH, "ADDED", event("mesh"));
    scene.kube.push(PATH, "MODIFIED", event("logs"));
    scene.kube.push(PATH, "ADDED", event("other", "apps/v1"));
    scene.kube.push(PATH, "DELETED", event("logs"));
    await scene.pass();
    expect(scene.told).toEqual(["daemonset.shop.logs", "daemonset.shop.mesh", "daemonset.shop.logs"]);
  });

  it("leaves out what happens in an ignored namespace", async () => {
    scene.isIgnored = scopeOf({ KINDS: "", IGNORE_NAMESPACES: "shop" }).isIgnored;
    scene.items = [event("logs")];
    scene.serve("DaemonSet");
    await scene.pass();
    expect(scene.told).toEqual([]);
  });

  it("ends with the kind, begins with it again, and goes on while it only changes its version", async () => {
    scene.serve("DaemonSet");
    await scene.pass();
    scene.watches.serve(kindNamed("DaemonSet"), { ...SERVED, version: "v1beta1" });
    await scene.pass();
    expect(scene.kube.requests.length).toBe(1);
    scene.serve("DaemonSet", "NotInstalled");
    await scene.pass();
    scene.kube.push(PATH, "ADDED", event("logs"));
    await scene.pass();
    expect(scene.told).toEqual([]);
    scene.serve("DaemonSet");
    await scene.pass();
    expect(scene.kube.requests.length).toBe(2);
  });

  it("says once that events are forbidden, and takes them in once they are not", async () => {
    scene.error = new ApiError("events is forbidden", { status: 403, reason: "Forbidden" });
    scene.serve("DaemonSet");
    scene.serve("UnitedDeployment");
    await scene.pass(300_000);
    expect(scene.logged).toEqual(["events may not be read: some causes stay unknown"]);
    scene.error = undefined;
    scene.items = [event("logs")];
    await scene.pass(60_000);
    expect(scene.told).toContain("daemonset.shop.logs");
  });

  it("keeps other troubles to itself", async () => {
    scene.error = new ApiError("no answer", { status: 0, reason: "NoAnswer" });
    scene.serve("DaemonSet");
    await scene.pass(60_000);
    expect(scene.logged).toEqual([]);
    scene.error = undefined;
    scene.items = [event("logs")];
    await scene.pass(60_000);
    expect(scene.told).toEqual(["daemonset.shop.logs"]);
  });

  it("runs until it is stopped", async () => {
    const running = scene.watches.run(scene.stop.signal);
    scene.serve("DaemonSet");
    await scene.pass();
    scene.stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});
