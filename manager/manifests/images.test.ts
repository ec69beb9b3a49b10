import { describe, expect, test } from "vitest";
import { mirrorImage, readImage } from "./images.ts";

const image = "ghcr.io/org/agent:1";

describe("mirrorImage()", () => {
  test.each([
    { name: "no mirror", registries: [], is: image },
    {
      name: "a mirror of the registry",
      registries: [{ source: "ghcr.io", mirror: "m.io/x" }],
      is: "m.io/x/org/agent:1",
    },
    { name: "trailing slashes", registries: [{ source: "ghcr.io/org/", mirror: "m.io/" }], is: "m.io/agent:1" },
    { name: "an empty source", registries: [{ mirror: "m.io/all" }], is: "m.io/all/agent:1" },
    { name: "an empty mirror", registries: [{ source: "ghcr.io", mirror: "" }], is: image },
    { name: "another registry", registries: [{ source: "quay.io", mirror: "m.io" }], is: image },
    {
      name: "two that match",
      registries: [
        { source: "ghcr.io", mirror: "a" },
        { source: "ghcr.io/org", mirror: "b" },
      ],
      is: "b/agent:1",
    },
  ])("$name", ({ registries, is }) => {
    expect(mirrorImage(image, registries)).toBe(is);
  });
});

describe("readImage()", () => {
  const cluster = (annotation: string) => ({
    metadata: { name: "c1", annotations: { "open-cluster-management.io/image-registries": annotation } },
  });
  const near = cluster('{"registries":[{"source":"ghcr.io","mirror":"near.example"}]}');
  test.each([
    { name: "the cluster's mirrors when the config names none", registries: undefined, is: "near.example/org/agent:1" },
    {
      name: "the cluster's mirrors when those of the config do not match",
      registries: [{ source: "quay.io", mirror: "far.example" }],
      is: "near.example/org/agent:1",
    },
    {
      name: "the config's mirrors before the cluster's",
      registries: [{ source: "ghcr.io", mirror: "far.example" }],
      is: "far.example/org/agent:1",
    },
  ])("takes $name", ({ registries, is }) => {
    expect(readImage(image, registries, near)).toEqual({ value: is });
  });

  test("leaves the image alone when nobody names a mirror", () => {
    expect(readImage(image, undefined, { metadata: { name: "c1" } })).toEqual({ value: image });
    expect(readImage(image, undefined, cluster("{}"))).toEqual({ value: image });
  });

  test.each(["not JSON", "[]", '{"registries":[{"source":"x"}]}'])("names an annotation that says %s", (text) => {
    expect(readImage(image, undefined, cluster(text))).toEqual({
      mistakes: [
        'annotation open-cluster-management.io/image-registries of ManagedCluster "c1": wanted is {"registries":[{"source":"REGISTRY","mirror":"REGISTRY"}]}',
      ],
    });
  });
});
