// What is read besides the verdict: the counts, rollout and subsets of a record, and what stage two is told.
import { describe, expect, test } from "vitest";
import { KRUISE_KINDS } from "../kinds.ts";
import type { KindName } from "../kinds.ts";
import { observe } from "../observe.ts";

function observed(kind: KindName, parts: { spec?: object; status: object; version?: string }) {
  const group = KRUISE_KINDS.find((known) => known.kind === kind)?.group;
  const apiVersion = `${group}/${parts.version ?? "v1beta1"}`;
  return observe({ apiVersion, kind, metadata: { name: "x" }, spec: parts.spec, status: parts.status });
}

const template = {
  metadata: { labels: { app: "log" } },
  spec: { containers: [{ name: "app", image: "registry.example/log:1" }], terminationGracePeriodSeconds: 7 },
};

describe("a DaemonSet", () => {
  const rollingUpdate = { partition: "50%", maxUnavailable: "30%", paused: true, rollingUpdateType: "Standard" };
  const spec = { minReadySeconds: 20, template, updateStrategy: { type: "RollingUpdate", rollingUpdate } };
  const counters = { desiredNumberScheduled: 5, currentNumberScheduled: 4, updatedNumberScheduled: 3 };
  const status = { ...counters, numberReady: 4, numberAvailable: 2, numberMisscheduled: 1 };

  test("counts nodes, and shows its rollout", () => {
    const { condensed } = observed("DaemonSet", { spec, status: { ...status, updateRevision: "x-6d8f9c" } });
    expect(condensed).toMatchObject({
      c: { des: 5, cur: 4, up: 3, rdy: 4, av: 2, mis: 1 },
      ro: { st: "RollingUpdate", pol: "Standard", pt: "50%", ptn: 2, tgt: 3, pa: true, upd: "6d8f9c" },
      img: [["app", "registry.example/log:1"]],
    });
  });

  test("has the same record in v1alpha1, which names the update revision otherwise", () => {
    const newer = observed("DaemonSet", { spec, status: { ...status, updateRevision: "6d8f9c" } });
    const older = observed("DaemonSet", { spec, status: { ...status, daemonSetHash: "6d8f9c" }, version: "v1alpha1" });
    expect(older.condensed).toEqual({ ...newer.condensed, v: "v1alpha1" });
    expect(older.revision).toBe("6d8f9c");
  });

  test("tells stage two what progress is and how long to wait", () => {
    expect(observed("DaemonSet", { spec, status })).toMatchObject({
      marks: { updated: 3, updatedAvailable: 2, available: 2, gap: 1 },
      wanted: 5,
      maxUnavailable: 2,
      minReadySeconds: 20,
      terminationGraceSeconds: 7,
    });
  });
});

test("a GameServerSet counts the pods that exist, and keeps its volume claims to itself", () => {
  const rollingUpdate = {
    partition: 1,
    maxUnavailable: "70%",
    minReadySeconds: 5,
    podUpdatePolicy: "InPlaceIfPossible",
  };
  const gameServerTemplate = { ...template, volumeClaimTemplates: [{ metadata: { name: "world" } }] };
  const counters = { replicas: 3, currentReplicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 };
  const spec = { replicas: 3, gameServerTemplate, updateStrategy: { type: "RollingUpdate", rollingUpdate } };
  const status = { ...counters, updatedReadyReplicas: 1 };
  const observation = observed("GameServerSet", { spec, status, version: "v1alpha1" });
  expect(observation).toMatchObject({
    marks: { updated: 2, updatedAvailable: 2, available: 2, gap: 1 },
    wanted: 3,
    maxUnavailable: 2,
    minReadySeconds: 5,
    terminationGraceSeconds: 7,
    condensed: {
      c: { d: 3, p: 2, rdy: 2, av: 2, up: 2, uav: 2 },
      ro: { st: "RollingUpdate", pol: "InPlaceIfPossible", pt: "1", ptn: 1, tgt: 2, pa: false },
      img: [["app", "registry.example/log:1"]],
    },
  });
  const hashOf = (other: object) =>
    observed("GameServerSet", { spec: { ...spec, gameServerTemplate: other }, status }).condensed.th;
  expect(hashOf(template)).toBe(observation.condensed.th);
  expect(hashOf({ spec: template.spec })).not.toBe(observation.condensed.th);
});

