import { describe, expect, it } from "vitest";
import { fromStatus } from "../../shared/kube/errors.ts";
import { AddonVersion } from "./addon.ts";

const unknownPath = fromStatus("PATCH addon", 404, {
  kind: "Status",
  message: "the server could not find the requested resource",
});
const absentObject = fromStatus("PATCH addon", 404, {
  kind: "Status",
  message: 'managedclusteraddons.addon.open-cluster-management.io "kruise-health" not found',
});
const noConversion = fromStatus("PATCH addon", 500, { kind: "Status", message: "conversion webhook for x failed" });

describe("AddonVersion", () => {
  it.each([
    { name: "a path that is unknown", error: unknownPath, next: "v1beta1" },
    { name: "a conversion that fails", error: noConversion, next: "v1beta1" },
    { name: "an object that is absent", error: absentObject, next: "v1alpha1" },
    { name: "another trouble", error: fromStatus("PATCH addon", 403, {}), next: "v1alpha1" },
  ])("after $name speaks $next", ({ error, next }) => {
    const version = new AddonVersion();
    version.moveOn(error, version.resource);
    expect(version.resource.version).toBe(next);
  });

  it("is not led back by a late answer to a request in the version that was left", () => {
    const version = new AddonVersion();
    const left = version.resource;
    expect(version.moveOn(unknownPath, left)).toBe(true);
    expect(version.moveOn(unknownPath, left)).toBe(true);
    expect(version.resource.version).toBe("v1beta1");
  });

  it("asks for a pause when every version has failed, and no sooner", () => {
    const version = new AddonVersion();
    const fail = (): boolean => version.moveOn(unknownPath, version.resource);
    expect([fail(), fail(), fail(), fail()]).toEqual([true, false, true, false]);
    fail();
    version.worked(version.resource);
    expect([fail(), fail()]).toEqual([true, false]);
  });
});
