// The condensed record: its contents on one whole object of each kind, and its bounds.
import { describe, expect, test } from "vitest";
import { escalate } from "../health/escalate.ts";
import { DEFAULT_THRESHOLDS } from "../health/thresholds.ts";
import { toRecord } from "./condense.ts";
import { keepMessage, keepText } from "./kept-text.ts";
import { observe } from "./observe.ts";
import { WorkloadRecord } from "./record.ts";
import { hashTemplate } from "./template-hash.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00.900Z");

function recordOf(raw: unknown, nowWallMs = NOW_MS): WorkloadRecord {
  const observation = observe(raw);
  const context = { nowMs: NOW_MS, thresholds: DEFAULT_THRESHOLDS, kruiseHealthy: true };
  return WorkloadRecord.parse(toRecord(observation, escalate(observation, undefined, context), nowWallMs));
}

function containers(count: number): object {
  const digest = "0123456789ab".padEnd(64, "c");
  const named = (_: unknown, index: number) => ({
    name: `app-${index}`,
    image: `registry.example/app:${index}@sha256:${digest}`,
  });
  return { spec: { containers: Array.from({ length: count }, named) } };
}

const HUB_HASH = "3f0a".padEnd(64, "9");
const cloneSet = {
  apiVersion: "apps.kruise.io/v1alpha1",
  kind: "CloneSet",
  metadata: {
    name: "checkout-api",
    namespace: "payments",
    uid: "6f3d1c2e-0000-4000-8000-000000000000",
    generation: 17,
    ownerReferences: [
      { apiVersion: "work.open-cluster-management.io/v1", kind: "AppliedManifestWork", name: `${HUB_HASH}-work` },
      { kind: "UnitedDeployment", name: "checkout", controller: true },
    ],
  },
  spec: {
    replicas: 10,
    updateStrategy: { type: "InPlaceIfPossible", partition: "40%" },
    template: containers(1),
  },
  status: {
    observedGeneration: 17,
    replicas: 10,
    readyReplicas: 10,
    availableReplicas: 10,
    updatedReplicas: 6,
    updatedAvailableReplicas: 6,
    currentRevision: "checkout-api-7d9f6c5b8",
    updateRevision: "checkout-api-5c4b7f9dd",
  },
};

