import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedKube } from "../../test/support/scripted-kube.ts";
import { SERVED, kruiseCrds, noCrds } from "../../test/support/kruise-crds.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import type { Installation } from "../../shared/wire/report.ts";
import type { ServedKind } from "./crds.ts";
import { InstallationWatch } from "./installation.ts";

const START = "2026-05-01T00:00:00.000000Z";
const MISSING = new ApiError("not found", { status: 404, reason: "NotFound" });
const FORBIDDEN = new ApiError("forbidden", { status: 403, reason: "Forbidden" });

function webhooks(namespace: string): unknown {
  const service = { name: "kruise-webhook-service", namespace };
  return { webhooks: [{ name: "a.kb.io", clientConfig: { service, caBundle: "Q0E=" } }] };
}

/** A cluster with a running OpenKruise 1.8.3, unless a test takes something away. */
class Scene {
  crds: ServedKind[] | undefined = kruiseCrds();
  readonly manager = {
    metadata: { generation: 1 },
    spec: {
      replicas: 2,
      template: {
        spec: {
          containers: [
            { name: "proxy", image: "p:9.9" },
            { name: "manager", image: "m:v1.8.3", args: ["--feature-gates=AllAlpha=true"] },
          ],
        },
      },
    },
    status: { availableReplicas: 2, updatedReplicas: 2, observedGeneration: 1 },
  };
  /** Objects by the plural of their resource. */
  readonly objects: Record<string, unknown> = {
    deployments: this.manager,
    leases: { spec: { holderIdentity: "a", renewTime: START } },
    daemonsets: { status: { desiredNumberScheduled: 3, numberAvailable: 3 } },
    endpoints: { subsets: [{ addresses: [{ ip: "10.0.0.1" }] }] },
    validatingwebhookconfigurations: webhooks("kruise-system"),
    mutatingwebhookconfigurations: webhooks("kruise-system"),
  };
  readonly told: Installation[] = [];
  gatesOff: string[] | undefined;
  readonly unwatched: string[] = [];
  unconverted: string[] | undefined;
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube(({ path }) => {
    const found = this.objects[path.split("/").at(-2) ?? ""];
    if (found instanceof Error) throw found;
    return found;
  });
  readonly watch = new InstallationWatch({
    kube: this.kube,
    clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
    log: pino({ level: "silent" }),
    crds: () => this.crds,
    isWatched: ({ kind }) => !this.unwatched.includes(kind),
    onChange: (kruise, gatesOff) => {
      this.told.push(kruise);
      this.gatesOff = [...gatesOff].toSorted();
    },
    onConversion: (failures) => void (this.unconverted = failures.map(({ kind, version }) => `${kind} ${version}`)),
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
    scene.crds = noCrds();
    scene.watch.wake();
    expect(await scene.pass(0)).toEqual(["Unknown/NotInstalled"]);
  });

  it("looks for nothing on a cluster without OpenKruise", async () => {
    scene.crds = noCrds();
    scene.start();
    await scene.pass(60_000);
    expect(scene.kube.requests).toEqual([]);
  });

  it("reads by name only, and in the namespace that the webhooks name", async () => {
    scene.objects["validatingwebhookconfigurations"] = webhooks("elsewhere");
    scene.start();
    await scene.pass(0);
    expect(scene.kube.requests.map(({ path }) => path).toSorted()).toEqual([
      "/api/v1/namespaces/elsewhere/endpoints/kruise-webhook-service",
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/kruise-mutating-webhook-configuration",
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kruise-validating-webhook-configuration",
      "/apis/apps/v1/namespaces/elsewhere/daemonsets/kruise-daemon",
      "/apis/apps/v1/namespaces/elsewhere/deployments/kruise-controller-manager",
      "/apis/coordination.k8s.io/v1/namespaces/elsewhere/leases/kruise-manager",
    ]);
  });

  it("looks in kruise-system, and for no Service, when the webhooks are called by URL", async () => {
    const byUrl = { webhooks: [{ name: "a", clientConfig: { url: "https://127.0.0.1:1/a", caBundle: "Q0E=" } }] };
    Object.assign(scene.objects, { validatingwebhookconfigurations: byUrl, mutatingwebhookconfigurations: byUrl });
    scene.objects["endpoints"] = MISSING;
    scene.start();
    expect(await scene.pass(0)).toEqual(["Healthy/Ready"]);
    expect(scene.kube.requests.map(({ path }) => path)).toContain(
      "/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon",
    );
  });

