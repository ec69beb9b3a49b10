import { describe, expect, it } from "vitest";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import { Crd, chooseVersion, crdName } from "./crds.ts";

function kindNamed(name: string): KruiseKind {
  const kind = KRUISE_KINDS.find((known) => known.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

/** Versions as "v1alpha1" (served), "v1beta1*" (served and stored), "-v1" (not served). */
function crd(versions: string, conditions = [{ type: "Established", status: "True" }]): Crd {
  return {
    spec: {
      versions: versions.split(" ").map((text) => ({
        name: text.replace(/[*-]/g, ""),
        served: !text.startsWith("-"),
        storage: text.endsWith("*"),
      })),
    },
    status: { conditions },
  };
}

describe("chooseVersion()", () => {
  it.each([
    ["CloneSet", "v1alpha1*", "v1alpha1", "the only one of released Kruise"],
    ["CloneSet", "v1alpha1 v1beta1*", "v1beta1", "the stored one"],
    ["CloneSet", "v1alpha1* v1beta1", "v1alpha1", "the stored one needs no webhook, newer or not"],
    ["CloneSet", "v1alpha1 v1*", "v1alpha1", "the stored one cannot be read, a served one can"],
    ["CloneSet", "v1alpha1 v1beta1 v2*", "v1beta1", "of two served ones the preferred"],
    ["CloneSet", "v1alpha1 -v1beta1*", "v1alpha1", "stored but not served"],
    ["SidecarSet", "v1alpha1 v1beta1*", "v1beta1", "Kruise 1.9"],
    ["StatefulSet", "v1alpha1 v1beta1*", "v1beta1", "the stored one"],
    ["StatefulSet", "v1alpha1* v1beta1", "v1beta1", "the v1alpha1 view loses counters"],
    ["StatefulSet", "v1alpha1* -v1beta1", "v1alpha1", "nothing better is served"],
  ])("reads %s served as %s through %s: %s", (kind, versions, version) => {
    expect(chooseVersion(kindNamed(kind), crd(versions))).toMatchObject({ state: "Served", version });
  });

  it.each([
    ["CloneSet", "v1alpha1*", { stored: true, others: [] }],
    ["SidecarSet", "v1alpha1 v1beta1* -v1", { stored: true, others: ["v1alpha1"] }],
    ["AdvancedCronJob", "v1alpha1* v1beta1", { stored: false, others: ["v1alpha1"] }],
  ])("says of %s served as %s whether it reads what is stored, and what else there is", (kind, versions, expected) => {
    expect(chooseVersion(kindNamed(kind), crd(versions))).toMatchObject(expected);
  });

  it.each([
    [undefined, false],
    [{ strategy: "None" }, false],
    [{ strategy: "Webhook" }, true],
  ])("reads from conversion %j that a webhook converts: %s", (conversion, converts) => {
    const plain = crd("v1alpha1*");
    const parsed = Crd.parse({ ...plain, spec: { ...plain.spec, conversion } });
    expect(chooseVersion(kindNamed("CloneSet"), parsed)).toMatchObject({ converts });
  });

  it("keeps which tool made the CRD, and nothing else of its metadata", () => {
    const annotations = { "controller-gen.kubebuilder.io/version": "v0.14.0", other: "x" };
    const parsed = Crd.parse({ ...crd("v1alpha1*"), metadata: { name: "clonesets.apps.kruise.io", annotations } });
    expect(chooseVersion(kindNamed("CloneSet"), parsed)).toEqual({
      state: "Served",
      version: "v1alpha1",
      stored: true,
      others: [],
      converts: false,
      generator: "v0.14.0",
    });
  });

  it.each([[null], ["?"], [{ annotations: null }], [{ annotations: { "controller-gen.kubebuilder.io/version": 1 } }]])(
    "reads a CRD whose metadata is %j",
    (metadata) => {
      expect(Crd.safeParse({ ...crd("v1alpha1*"), metadata }).success).toBe(true);
    },
  );

  it("says which versions it could read when none of them is served", () => {
    expect(chooseVersion(kindNamed("CloneSet"), crd("v1* -v1alpha1"))).toEqual({
      state: "Unreadable",
      message: "served versions: v1; readable are v1beta1, v1alpha1",
    });
  });

  it.each([
    [[], "without conditions"],
    [[{ type: "Established", status: "False" }], "not established"],
    [
      [
        { type: "Established", status: "True" },
        { type: "NamesAccepted", status: "False" },
      ],
      "names taken by another",
    ],
  ])("waits for a CRD that is not established: %j", (conditions) => {
    expect(chooseVersion(kindNamed("CloneSet"), crd("v1alpha1*", conditions))).toEqual({ state: "NotEstablished" });
  });

  it("names the CRDs as Kubernetes does", () => {
    expect(["CloneSet", "PodUnavailableBudget", "Rollout", "GameServerSet"].map(kindNamed).map(crdName)).toEqual([
      "clonesets.apps.kruise.io",
      "podunavailablebudgets.policy.kruise.io",
      "rollouts.rollouts.kruise.io",
      "gameserversets.game.kruise.io",
    ]);
  });
});
