import { describe, expect, it } from "vitest";
import { Installation } from "../../shared/wire/report.ts";
import { assessInstallation } from "./installation-verdict.ts";
import type { ManagerDeployment, Sighting } from "./installation-verdict.ts";

const deployment: ManagerDeployment = {
  wanted: 2,
  available: 2,
  updated: 2,
  observed: true,
  image: "docker.io/openkruise/kruise-manager:v1.8.3",
};
const good: Sighting = {
  crds: [{ state: "Served", version: "v1alpha1" }, { state: "NotInstalled" }],
  deployment,
  leader: "Fresh",
};

describe("assessInstallation()", () => {
  const rows: [string, Partial<Sighting>, string][] = [
    ["all in order", {}, "Healthy/Ready"],
    ["no CRD", { crds: [{ state: "NotInstalled" }], deployment: "Missing", leader: "Missing" }, "Unknown/NotInstalled"],
    ["CRD not established", { crds: [{ state: "NotEstablished" }] }, "Degraded/CRDNotEstablished"],
    ["a version that cannot be read", { crds: [{ state: "Unreadable", message: "" }] }, "Healthy/Ready"],
    ["no Deployment", { deployment: "Missing" }, "Degraded/ManagerMissing"],
    ["Deployment forbidden", { deployment: "NotReadable" }, "Unknown/NotChecked"],
    ["scaled to zero", { deployment: { ...deployment, wanted: 0, available: 0 } }, "Suspended/ManagerScaledToZero"],
    ["no pod available", { deployment: { ...deployment, available: 0 } }, "Degraded/ManagerUnavailable"],
    ["no Lease", { leader: "Missing" }, "Degraded/NoLeader"],
    ["Lease not renewed", { leader: "Stale" }, "Degraded/NoLeader"],
    ["Lease forbidden", { leader: "NotReadable" }, "Unknown/NotChecked"],
    ["one pod of two available", { deployment: { ...deployment, available: 1 } }, "Progressing/ManagerUpdating"],
    ["rolling", { deployment: { ...deployment, updated: 1 } }, "Progressing/ManagerUpdating"],
    ["spec not observed", { deployment: { ...deployment, observed: false } }, "Progressing/ManagerUpdating"],
    ["rolling without a leader", { deployment: { ...deployment, updated: 1 }, leader: "Stale" }, "Degraded/NoLeader"],
  ];
  it.each(rows)("%s", (_name, given, expected) => {
    const verdict = assessInstallation({ ...good, ...given });
    expect(`${verdict.health}/${verdict.reason}`).toBe(expected);
    expect(Installation.parse(verdict)).toEqual(verdict);
  });

  it.each([
    ["openkruise/kruise-manager:v1.9.0", "1.9.0"],
    ["registry.example:5000/openkruise/kruise-manager:1.8.4-rc.1", "1.8.4-rc.1"],
    ["openkruise/kruise-manager:v1.9.0@sha256:0123", "1.9.0"],
    ["registry.example:5000/kruise-manager", undefined],
    ["openkruise/kruise-manager:latest", undefined],
    ["openkruise/kruise-manager@sha256:0123", undefined],
    [undefined, undefined],
  ])("reads the version of image %s as %s", (image, version) => {
    expect(assessInstallation({ ...good, deployment: { ...deployment, image } }).version).toBe(version);
  });
});
