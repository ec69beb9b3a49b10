import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import type { Installation } from "../../shared/wire/report.ts";
import type { Served } from "./crds.ts";
import { InstallationWatch } from "./installation.ts";

const START = "2026-05-01T00:00:00.000000Z";

/** A cluster with a running OpenKruise 1.8.3, unless a test takes something away. */
class Scene {
  crds: Served[] | undefined = [{ state: "Served", version: "v1alpha1" }];
  deployment: unknown = {
    metadata: { generation: 1 },
    spec: {
      replicas: 2,
      template: {
        spec: {
          containers: [
            { name: "proxy", image: "p:9.9" },
            { name: "manager", image: "m:v1.8.3" },
          ],
        },
      },
    },
    status: { availableReplicas: 2, updatedReplicas: 2, observedGeneration: 1 },
  };
  lease: unknown = { spec: { holderIdentity: "a", renewTime: START } };
  readonly told: Installation[] = [];
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube(({ path }) => {
    const found = path.includes("/leases/") ? this.lease : this.deployment;
    if (found instanceof Error) throw found;
    return found;
  });
  readonly watch = new InstallationWatch({
    kube: this.kube,
    clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
    log: pino({ level: "silent" }),
    crds: () => this.crds,
    onChange: (kruise) => void this.told.push(kruise),
  });
  done: Promise<void> = Promise.resolve();

  async pass(ms: number): Promise<string[]> {
    this.told.length = 0;
    await vi.advanceTimersByTimeAsync(ms);
    return this.told.map(({ health, reason }) => `${health}/${reason}`);
  }

  start(): void {
    this.done = this.watch.run(this.stop.signal);
  }
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(START) });
  scene = new Scene();
});
afterEach(async () => {
  scene.stop.abort();
  await scene.done;
  vi.useRealTimers();
});

describe("InstallationWatch", () => {
  it("tells what it finds once, with the version of the manager's container", async () => {
    scene.start();
    expect(await scene.pass(50_000)).toEqual(["Healthy/Ready"]);
    expect(scene.watch.current.version).toBe("1.8.3");
  });

  it("says nothing before the CRDs are known, then looks at once when it is woken", async () => {
    scene.crds = undefined;
    scene.start();
    expect(await scene.pass(5000)).toEqual([]);
    scene.crds = [{ state: "NotInstalled" }];
    scene.watch.wake();
    expect(await scene.pass(0)).toEqual(["Unknown/NotInstalled"]);
  });

  it("notices within ten seconds that the Lease has not been renewed for a minute", async () => {
    scene.start();
    await scene.pass(60_000);
    expect(await scene.pass(10_000)).toEqual(["Degraded/NoLeader"]);
    scene.lease = { spec: { holderIdentity: "b", renewTime: "2026-05-01T00:01:15.000000Z" } };
    expect(await scene.pass(10_000)).toEqual(["Healthy/Ready"]);
  });

  it("tells a missing Deployment from one that may not be read", async () => {
    scene.deployment = new ApiError("not found", { status: 404, reason: "NotFound" });
    scene.start();
    expect(await scene.pass(0)).toEqual(["Degraded/ManagerMissing"]);
    scene.deployment = new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    expect(await scene.pass(10_000)).toEqual(["Unknown/NotChecked"]);
  });

  it("keeps its verdict while the API server does not answer", async () => {
    scene.start();
    await scene.pass(0);
    scene.lease = new ApiError("no answer", { status: 0, reason: "NoAnswer" });
    expect(await scene.pass(300_000)).toEqual([]);
    expect(scene.watch.current.reason).toBe("Ready");
  });
});
