import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SERVED, kruiseCrds } from "../../test/support/kruise-crds.ts";
import { ScriptedKube, listOf } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import { ConversionProbe } from "./conversion.ts";
import type { ServedKind } from "./crds.ts";

const PATH = (version: string): string => `/apis/apps.kruise.io/${version}/statefulsets`;
const CONVERTED = { ...SERVED, version: "v1beta1", others: ["v1alpha1", "v1"], converts: true };
const refused = new ApiError(
  `GET 10.0.0.1:443${PATH("v1alpha1")}: 500 InternalError: conversion webhook for apps.kruise.io/v1beta1, Kind=StatefulSet failed: connection refused`,
  { status: 500, reason: "InternalError" },
);

class Scene {
  crds: ServedKind[] = kruiseCrds({ StatefulSet: CONVERTED });
  /** What a version answers; a list when not set. */
  readonly answers = new Map<string, unknown>();
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube(({ path }) => {
    const answer = this.answers.get(path);
    if (answer instanceof Error) throw answer;
    return answer ?? listOf([]);
  });
  readonly probe = new ConversionProbe({
    kube: this.kube,
    clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
    log: pino({ level: "silent" }),
  });

  /** Checks after so many milliseconds, and waits as long as the check takes. */
  async check(afterMs = 0): Promise<string | undefined> {
    await vi.advanceTimersByTimeAsync(afterMs);
    const checking = this.probe.check(this.crds, this.stop.signal);
    await vi.advanceTimersByTimeAsync(5000);
    return (await checking)[0]?.message;
  }

  get asked(): string[] {
    return this.kube.requests.map(({ path }) => path);
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

describe("ConversionProbe", () => {
  it("lists one object, freshly, through the version that is read and through one more if that one is stored", async () => {
    expect(await scene.check()).toBeUndefined();
    expect(scene.asked).toEqual([PATH("v1beta1"), PATH("v1alpha1")]);
    expect(scene.kube.requests.map(({ query }) => query)).toEqual([{ limit: 1 }, { limit: 1 }]);
  });

  it("asks through the version that is read alone when that one is not stored", async () => {
    scene.crds = kruiseCrds({ StatefulSet: { ...CONVERTED, stored: false } });
    await scene.check();
    expect(scene.asked).toEqual([PATH("v1beta1")]);
  });

  it("asks nothing of kinds without a conversion webhook", async () => {
    scene.crds = kruiseCrds({ StatefulSet: { ...CONVERTED, converts: false }, CloneSet: { state: "NotInstalled" } });
    expect(await scene.check()).toBeUndefined();
    expect(scene.asked).toEqual([]);
  });

  it("names the kind, the version and what the API server says of the webhook", async () => {
    scene.answers.set(PATH("v1alpha1"), refused);
    expect(await scene.check()).toBe(
      "StatefulSet cannot be read as v1alpha1: conversion webhook for apps.kruise.io/v1beta1, Kind=StatefulSet failed: connection refused",
    );
  });

  it("leaves out what differs with each connection", async () => {
    const message = "500: conversion webhook for x failed: read tcp 10.0.0.1:51234->10.96.0.1:443: reset by peer";
    scene.answers.set(PATH("v1beta1"), new ApiError(message, { status: 500, reason: "InternalError" }));
    expect(await scene.check()).toBe(
      "StatefulSet cannot be read as v1beta1: conversion webhook for x failed: read tcp 10.96.0.1:443: reset by peer",
    );
  });

  it("asks no kind more often than every 30 seconds", async () => {
    await scene.check();
    for (let i = 0; i < 4; i++) await scene.check();
    expect(scene.asked.length).toBe(2);
    await scene.check(5000);
    expect(scene.asked.length).toBe(4);
  });

  it("says so when it works again", async () => {
    scene.answers.set(PATH("v1alpha1"), refused);
    await scene.check();
    scene.answers.delete(PATH("v1alpha1"));
    expect(await scene.check(1000)).toContain("conversion webhook");
    expect(await scene.check(30_000)).toBeUndefined();
  });

  it("forgets a failure of a kind that is converted no more", async () => {
    scene.answers.set(PATH("v1alpha1"), refused);
    await scene.check();
    scene.crds = kruiseCrds();
    expect(await scene.check()).toBeUndefined();
  });

  it.each([
    [403, "Forbidden", "conversion webhook: forbidden"],
    [404, "NotFound", "conversion webhook: not found"],
    [500, "InternalError", "etcd is away"],
    [429, "TooManyRequests", "storage is (re)initializing"],
    [0, "NoAnswer", "no answer"],
  ])("is not worried by %i %s: %s", async (status, reason, message) => {
    scene.answers.set(PATH("v1beta1"), new ApiError(message, { status, reason }));
    expect(await scene.check()).toBeUndefined();
  });

  it("keeps what it knows while the API server does not answer", async () => {
    scene.answers.set(PATH("v1alpha1"), refused);
    await scene.check();
    scene.answers.set(PATH("v1alpha1"), new ApiError("no answer", { status: 0, reason: "NoAnswer" }));
    expect(await scene.check(30_000)).toContain("conversion webhook");
  });

  it("does not hold up the verdict for an answer that takes long, and takes it in when it comes", async () => {
    const late = Promise.withResolvers<unknown>();
    scene.answers.set(PATH("v1beta1"), late.promise);
    expect(await scene.check()).toBeUndefined();
    late.reject(refused);
    expect(await scene.check()).toContain("conversion webhook");
    expect(scene.asked.length).toBe(1);
  });
});
