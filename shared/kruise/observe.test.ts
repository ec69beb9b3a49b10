// What holds for any input: an answer in the vocabulary, a record within its bounds, and nothing kept that must not be.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { knownObjects, mutatedObjects } from "../../test/fixtures/arbitrary.ts";
import { loadAllAssessCases } from "../../test/fixtures/cases.ts";
import { replay } from "../../test/fixtures/replay.ts";
import { loadAllScenarios } from "../../test/fixtures/scenarios.ts";
import { escalate } from "../health/escalate.ts";
import { DEFAULT_THRESHOLDS } from "../health/thresholds.ts";
import { NOTES, REASONS } from "../health/verdict.ts";
import type { Verdict } from "../health/verdict.ts";
import { assess } from "./assess.ts";
import { toRecord } from "./condense.ts";
import { KRUISE_KINDS } from "./kinds.ts";
import { observe } from "./observe.ts";
import { MESSAGE_BYTES, WorkloadRecord, keyOf } from "./record.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

function recordOf(raw: unknown): WorkloadRecord {
  const observation = observe(raw);
  const context = { nowMs: NOW_MS, thresholds: DEFAULT_THRESHOLDS, kruiseHealthy: true };
  return toRecord(observation, escalate(observation, undefined, context), NOW_MS);
}

function expectInVocabulary({ health, reason, notes }: Verdict): void {
  const reasons: readonly string[] = REASONS[health];
  expect(reasons).toContain(reason);
  expect(NOTES).toEqual(expect.arrayContaining(notes));
  expect(new Set(notes).size).toBe(notes.length);
}

function expectSound(raw: unknown): void {
  expectInVocabulary(assess(raw));
  const record = recordOf(raw);
  expect(WorkloadRecord.parse(record)).toEqual(record);
  expect(Buffer.byteLength(record.m)).toBeLessThanOrEqual(MESSAGE_BYTES);
  expect(keyOf(record)).toBe(observe(raw).key);
}

describe("observe()", () => {
  test("answers any value with a verdict and a record within its bounds", () => {
    fc.assert(fc.property(fc.anything(), expectSound));
  });

  test("answers any JSON beneath a known kind", () => {
    const anyOfKind = fc
      .tuple(fc.constantFrom(...KRUISE_KINDS.map((known) => known.kind)), fc.jsonValue(), fc.jsonValue())
      .map(([kind, spec, status]) => ({ kind, metadata: { name: "x" }, spec, status }));
    fc.assert(fc.property(anyOfKind, expectSound));
  });

  test("answers mutated real objects", () => {
    fc.assert(fc.property(mutatedObjects(), expectSound), { numRuns: 2000 });
  });

  test("says the same of an object that is read twice, whatever the order of its keys", () => {
    for (const object of knownObjects()) {
      const reversed: unknown = reverseKeys(object);
      expect(JSON.stringify(recordOf(reversed))).toBe(JSON.stringify(recordOf(object)));
    }
  });

  test("bears a tree deeper than any stack", () => {
    let deep: unknown = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { a: deep };
    const object = { kind: "CloneSet", metadata: { name: "x" }, spec: { template: deep }, status: deep };
    expect(recordOf(object).h).toBe("Progressing");
  });
});

describe("the vocabulary", () => {
  test("has a case for every reason, in stage one or two", () => {
    const inOne = loadAllAssessCases().map(({ expect: expected }) => expected);
    const inTwo = loadAllScenarios().flatMap(({ steps }) => steps.map(({ expect: expected }) => expected));
    const seen = new Set([...inOne, ...inTwo]);
    const all = Object.entries(REASONS).flatMap(([health, reasons]) => reasons.map((reason) => `${health}/${reason}`));
    expect(all.filter((verdict) => !seen.has(verdict))).toEqual([]);
  });

  test("has a case for every note", () => {
    const inOne = loadAllAssessCases().flatMap(({ notes }) => notes);
    const inTwo = loadAllScenarios().flatMap(({ steps }) => replay(steps).flatMap(({ record }) => record.notes ?? []));
    const seen = new Set<string>([...inOne, ...inTwo]);
    expect(NOTES.filter((note) => !seen.has(note))).toEqual([]);
  });
});

