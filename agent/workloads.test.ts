import { beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_THRESHOLDS } from "../shared/health/thresholds.ts";
import { observe } from "../shared/kruise/observe.ts";
import type { Observation } from "../shared/kruise/observe.ts";
import type { WarningAbout } from "./warnings.ts";
import { Workloads } from "./workloads.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-01T00:00:00Z");

/** A CloneSet that wants 3 pods; `available` of them are. */
function cloneSet(name: string, { available = 3, updated = 3, generation = 1, paused = false } = {}): Observation {
  return observe({
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", uid: "6f3d1c2e-1111-2222-3333-444455556666", generation },
    spec: {
      replicas: 3,
      updateStrategy: { paused },
      template: { spec: { containers: [{ name: "app", image: "web:1" }] } },
    },
    status: {
      observedGeneration: generation,
      replicas: 3,
      readyReplicas: available,
      availableReplicas: available,
      updatedReplicas: updated,
      updatedReadyReplicas: Math.min(updated, available),
      updatedAvailableReplicas: Math.min(updated, available),
      currentRevision: "web-1",
      updateRevision: updated === 3 ? "web-1" : "web-2",
    },
  });
}

/** A DaemonSet that is complete, as far as its status tells. */
function daemonSet(name: string, uid = "6f3d1c2e-1111-2222-3333-444455556666"): Observation {
  const numbers = { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 3 };
  return observe({
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "DaemonSet",
    metadata: { name, namespace: "shop", uid, generation: 1 },
    spec: { template: { spec: { containers: [{ name: "app", image: "logs:1" }] } } },
    status: { observedGeneration: 1, ...numbers, numberReady: 3, numberAvailable: 3, numberMisscheduled: 0 },
  });
}

function failedCreate(name: string, atMs: number, message = "exceeded quota"): WarningAbout {
  return { key: `daemonset.shop.${name}`, uid: "6f3d1c2e", warning: { reason: "FailedCreate", message, atMs } };
}

