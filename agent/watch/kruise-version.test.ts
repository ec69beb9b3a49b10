import { describe, expect, it } from "vitest";
import { isTooOld, kruiseVersion } from "./kruise-version.ts";

describe("kruiseVersion()", () => {
  it.each([
    ["openkruise/kruise-manager:v1.9.0", undefined, "1.9.0"],
    ["registry.example:5000/openkruise/kruise-manager:1.8.4-rc.1", undefined, "1.8.4-rc.1"],
    ["openkruise/kruise-manager:v1.9.0@sha256:0123", undefined, "1.9.0"],
    ["registry.example:5000/kruise-manager", undefined, undefined],
    ["openkruise/kruise-manager:latest", undefined, undefined],
    ["openkruise/kruise-manager@sha256:0123", undefined, undefined],
    [undefined, undefined, undefined],
    ["openkruise/kruise-manager:v1.8.3", "v0.17.3", "1.8.3"],
    ["openkruise/kruise-manager:latest", "v0.7.0", "1.4"],
    ["openkruise/kruise-manager@sha256:0123", "v0.9.0", "1.5"],
    ["mirror.example/kruise-manager:build-77", "v0.14.0", "1.6-1.8"],
    [undefined, "v0.17.3", "1.9+"],
    [undefined, "v0.18.0", undefined],
    [undefined, "constructor", undefined],
  ])("of image %s and CRDs made by controller-gen %s is %s", (image, generator, version) => {
    expect(kruiseVersion(image, generator)).toBe(version);
  });
});

describe("isTooOld()", () => {
  it.each([
    ["0.10.1", true],
    ["1.4", true],
    ["1.4.9", true],
    ["1.5", false],
    ["1.5.0-rc.1", false],
    ["1.6-1.8", false],
    ["1.10.0", false],
    ["1.9+", false],
    ["2.0.0", false],
  ])("of %s is %s", (version, expected) => {
    expect(isTooOld(version)).toBe(expected);
  });
});