describe("a record", () => {
  const SECRET = "hunter2-canary";

  /** Plants the secret in every place of an object that is none of a record's business. */
  function withSecrets(): Record<string, unknown> {
    const podTemplate = {
      metadata: { labels: { a: SECRET }, annotations: { b: SECRET } },
      spec: {
        containers: [
          {
            name: "app",
            image: "registry.example/shop:1",
            command: [SECRET],
            args: [SECRET],
            env: [{ name: SECRET, value: SECRET }],
            envFrom: [{ secretRef: { name: SECRET } }],
            volumeMounts: [{ name: SECRET, mountPath: `/${SECRET}` }],
          },
        ],
        initContainers: [{ name: SECRET, image: SECRET }],
        volumes: [{ name: SECRET, secret: { secretName: SECRET } }],
        nodeSelector: { [SECRET]: SECRET },
        imagePullSecrets: [{ name: SECRET }],
      },
    };
    return {
      metadata: {
        name: "x",
        namespace: "shop",
        uid: "0f1e2d3c",
        generation: 1,
        labels: {
          [SECRET]: SECRET,
          "app.kubernetes.io/instance": SECRET,
          "app.kubernetes.io/managed-by": "Helm",
          "kustomize.toolkit.fluxcd.io/name": "apps",
          "kustomize.toolkit.fluxcd.io/checksum": SECRET,
        },
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": SECRET,
          [SECRET]: SECRET,
          "open-cluster-management.io/config-spec-hash": SECRET,
          "resourcetemplate.karmada.io/uid": SECRET,
          "argocd.argoproj.io/tracking-id": `${SECRET}:apps/Deployment:${SECRET}/${SECRET}`,
          "argocd.argoproj.io/installation-id": SECRET,
          "meta.helm.sh/release-name": "shop",
          "meta.helm.sh/values": SECRET,
        },
        managedFields: [
          { manager: SECRET, fieldsV1: { [SECRET]: {} } },
          { manager: "work-agent", subresource: SECRET },
        ],
        ownerReferences: [{ kind: SECRET, name: SECRET }],
        finalizers: [SECRET],
      },
      spec: {
        replicas: 3,
        selector: { matchLabels: { a: SECRET } },
        template: {
          ...podTemplate,
          cloneSetTemplate: { metadata: { annotations: { a: SECRET } }, spec: { template: podTemplate } },
        },
        ...podTemplate.spec,
        topology: { subsets: [{ name: "a", nodeSelectorTerm: SECRET, patch: { env: SECRET } }] },
        volumeClaimTemplates: [{ metadata: { name: SECRET } }],
      },
      status: {
        observedGeneration: 1,
        labelSelector: SECRET,
        conditions: [{ type: "SomethingElse", status: "True", reason: SECRET, message: SECRET }],
        volumeClaims: [{ volumeClaimName: SECRET }],
      },
    };
  }

  test.each(KRUISE_KINDS)(
    "of a $kind holds nothing of environment, arguments, annotations, labels or volumes, but the names of its sources",
    ({ group, kind, versions }) => {
      const raw = { apiVersion: `${group}/${versions[0]}`, kind, ...withSecrets() };
      // Labels that select the pods are kept to ask for those; they are in no record.
      const { podSelector: _, ...observation } = observe(raw);
      const record = recordOf(raw);
      expect(JSON.stringify(record)).not.toContain(SECRET);
      expect(JSON.stringify(observation)).not.toContain(SECRET);
      expect([record.src, ...(record.also ?? [])]).toEqual([
        { t: "ManifestWork", n: "" },
        { t: "Helm", n: "shop" },
        { t: "Flux", n: "apps" },
      ]);
    },
  );

  test.each(["CloneSet", "StatefulSet", "SidecarSet", "UnitedDeployment"])(
    "of a %s holds the images of its main containers",
    (kind) => {
      const raw = { apiVersion: "apps.kruise.io/v1beta1", kind, ...withSecrets() };
      expect(recordOf(raw).img).toEqual([["app", "registry.example/shop:1"]]);
    },
  );

  test("is the same, since and progress included, however often nothing changes", () => {
    for (const { steps } of loadAllScenarios()) {
      const [first] = steps;
      if (first === undefined) continue;
      const twice = replay([first, first]);
      expect(twice[1]?.record).toEqual(twice[0]?.record);
    }
  });
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, reverseKeys(child)]),
  );
}