describe("Workloads", () => {
  let changed: string[];
  let workloads: Workloads;
  beforeEach(() => {
    changed = [];
    workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: (key) => changed.push(key) });
  });
  const verdict = (name: string): string => {
    const record = workloads.candidates.records.get(`cloneset.shop.${name}`)?.record;
    return `${record?.h}/${record?.r}`;
  };

  it("tells of a record that came, changed or went, and of nothing else", () => {
    workloads.apply("clonesets", cloneSet("web"), START);
    workloads.apply("clonesets", cloneSet("web"), START + 1000);
    expect(changed).toEqual(["cloneset.shop.web"]);
    workloads.apply("clonesets", cloneSet("web", { generation: 2 }), START + 2000);
    workloads.remove("cloneset.shop.web");
    workloads.remove("cloneset.shop.web");
    expect(changed).toEqual(["cloneset.shop.web", "cloneset.shop.web", "cloneset.shop.web"]);
  });

  it("keeps counts and bytes exact", () => {
    workloads.apply("clonesets", cloneSet("a"), START);
    workloads.apply("clonesets", cloneSet("b", { paused: true, updated: 1 }), START);
    workloads.apply("clonesets", cloneSet("b"), START);
    workloads.apply("clonesets", cloneSet("c", { updated: 1 }), START);
    workloads.remove("cloneset.shop.a");
    expect(workloads.byHealth).toEqual({ Healthy: 1, Suspended: 0, Progressing: 1, Unknown: 0, Degraded: 0 });
    const sizes = Array.from(workloads.candidates.records.values(), ({ record }) => JSON.stringify(record).length);
    expect(workloads.candidates.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  it("drops what a complete list of the kind did not name, and leaves other kinds alone", () => {
    workloads.apply("clonesets", cloneSet("a"), START);
    workloads.apply("clonesets", cloneSet("b"), START);
    workloads.apply("statefulsets", cloneSet("c"), START);
    workloads.retain("clonesets", new Set(["cloneset.shop.b"]));
    expect([...workloads.candidates.records.keys()]).toEqual(["cloneset.shop.b", "cloneset.shop.c"]);
  });

  it("escalates by time alone, at the moment when it is due", () => {
    workloads.apply("clonesets", cloneSet("web", { updated: 1 }), START);
    expect(verdict("web")).toBe("Progressing/Updating");
    workloads.tick(START + 10 * MINUTE - 1);
    expect(verdict("web")).toBe("Progressing/Updating");
    workloads.tick(START + 10 * MINUTE);
    expect(verdict("web")).toBe("Degraded/UpdateStalled");
    expect(workloads.worst(5).map(({ n, r }) => `${n} ${r}`)).toEqual(["web UpdateStalled"]);
  });

  it("escalates each at its own time", () => {
    workloads.apply("clonesets", cloneSet("a", { updated: 1 }), START);
    workloads.apply("clonesets", cloneSet("b", { updated: 1 }), START + MINUTE);
    workloads.tick(START + 10 * MINUTE);
    expect([verdict("a"), verdict("b")]).toEqual(["Degraded/UpdateStalled", "Progressing/Updating"]);
    workloads.tick(START + 11 * MINUTE);
    expect(verdict("b")).toBe("Degraded/UpdateStalled");
  });

  it("remembers that a workload was healthy", () => {
    workloads.apply("clonesets", cloneSet("web"), START);
    workloads.apply("clonesets", cloneSet("web", { available: 0 }), START + 1000);
    expect(verdict("web")).toBe("Degraded/LostAvailability");
  });

  it("blames no workload while OpenKruise is down, and counts from its return", () => {
    workloads.apply("clonesets", cloneSet("web", { updated: 1 }), START);
    workloads.setKruiseHealthy(false, START + MINUTE);
    workloads.tick(START + 60 * MINUTE);
    expect(verdict("web")).toBe("Progressing/Updating");
    workloads.setKruiseHealthy(true, START + 60 * MINUTE);
    workloads.tick(START + 70 * MINUTE - 1);
    expect(verdict("web")).toBe("Progressing/Updating");
    workloads.tick(START + 70 * MINUTE);
    expect(verdict("web")).toBe("Degraded/UpdateStalled");
  });

  describe("with a Warning event", () => {
    const ofDaemonSet = (): [string, string] => {
      const record = workloads.candidates.records.get("daemonset.shop.logs")?.record;
      return [`${record?.h}/${record?.r}`, record?.m ?? ""];
    };

    it("judges a known workload by it at once, and tells so once", () => {
      workloads.apply("daemonsets", daemonSet("logs"), START);
      expect(ofDaemonSet()[0]).toBe("Healthy/AllAvailable");
      workloads.warn(failedCreate("logs", START + 1000), START + 2000);
      workloads.warn(failedCreate("logs", START + 1000), START + 3000);
      expect(ofDaemonSet()).toEqual(["Degraded/FailedCreatePod", "exceeded quota"]);
      expect(changed).toEqual(["daemonset.shop.logs", "daemonset.shop.logs"]);
    });

    it("keeps it for a workload that is not known yet", () => {
      workloads.warn(failedCreate("logs", START), START);
      expect(changed).toEqual([]);
      workloads.apply("daemonsets", daemonSet("logs"), START);
      expect(ofDaemonSet()[0]).toBe("Degraded/FailedCreatePod");
    });

    it("lets go of it after twenty minutes", () => {
      workloads.apply("daemonsets", daemonSet("logs"), START);
      workloads.warn(failedCreate("logs", START), START);
      workloads.tick(START + 20 * MINUTE - 1);
      expect(ofDaemonSet()[0]).toBe("Degraded/FailedCreatePod");
      workloads.tick(START + 20 * MINUTE);
      expect(ofDaemonSet()[0]).toBe("Healthy/AllAvailable");
    });

    it("does not hold it against a workload of the same name that comes later", () => {
      workloads.apply("daemonsets", daemonSet("logs"), START);
      workloads.warn(failedCreate("logs", START), START);
      workloads.remove("daemonset.shop.logs");
      workloads.apply("daemonsets", daemonSet("logs"), START + 1000);
      expect(ofDaemonSet()[0]).toBe("Healthy/AllAvailable");
      workloads.warn(failedCreate("logs", START + 2000), START + 2000);
      workloads.apply("daemonsets", daemonSet("logs", "00000000-1111-2222-3333-444455556666"), START + 3000);
      expect(ofDaemonSet()[0]).toBe("Healthy/AllAvailable");
    });
  });

  it("holds nothing against objects whose feature gate is off, from the moment when that is known", () => {
    const pull = observe({
      apiVersion: "apps.kruise.io/v1alpha1",
      kind: "ImagePullJob",
      metadata: { name: "pull", namespace: "shop", uid: "u", generation: 1 },
      spec: { image: "web:1" },
    });
    const verdictOfPull = (): string => {
      const record = workloads.candidates.records.get("imagepulljob.shop.pull")?.record;
      return `${record?.h}/${record?.r}`;
    };
    workloads.apply("imagepulljobs", pull, START);
    expect(verdictOfPull()).toBe("Progressing/StatusMissing");
    workloads.setGatesOff(new Set(["ImagePullJobGate"]), START);
    expect(verdictOfPull()).toBe("Suspended/FeatureGateOff");
    workloads.setGatesOff(new Set(["ImagePullJobGate"]), START);
    workloads.setGatesOff(new Set(), START);
    expect(verdictOfPull()).toBe("Progressing/StatusMissing");
    expect(changed.length).toBe(3);
  });

  it("lists the worst first, then the longest so", () => {
    for (const [index, name] of ["c", "b", "a"].entries()) {
      workloads.apply("clonesets", cloneSet(name), START);
      workloads.apply("clonesets", cloneSet(name, { available: 0 }), START + (index + 1) * MINUTE);
    }
    workloads.apply(
      "clonesets",
      observe({
        apiVersion: "apps.kruise.io/v1alpha1",
        kind: "CloneSet",
        metadata: { name: "x", namespace: "shop" },
        spec: {},
        status: "?",
      }),
      START,
    );
    expect(workloads.worst(3).map(({ n }) => n)).toEqual(["c", "b", "a"]);
    expect(workloads.worst(4).map(({ h }) => h)).toEqual(["Degraded", "Degraded", "Degraded", "Unknown"]);
  });
});