describe("a Rollout", () => {
  test("shows its strategy, its step and its revisions", () => {
    const strategy = { paused: true, canary: { steps: [{ replicas: 1 }, { replicas: 2 }, { replicas: "100%" }] } };
    const revisions = { stableRevision: "5d48f79ff8", canaryRevision: "6d9c8b7f5" };
    const canaryStatus = { ...revisions, currentStepIndex: 2, currentStepState: "StepUpgrade" };
    const { condensed } = observed("Rollout", { spec: { strategy }, status: { phase: "Progressing", canaryStatus } });
    expect(condensed.c).toEqual({});
    expect(condensed.ro).toEqual({
      st: "Canary",
      pa: true,
      step: 2,
      steps: 3,
      state: "StepUpgrade",
      cur: "5d48f79ff8",
      upd: "6d9c8b7f5",
    });
  });

  test("reads the status of a release by blue and green", () => {
    const strategy = { blueGreen: { steps: [{ replicas: "50%" }] } };
    const blueGreenStatus = { updatedRevision: "6d9c8b7f5", currentStepIndex: 1, currentStepState: "StepReady" };
    const { condensed } = observed("Rollout", {
      spec: { strategy },
      status: { phase: "Progressing", blueGreenStatus },
    });
    expect(condensed.ro).toEqual({
      st: "BlueGreen",
      pa: false,
      step: 1,
      steps: 1,
      state: "StepReady",
      upd: "6d9c8b7f5",
    });
  });
});

test("a PodUnavailableBudget leaves a total of minus one out", () => {
  const status = { desiredAvailable: 3, currentAvailable: 4, unavailableAllowed: 1 };
  const scaled = observed("PodUnavailableBudget", { status: { ...status, totalReplicas: 5 } });
  expect(scaled.condensed.c).toEqual({ tot: 5, des: 3, cur: 4, alw: 1 });
  const unscaled = observed("PodUnavailableBudget", { status: { ...status, totalReplicas: -1 } });
  expect(unscaled.condensed.c).toEqual({ des: 3, cur: 4, alw: 1 });
});

test("a WorkloadSpread shows its subsets", () => {
  const conditions = [{ type: "Schedulable", status: "False" }];
  const subsetStatuses = [
    { name: "a", replicas: 3, missingReplicas: 0, conditions },
    { name: "b", missingReplicas: -1 },
  ];
  const { condensed } = observed("WorkloadSpread", { status: { subsetStatuses } });
  expect(condensed.c).toEqual({ p: 3 });
  expect(condensed.sub).toEqual([
    { n: "a", p: 3, un: true },
    { n: "b", p: 0 },
  ]);
});

test("a ResourceDistribution counts namespaces and keeps nothing of its resource or their names", () => {
  const resource = { kind: "Secret", metadata: { name: "hunter2" }, data: { hunter2: "aHVudGVyMg==" } };
  const conditions = [{ type: "NamespaceNotExists", status: "True", failedNamespaces: ["hunter2"] }];
  const targets = { includedNamespaces: { list: [{ name: "hunter2" }] } };
  const status = { desired: 5, succeeded: 3, failed: 2, conditions };
  const observation = observed("ResourceDistribution", { spec: { resource, targets }, status });
  expect(observation.condensed.c).toEqual({ des: 5, ok: 3, fail: 2 });
  expect(JSON.stringify(observation)).not.toMatch(/hunter2|aHVudGVyMg/);
});

test("a PersistentPodState counts its pods and keeps no name of a node", () => {
  const podStates = { "x-0": { nodeName: "hunter2" }, "x-1": { nodeTopologyLabels: { zone: "hunter2" } } };
  const observation = observed("PersistentPodState", { status: { podStates } });
  expect(observation.condensed.c).toEqual({ tot: 2 });
  expect(JSON.stringify(observation)).not.toContain("hunter2");
});

test("a PodProbeMarker counts the pods that it probes", () => {
  expect(observed("PodProbeMarker", { status: { matchedPods: 4 } }).condensed.c).toEqual({ m: 4 });
});