describe("toRecord()", () => {
  test("tells all about a held CloneSet", () => {
    expect(recordOf(cloneSet)).toEqual({
      g: "apps.kruise.io",
      v: "v1alpha1",
      k: "CloneSet",
      ns: "payments",
      n: "checkout-api",
      u: "6f3d1c2e",
      gen: 17,
      obs: 17,
      h: "Suspended",
      r: "PartitionHeld",
      m: "6 of 10 pods are updated; partition keeps 4 old",
      c: { d: 10, p: 10, rdy: 10, av: 10, up: 6, uav: 6 },
      ro: {
        st: "RollingUpdate",
        pol: "InPlaceIfPossible",
        pt: "40%",
        ptn: 4,
        tgt: 6,
        pa: false,
        cur: "7d9f6c5b8",
        upd: "5c4b7f9dd",
      },
      img: [["app-0", "registry.example/app:0@sha256:0123456789ab"]],
      th: expect.stringMatching(/^[0-9a-f]{12}$/),
      since: "2026-01-01T00:00:00Z",
      prog: "2026-01-01T00:00:00Z",
      src: { t: "ManifestWork", n: "work" },
      parent: { k: "UnitedDeployment", n: "checkout" },
    });
  });

  test("gives both spellings of a CloneSet's strategy the same rollout", () => {
    const { type, ...fields } = cloneSet.spec.updateStrategy;
    const updateStrategy = { type: "RollingUpdate", rollingUpdate: { ...fields, podUpdatePolicy: type } };
    const moved = { ...cloneSet, spec: { ...cloneSet.spec, updateStrategy } };
    expect(recordOf(moved)).toEqual(recordOf(cloneSet));
  });

  test("keeps eight images and says that some were cut", () => {
    const record = recordOf({ ...cloneSet, spec: { ...cloneSet.spec, template: containers(9) } });
    expect(record.img?.map(([name]) => name)).toEqual(Array.from({ length: 8 }, (_, index) => `app-${index}`));
    expect(record.lim).toBe("img");
  });

  test("keeps twenty subsets of a UnitedDeployment and counts the others", () => {
    const subsets = Array.from({ length: 23 }, (_, index) => ({ name: `zone-${index}` }));
    const status = {
      observedGeneration: 1,
      subsetReplicas: { "zone-0": 2 },
      subsetStatuses: [{ name: "zone-0", readyReplicas: 1, conditions: [{ type: "Schedulable", status: "False" }] }],
    };
    const updateStrategy = { type: "Manual", manualUpdate: { partitions: { "zone-0": 1 } } };
    const record = recordOf({
      kind: "UnitedDeployment",
      metadata: { name: "x" },
      spec: { replicas: 2, topology: { subsets }, updateStrategy },
      status,
    });
    expect(record.sub?.[0]).toEqual({ n: "zone-0", p: 2, rdy: 1, pt: 1, un: true });
    expect(record.sub).toHaveLength(20);
    expect(record).toMatchObject({ subMore: 3, lim: "sub" });
  });

  test("counts a SidecarSet's pods in its own words and takes the sidecars for its images", () => {
    const status = { matchedPods: 4, updatedPods: 4, readyPods: 4, updatedReadyPods: 4, latestRevision: "log-2" };
    const record = recordOf({ kind: "SidecarSet", metadata: { name: "log" }, status, ...containers(2) });
    expect(record).toMatchObject({ ns: "", c: { m: 4, up: 4, rdy: 4, urdy: 4 }, ro: { upd: "2" } });
    expect(record.img).toHaveLength(2);
  });

  test("never dates a verdict later than now", () => {
    expect(recordOf(cloneSet, NOW_MS - 5000).since).toBe("2025-12-31T23:59:55Z");
  });

  test("cuts a controller's message between two characters, and to one line", () => {
    const message = `quota\n\texceeded ${"é".repeat(100)}`;
    const conditions = [{ type: "FailedCreatePod", status: "True", message }];
    const { m } = recordOf({
      kind: "StatefulSet",
      metadata: { name: "x" },
      spec: { replicas: 3 },
      status: { conditions },
    });
    expect(m).toBe(`quota exceeded ${"é".repeat(72)}`);
  });
});

describe("keepText()", () => {
  test.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "abc"],
    ["aé", 2, "a"],
    ["a€", 3, "a"],
    ["a😀", 4, "a"],
    ["a😀b", 5, "a😀"],
    ["\ud800", 3, "\ufffd"],
    ["\ud800", 2, ""],
  ])("keeps %j within %i bytes as %j", (text, bytes, kept) => {
    expect(keepText(text, bytes)).toBe(kept);
  });

  test("holds the bound of a message after control characters are gone", () => {
    expect(keepMessage(`${"\u0085".repeat(10)}${"x".repeat(20)}`, 8)).toBe(" xxxxxxx");
  });
});

describe("hashTemplate()", () => {
  const template = { spec: { containers: [{ name: "a", image: "b" }], volumes: [{ name: "v" }] } };

  test("is the same for another order of keys, for empty fields and for defaults", () => {
    const { containers: list, volumes } = template.spec;
    const noisy = {
      metadata: { creationTimestamp: null, labels: {} },
      spec: { volumes, dnsPolicy: "ClusterFirst", terminationGracePeriodSeconds: 30, containers: list },
    };
    expect(hashTemplate(noisy)).toBe(hashTemplate(template));
  });

  test("changes with any other value", () => {
    const changed = { spec: { ...template.spec, dnsPolicy: "Default" } };
    expect(hashTemplate(changed)).not.toBe(hashTemplate(template));
    expect(hashTemplate({ spec: { ...template.spec, volumes: ["v"] } })).not.toBe(hashTemplate(template));
  });
});
