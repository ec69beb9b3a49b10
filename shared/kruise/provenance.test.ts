// Metadata as the delivering tools leave it, with the sources that are found in it.
import { describe, expect, test } from "vitest";
import { readSources } from "./provenance.ts";
import type { Source } from "./provenance.ts";

const HUB = "3f0a".padEnd(64, "9");
const WORK_OWNER = {
  apiVersion: "work.open-cluster-management.io/v1",
  kind: "AppliedManifestWork",
  name: `${HUB}-checkout-work`,
  uid: "7c7f7c2a-5b3d-4a57-9f6c-0d8a6b1f2e3d",
};
const self = { group: "apps.kruise.io", kind: "CloneSet", namespace: "payments", name: "checkout" };
const TRACKING = "argocd.argoproj.io/tracking-id";
const helmLabels = { "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "shop" };
const helmAnnotations = { "meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "payments" };
const karmadaAnnotations = {
  "resourcetemplate.karmada.io/uid": "0c9f",
  "work.karmada.io/name": "checkout-7d9f6c5b8",
  "work.karmada.io/namespace": "karmada-es-member1",
};

const CASES: { of: string; metadata: Record<string, unknown>; found: Source[] }[] = [
  { of: "an object that a person applied", metadata: { managedFields: [{ manager: "kubectl" }] }, found: [] },
  {
    of: "an object of a ManifestWork",
    metadata: { ownerReferences: [{ kind: "UnitedDeployment", name: "up", controller: true }, WORK_OWNER] },
    found: [{ t: "ManifestWork", n: "checkout-work" }],
  },
  {
    of: "an object that two ManifestWorks hold",
    metadata: { ownerReferences: [WORK_OWNER, { ...WORK_OWNER, name: `${HUB}-base` }] },
    found: [
      { t: "ManifestWork", n: "checkout-work" },
      { t: "ManifestWork", n: "base" },
    ],
  },
  {
    of: "an AppliedManifestWork whose name does not begin with the hash of a hub",
    metadata: { ownerReferences: [{ ...WORK_OWNER, name: `${"z".repeat(64)}-checkout-work` }] },
    found: [{ t: "ManifestWork", n: "" }],
  },
  {
    of: "an owner that only has the kind's name",
    metadata: { ownerReferences: [{ ...WORK_OWNER, apiVersion: "example.com/v1" }] },
    found: [],
  },
  {
    of: "an orphaned object that was applied on the server",
    metadata: { annotations: { "open-cluster-management.io/config-spec-hash": "b1946ac9" } },
    found: [{ t: "ManifestWork", n: "" }],
  },
  {
    of: "an orphaned object that the work agent wrote",
    metadata: { managedFields: [{ manager: "kubectl" }, { manager: "work-agent", operation: "Apply" }] },
    found: [{ t: "ManifestWork", n: "" }],
  },
  {
    of: "an object of a Karmada Work",
    metadata: { labels: { "karmada.io/managed": "true" }, annotations: karmadaAnnotations },
    found: [{ t: "Karmada", n: "checkout-7d9f6c5b8", q: "karmada-es-member1" }],
  },
  {
    of: "an object with Karmada's permanent id alone",
    metadata: { labels: { "work.karmada.io/permanent-id": "0c9f2a51" } },
    found: [{ t: "Karmada", n: "" }],
  },
  { of: "an object that Karmada let go", metadata: { labels: { "karmada.io/managed": "false" } }, found: [] },
  {
    of: "an object of an Application",
    metadata: { annotations: { [TRACKING]: "shop:apps.kruise.io/CloneSet:payments/checkout" } },
    found: [{ t: "ArgoCD", n: "shop" }],
  },
  {
    of: "an object of an Application in a namespace of its own",
    metadata: { annotations: { [TRACKING]: "team-a_shop:apps.kruise.io/CloneSet:payments/checkout" } },
    found: [{ t: "ArgoCD", n: "shop", q: "team-a" }],
  },
  ...["CloneSet:payments/other", "CloneSet:default/checkout", "StatefulSet:payments/checkout", "CloneSet:checkout"].map(
    (path) => ({
      of: `a copy of the object ${path}`,
      metadata: {
        labels: { "app.kubernetes.io/instance": "shop" },
        annotations: { [TRACKING]: `shop:apps.kruise.io/${path}`, "argocd.argoproj.io/installation-id": "hub" },
      },
      found: [],
    }),
  ),
  {
    of: "an object that Argo CD tracks by its label",
    metadata: { labels: { "app.kubernetes.io/instance": "shop" }, managedFields: [{ manager: "argocd-controller" }] },
    found: [{ t: "ArgoCD", n: "shop" }],
  },
  { of: "a label that any tool may write", metadata: { labels: { "app.kubernetes.io/instance": "shop" } }, found: [] },
  {
    of: "an object of a Helm release",
    metadata: { labels: helmLabels, annotations: helmAnnotations },
    found: [{ t: "Helm", n: "shop", q: "payments" }],
  },
  { of: "a chart's template that was applied without Helm", metadata: { labels: helmLabels }, found: [] },
  {
    of: "an object of a Flux Kustomization",
    metadata: {
      labels: { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
    },
    found: [{ t: "Flux", n: "apps", q: "flux-system" }],
  },
  {
    of: "a HelmRelease of Flux that a ManifestWork holds too",
    metadata: {
      ownerReferences: [WORK_OWNER],
      labels: { ...helmLabels, "helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux" },
      annotations: helmAnnotations,
    },
    found: [
      { t: "ManifestWork", n: "checkout-work" },
      { t: "Helm", n: "shop", q: "payments" },
      { t: "Flux", n: "shop", q: "flux" },
    ],
  },
  {
    of: "metadata of the wrong types",
    metadata: { ownerReferences: WORK_OWNER, labels: [], annotations: { [TRACKING]: 7 }, managedFields: [null, {}] },
    found: [],
  },
  {
    of: "more owners than a record holds",
    metadata: { ownerReferences: Array.from({ length: 9 }, () => WORK_OWNER) },
    found: Array.from({ length: 5 }, () => ({ t: "ManifestWork", n: "checkout-work" })),
  },
  {
    of: "names longer than a record holds",
    metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "é".repeat(200) } },
    found: [{ t: "Flux", n: "é".repeat(126) }],
  },
];

describe("readSources()", () => {
  test.each(CASES)("finds the sources of $of", ({ metadata, found }) => {
    expect(readSources(metadata, self)).toEqual(found);
  });

  test("takes any namespace in the tracking id of a cluster-scoped object, because it has none itself", () => {
    const sidecarSet = { group: "apps.kruise.io", kind: "SidecarSet", namespace: "", name: "log" };
    const annotations = { [TRACKING]: "shop:apps.kruise.io/SidecarSet:default/log" };
    expect(readSources({ annotations }, sidecarSet)).toEqual([{ t: "ArgoCD", n: "shop" }]);
  });
});
