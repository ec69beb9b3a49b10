import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedKube, listOf } from "../../test/support/scripted-kube.ts";
import { ApiError } from "../../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import { watchKinds } from "./kinds.ts";

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const NAME = "clonesets.apps.kruise.io";

function metadata(name: string, resourceVersion = "2"): unknown {
  return { metadata: { name, resourceVersion } };
}

function crd(version: string, established: boolean): unknown {
  const conditions = established ? [{ type: "Established", status: "True" }] : null;
  return { spec: { versions: [{ name: version, served: true, storage: true }] }, status: { conditions } };
}

class Scene {
  /** CRDs by name; absent ones are answered by 404. */
  readonly crds = new Map<string, unknown>();
  readonly told: string[] = [];
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube(({ path }) => {
    if (path === PATH) return listOf(Array.from(this.crds.keys(), (name) => metadata(name)));
    const found = this.crds.get(path.slice(PATH.length + 1));
    if (found === undefined) throw new ApiError("not found", { status: 404, reason: "NotFound" });
    return found;
  });
  done: Promise<void> = Promise.resolve();

  start(): void {
    const onServed = (kind: { kind: string }, served: { state: string; version?: string }): void =>
      void this.told.push(`${kind.kind} ${served.version ?? served.state}`);
    this.done = watchKinds({ kube: this.kube, log: pino({ level: "silent" }), onServed }, this.stop.signal);
  }

  async pass(ms: number): Promise<string[]> {
    this.told.length = 0;
    await vi.advanceTimersByTimeAsync(ms);
    return this.told;
  }
}

let scene: Scene;
beforeEach(() => {
  vi.useFakeTimers();
  scene = new Scene();
});
afterEach(async () => {
  scene.stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  await scene.done;
  vi.useRealTimers();
});

describe("watchKinds()", () => {
  it("tells of every kind at the start, installed or not, and reads no other CRD", async () => {
    scene.crds.set(NAME, crd("v1alpha1", true));
    scene.crds.set("other.example.com", crd("v1", true));
    scene.start();
    const absent = KRUISE_KINDS.filter(({ kind }) => kind !== "CloneSet").map(({ kind }) => `${kind} NotInstalled`);
    expect((await scene.pass(0)).toSorted()).toEqual(["CloneSet v1alpha1", ...absent].toSorted());
    expect(scene.kube.requests.map(({ path }) => path)).not.toContain(`${PATH}/other.example.com`);
  });

  it("asks for metadata alone when it lists all CRDs", async () => {
    scene.start();
    await scene.pass(0);
    const list = scene.kube.requests.find(({ path }) => path === PATH);
    expect(list?.headers?.["accept"]).toContain("as=PartialObjectMetadataList");
  });

  it("faults 12, 13, 14: tells when a CRD comes, changes its version and goes, and nothing when it only changes otherwise", async () => {
    scene.start();
    await scene.pass(0);
    scene.crds.set(NAME, crd("v1alpha1", true));
    scene.kube.push(PATH, "ADDED", metadata(NAME, "3"));
    expect(await scene.pass(0)).toEqual(["CloneSet v1alpha1"]);
    scene.kube.push(PATH, "MODIFIED", metadata(NAME, "4"));
    expect(await scene.pass(0)).toEqual([]);
    scene.crds.set(NAME, crd("v1beta1", true));
    scene.kube.push(PATH, "MODIFIED", metadata(NAME, "5"));
    expect(await scene.pass(0)).toEqual(["CloneSet v1beta1"]);
    scene.crds.delete(NAME);
    scene.kube.push(PATH, "DELETED", metadata(NAME, "6"));
    expect(await scene.pass(0)).toEqual(["CloneSet NotInstalled"]);
  });

  it("keeps quiet about a CRD that is about to be established", async () => {
    scene.start();
    await scene.pass(0);
    scene.crds.set(NAME, crd("v1alpha1", false));
    scene.kube.push(PATH, "ADDED", metadata(NAME, "3"));
    expect(await scene.pass(1000)).toEqual([]);
    scene.crds.set(NAME, crd("v1alpha1", true));
    scene.kube.push(PATH, "MODIFIED", metadata(NAME, "4"));
    expect(await scene.pass(60_000)).toEqual(["CloneSet v1alpha1"]);
  });

  it("tells of a CRD that stays without being established", async () => {
    scene.crds.set(NAME, crd("v1alpha1", false));
    scene.start();
    await scene.pass(0);
    expect(await scene.pass(5000)).toEqual(["CloneSet NotEstablished"]);
  });
});
