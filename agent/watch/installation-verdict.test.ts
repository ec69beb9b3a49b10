import { describe, expect, it } from "vitest";
import { SERVED, kruiseCrds, noCrds } from "../../test/support/kruise-crds.ts";
import { INSTALLATION_REASONS, Installation } from "../../shared/wire/report.ts";
import type { ManagerDeployment } from "./installation-objects.ts";
import { assessInstallation, isDaemonShort, isWorking } from "./installation-verdict.ts";
import type { Sighting } from "./installation-verdict.ts";

const MINUTE = 60_000;
const deployment: ManagerDeployment = {
  wanted: 2,
  available: 2,
  updated: 2,
  observed: true,
  image: "docker.io/openkruise/kruise-manager:v1.8.3",
  args: [],
};
const webhooks = { namespace: "kruise-system", withoutCa: undefined };
const good: Sighting = {
  crds: kruiseCrds(),
  deployment,
  gatesOff: new Set(["ImagePullJobGate"]),
  leader: "Fresh",
  webhooks: { validating: webhooks, mutating: webhooks, addresses: 2 },
  conversionFailure: undefined,
  daemon: { desired: 5, available: 5 },
  daemonShortMs: 0,
};
const hooks = (differing: Partial<Sighting["webhooks"]>): Partial<Sighting> => ({
  webhooks: { ...good.webhooks, ...differing },
});
const noCa = { ...webhooks, withoutCa: "vpod.kb.io" };
const noPodWebhook = { gatesOff: new Set(["PodWebhook"]) };
const conversionFailure = { kind: "StatefulSet", message: "StatefulSet cannot be read as v1alpha1: refused" };
const noEstablished = { state: "NotEstablished" } as const;
const absent = { state: "NotInstalled" } as const;
const rolling = { ...deployment, updated: 1 };

const rows: [string, Partial<Sighting>, string][] = [
  ["all in order", {}, "Healthy/Ready"],
  ["no CRD", { crds: noCrds(), deployment: "Missing", leader: "Missing" }, "Unknown/NotInstalled"],
  ["no CRD of CloneSets, whatever else is left", { crds: kruiseCrds({ CloneSet: absent }) }, "Unknown/NotInstalled"],
  ["only Kruise Rollout", { crds: noCrds({ Rollout: SERVED }) }, "Unknown/NotInstalled"],
  ["a kind that this OpenKruise is too old for", { crds: kruiseCrds({ ImageListPullJob: absent }) }, "Healthy/Ready"],
  ["CRD not established", { crds: kruiseCrds({ CloneSet: noEstablished }) }, "Degraded/CRDNotEstablished"],
  [
    "CRD of the policy group not established",
    { crds: kruiseCrds({ PodUnavailableBudget: noEstablished }) },
    "Degraded/CRDNotEstablished",
  ],
  [
    "CRDs of sister projects not established",
    { crds: kruiseCrds({ Rollout: noEstablished, GameServerSet: noEstablished }) },
    "Healthy/Ready",
  ],
  [
    "a version that cannot be read",
    { crds: kruiseCrds({ CloneSet: { state: "Unreadable", message: "" } }) },
    "Healthy/Ready",
  ],
  ["no Deployment", { deployment: "Missing" }, "Degraded/ManagerMissing"],
  ["Deployment forbidden", { deployment: "NotReadable" }, "Unknown/NotChecked"],
  ["scaled to zero", { deployment: { ...deployment, wanted: 0, available: 0 } }, "Suspended/ManagerScaledToZero"],
  ["no pod available", { deployment: { ...deployment, available: 0 } }, "Degraded/ManagerUnavailable"],
  ["no Lease", { leader: "Missing" }, "Degraded/NoLeader"],
  ["Lease not renewed", { leader: "Stale" }, "Degraded/NoLeader"],
  ["Lease forbidden", { leader: "NotReadable" }, "Unknown/NotChecked"],
  ["no validating webhooks", hooks({ validating: "Missing" }), "Degraded/WebhookNotReady"],
  ["no mutating webhooks", hooks({ mutating: "Missing" }), "Degraded/WebhookNotReady"],
  [
    "no webhook configurations, which PodWebhook off allows",
    { ...hooks({ mutating: "Missing", validating: "Missing" }), ...noPodWebhook },
    "Healthy/Ready",
  ],
  ["an empty CA", hooks({ mutating: noCa }), "Degraded/WebhookNotReady"],
  ["an empty CA with PodWebhook off", { ...hooks({ validating: noCa }), ...noPodWebhook }, "Degraded/WebhookNotReady"],
  ["webhook configurations forbidden", hooks({ validating: "NotReadable" }), "Unknown/NotChecked"],
  ["nothing behind the Service", hooks({ addresses: 0 }), "Degraded/WebhookNotReady"],
  ["no Endpoints of the Service", hooks({ addresses: "Missing" }), "Degraded/WebhookNotReady"],
  ["Endpoints forbidden", hooks({ addresses: "NotReadable" }), "Unknown/NotChecked"],
  ["webhooks called by URL", hooks({ addresses: undefined }), "Healthy/Ready"],
  ["a conversion that fails", { conversionFailure }, "Degraded/ConversionFailing"],
  [
    "a conversion that fails for want of a webhook",
    { conversionFailure, ...hooks({ addresses: 0 }) },
    "Degraded/WebhookNotReady",
  ],
  ["a node without daemon", { daemon: { desired: 5, available: 4 } }, "Progressing/DaemonNotReady"],
  [
    "a node without daemon for almost ten minutes",
    { daemon: { desired: 5, available: 4 }, daemonShortMs: 10 * MINUTE - 1 },
    "Progressing/DaemonNotReady",
  ],
  [
    "a node without daemon for ten minutes",
    { daemon: { desired: 5, available: 4 }, daemonShortMs: 10 * MINUTE },
    "Degraded/DaemonNotReady",
  ],
  ["no daemon", { daemon: "Missing" }, "Progressing/DaemonNotReady"],
  ["no daemon for ten minutes", { daemon: "Missing", daemonShortMs: 10 * MINUTE }, "Degraded/DaemonNotReady"],
  [
    "no daemon, as its gate says",
    { daemon: "Missing", daemonShortMs: 10 * MINUTE, gatesOff: new Set(["KruiseDaemon"]) },
    "Healthy/Ready",
  ],
  ["daemon forbidden", { daemon: "NotReadable" }, "Unknown/NotChecked"],
  ["daemon without nodes", { daemon: { desired: 0, available: 0 } }, "Healthy/Ready"],
  ["one pod of two available", { deployment: { ...deployment, available: 1 } }, "Progressing/ManagerUpdating"],
  ["rolling", { deployment: rolling }, "Progressing/ManagerUpdating"],
  ["spec not observed", { deployment: { ...deployment, observed: false } }, "Progressing/ManagerUpdating"],
  ["rolling without a leader", { deployment: rolling, leader: "Stale" }, "Degraded/NoLeader"],
  [
    "rolling, its daemon too",
    { deployment: rolling, daemon: { desired: 5, available: 4 } },
    "Progressing/DaemonNotReady",
  ],
];