  it("notices within ten seconds that the Lease has not been renewed for a minute", async () => {
    scene.start();
    await scene.pass(60_000);
    expect(await scene.pass(10_000)).toEqual(["Degraded/NoLeader"]);
    scene.objects["leases"] = { spec: { holderIdentity: "b", renewTime: "2026-05-01T00:01:15.000000Z" } };
    expect(await scene.pass(10_000)).toEqual(["Healthy/Ready"]);
  });

  it("tells a missing Deployment from one that may not be read", async () => {
    scene.objects["deployments"] = MISSING;
    scene.start();
    expect(await scene.pass(0)).toEqual(["Degraded/ManagerMissing"]);
    scene.objects["deployments"] = FORBIDDEN;
    expect(await scene.pass(20_000)).toEqual(["Unknown/NotChecked"]);
  });

  it("keeps its verdict over one refusal, and says at once that it was refused from the start", async () => {
    const manager = scene.objects["deployments"];
    scene.start();
    expect(await scene.pass(0)).toEqual(["Healthy/Ready"]);
    scene.objects["deployments"] = FORBIDDEN;
    await scene.pass(10_000);
    scene.objects["deployments"] = manager;
    expect(await scene.pass(30_000)).toEqual([]);
  });

  it("notices that nothing is behind the webhooks", async () => {
    scene.start();
    await scene.pass(0);
    scene.objects["endpoints"] = { subsets: [{ notReadyAddresses: [{ ip: "10.0.0.1" }] }] };
    expect(await scene.pass(10_000)).toEqual(["Degraded/WebhookNotReady"]);
  });

  it("gives the daemon ten minutes, counted anew when it was complete in between", async () => {
    const renewed = setInterval(() => {
      scene.objects["leases"] = { spec: { holderIdentity: "a", renewTime: new Date().toISOString() } };
    }, 2000);
    const complete = scene.objects["daemonsets"];
    const short = { status: { desiredNumberScheduled: 3, numberAvailable: 2 } };
    scene.objects["daemonsets"] = short;
    scene.start();
    expect(await scene.pass(9 * 60_000)).toEqual(["Progressing/DaemonNotReady"]);
    scene.objects["daemonsets"] = complete;
    expect(await scene.pass(10_000)).toEqual(["Healthy/Ready"]);
    scene.objects["daemonsets"] = short;
    expect(await scene.pass(9 * 60_000)).toEqual(["Progressing/DaemonNotReady"]);
    expect(await scene.pass(2 * 60_000)).toEqual(["Degraded/DaemonNotReady"]);
    clearInterval(renewed);
  });

  it("asks for a fresh list of a kind that is converted", async () => {
    scene.crds = kruiseCrds({ StatefulSet: { ...SERVED, version: "v1beta1", others: ["v1alpha1"], converts: true } });
    scene.objects["v1alpha1"] = new ApiError("500: conversion webhook failed", {
      status: 500,
      reason: "InternalError",
    });
    scene.start();
    expect(await scene.pass(0)).toEqual(["Degraded/ConversionFailing"]);
    expect(scene.unconverted).toEqual(["StatefulSet v1alpha1"]);
    scene.crds = noCrds();
    await scene.pass(10_000);
    expect(scene.unconverted).toEqual([]);
  });

  it("asks for no list of a kind that is not watched", async () => {
    scene.crds = kruiseCrds({ StatefulSet: { ...SERVED, version: "v1beta1", others: ["v1alpha1"], converts: true } });
    scene.unwatched.push("StatefulSet");
    scene.start();
    expect(await scene.pass(60_000)).toEqual(["Healthy/Ready"]);
    expect(scene.kube.requests.filter(({ path }) => path.includes("statefulsets"))).toEqual([]);
  });

  it("tells which gates are off, also when nothing else has changed, and knows of none without a manager", async () => {
    scene.start();
    await scene.pass(0);
    expect(scene.gatesOff).toEqual([]);
    const changed = structuredClone(scene.manager);
    changed.spec.template.spec.containers[1] = { name: "manager", image: "m:v1.8.3", args: [] };
    scene.objects["deployments"] = changed;
    expect(await scene.pass(10_000)).toEqual(["Healthy/Ready"]);
    expect(scene.gatesOff).toContain("ImagePullJobGate");
    scene.objects["deployments"] = MISSING;
    await scene.pass(10_000);
    expect(scene.gatesOff).toEqual([]);
  });

  it("keeps its verdict while the API server does not answer", async () => {
    scene.start();
    await scene.pass(0);
    scene.objects["leases"] = new ApiError("no answer", { status: 0, reason: "NoAnswer" });
    expect(await scene.pass(300_000)).toEqual([]);
    expect(scene.watch.current.reason).toBe("Ready");
  });
});
