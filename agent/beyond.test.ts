// The cap on records: what is beyond it is counted as if it were not there.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_THRESHOLDS } from "../shared/health/thresholds.ts";
import { observe } from "../shared/kruise/observe.ts";
import type { Observation } from "../shared/kruise/observe.ts";
import { Workloads } from "./workloads.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const CAP = 3;

/** A CloneSet that is Healthy, Progressing or Suspended. */
function cloneSet(name: string, health: "Healthy" | "Progressing" | "Suspended"): Observation {
  const updated = health === "Healthy" ? 3 : 1;
  const numbers = { replicas: 3, readyReplicas: 3, availableReplicas: 3 };
  return observe({
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", uid: name, generation: 1 },
    spec: { replicas: 3, updateStrategy: { paused: health === "Suspended" } },
    status: {
      observedGeneration: 1,
      ...numbers,
      updatedReplicas: updated,
      updatedReadyReplicas: updated,
      updatedAvailableReplicas: updated,
      currentRevision: "a",
      updateRevision: health === "Healthy" ? "a" : "b",
    },
  });
}

function build(recordsMax: number): { workloads: Workloads; told: string[] } {
  const told: string[] = [];
  const onChange = (key: string): void => void told.push(key);
  return { workloads: new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange, recordsMax }), told };
}

const keyOf = (name: string): string => `cloneset.shop.${name}`;
const kept = ({ candidates }: Workloads): string[] =>
  [...candidates.records.keys()].map((key) => key.replace(keyOf(""), ""));

describe("fault 3: more workloads than memory has room for", () => {
  it("are counted, and told of when their number changes", () => {
    const { workloads, told } = build(CAP);
    for (const name of ["a", "b", "c", "d", "e"]) workloads.apply("clonesets", cloneSet(name, "Healthy"), NOW);
    expect(kept(workloads)).toEqual(["a", "b", "c"]);
    expect([workloads.byHealth.Healthy, workloads.candidates.beyond]).toEqual([5, 2]);
    told.length = 0;
    workloads.apply("clonesets", cloneSet("d", "Healthy"), NOW);
    expect(told).toEqual([]);
    workloads.remove(keyOf("d"));
    workloads.remove(keyOf("d"));
    expect([told, workloads.byHealth.Healthy]).toEqual([[keyOf("d")], 4]);
  });

  it("lose their record to one that is not Healthy", () => {
    const { workloads, told } = build(CAP);
    for (const name of ["a", "b", "c", "d"]) workloads.apply("clonesets", cloneSet(name, "Healthy"), NOW);
    told.length = 0;
    workloads.apply("clonesets", cloneSet("d", "Progressing"), NOW);
    expect(kept(workloads)).toEqual(["b", "c", "d"]);
    expect(told).toEqual([keyOf("a"), keyOf("d")]);
    for (const name of ["x", "y", "z"]) workloads.apply("clonesets", cloneSet(name, "Progressing"), NOW);
    expect(kept(workloads)).toEqual(["d", "x", "y"]);
    expect(workloads.byHealth).toMatchObject({ Healthy: 3, Progressing: 4 });
  });

  it("go with their kind", () => {
    const { workloads } = build(1);
    for (const name of ["a", "b", "c"]) workloads.apply("clonesets", cloneSet(name, "Healthy"), NOW);
    workloads.retain("clonesets", new Set([keyOf("b")]));
    expect([kept(workloads), workloads.byHealth.Healthy, workloads.candidates.beyond]).toEqual([[], 1, 1]);
    workloads.apply("clonesets", cloneSet("b", "Healthy"), NOW);
    expect([kept(workloads), workloads.byHealth.Healthy, workloads.candidates.beyond]).toEqual([["b"], 1, 0]);
  });

  it("leave every count as it is without a cap, whatever comes and goes", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const step = fc.oneof(
      fc.tuple(fc.constant("apply" as const), name, fc.constantFrom("Healthy", "Progressing", "Suspended")),
      fc.tuple(fc.constant("remove" as const), name),
      fc.tuple(fc.constant("retain" as const), fc.subarray(["a", "b", "c", "d", "e", "f"])),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [capped, free] = [build(CAP).workloads, build(100).workloads];
        for (const each of steps) {
          for (const workloads of [capped, free]) {
            if (each[0] === "apply") workloads.apply("clonesets", cloneSet(each[1], each[2]), NOW);
            else if (each[0] === "remove") workloads.remove(keyOf(each[1]));
            else workloads.retain("clonesets", new Set(each[1].map(keyOf)));
          }
        }
        const { records, beyond = 0 } = capped.candidates;
        expect(capped.byHealth).toEqual(free.byHealth);
        expect(records.size).toBeLessThanOrEqual(CAP);
        expect(records.size + beyond).toBe(free.candidates.records.size);
      }),
    );
  });
});