describe("assessInstallation()", () => {
  it.each(rows)("%s", (_name, given, expected) => {
    const verdict = assessInstallation({ ...good, ...given });
    expect(`${verdict.health}/${verdict.reason}`).toBe(expected);
    expect(Installation.parse(verdict)).toEqual(verdict);
  });

  it("has a row for every reason", () => {
    expect(new Set(rows.map(([, , expected]) => expected.split("/")[1]))).toEqual(new Set(INSTALLATION_REASONS));
  });

  it.each<[string, Partial<Sighting>, string]>([
    ["the CRD", { crds: kruiseCrds({ SidecarSet: noEstablished }) }, "sidecarsets.apps.kruise.io"],
    ["the configuration that is missing", hooks({ mutating: "Missing" }), "MutatingWebhookConfiguration"],
    ["the webhook without a CA", hooks({ validating: noCa }), "vpod.kb.io"],
    ["the Service", hooks({ addresses: 0 }), "kruise-webhook-service"],
    ["kind and error of a conversion", { conversionFailure }, "StatefulSet cannot be read as v1alpha1: refused"],
    ["what is forbidden", hooks({ addresses: "NotReadable" }), "Endpoints of Service kruise-webhook-service"],
  ])("names %s", (_name, given, part) => {
    expect(assessInstallation({ ...good, ...given }).message).toContain(part);
  });

  it("keeps an error within the bounds of a message", () => {
    const message = `StatefulSet cannot be read as v1alpha1: ${"é\n".repeat(500)}`;
    const verdict = assessInstallation({ ...good, conversionFailure: { kind: "StatefulSet", message } });
    expect(Installation.parse(verdict)).toEqual(verdict);
    expect(verdict.message).not.toContain("\n");
  });

  it("notes a version that is too old, and stays Healthy", () => {
    const image = "openkruise/kruise-manager:v1.4.0";
    const verdict = assessInstallation({ ...good, deployment: { ...deployment, image } });
    expect(verdict).toMatchObject({
      health: "Healthy",
      reason: "Ready",
      version: "1.4.0",
      notes: ["UnsupportedVersion"],
    });
    expect(Installation.parse(verdict)).toEqual(verdict);
    expect(assessInstallation(good).notes).toBeUndefined();
  });

  it("takes the version from the CRDs when the image does not tell", () => {
    const crds = kruiseCrds({ CloneSet: { ...SERVED, generator: "v0.14.0" } });
    const image = "kruise-manager@sha256:0123";
    expect(assessInstallation({ ...good, crds, deployment: { ...deployment, image } }).version).toBe("1.6-1.8");
    expect(assessInstallation({ ...good, crds, deployment: "Missing" }).version).toBe("1.6-1.8");
    expect(assessInstallation({ ...good, crds }).version).toBe("1.8.3");
  });
});

describe("isWorking()", () => {
  it.each<[Installation["health"], Installation["reason"], boolean]>([
    ["Healthy", "Ready", true],
    ["Progressing", "ManagerUpdating", true],
    ["Unknown", "NotChecked", true],
    ["Unknown", "NotInstalled", true],
    ["Suspended", "ManagerScaledToZero", false],
    ["Degraded", "NoLeader", false],
    ["Degraded", "WebhookNotReady", false],
    ["Degraded", "ConversionFailing", false],
    ["Progressing", "DaemonNotReady", true],
    ["Degraded", "DaemonNotReady", true],
  ])("of %s/%s is %s", (health, reason, expected) => {
    expect(isWorking({ health, reason, message: "" })).toBe(expected);
  });
});

describe("isDaemonShort()", () => {
  it.each<[Sighting["daemon"], boolean]>([
    [{ desired: 3, available: 3 }, false],
    [{ desired: 3, available: 2 }, true],
    ["Missing", true],
    ["NotReadable", false],
  ])("of %j is %s", (daemon, expected) => {
    expect(isDaemonShort(daemon)).toBe(expected);
  });
});
