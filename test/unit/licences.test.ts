// What is inside the images, and under which licences: a package that may not be shipped fails here before it is.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Metafile } from "esbuild";
import { buildBundles } from "../build.ts";
import { writeNotices } from "../licences/notices.ts";
import { IMAGE_NAMES, packageFolders, readPackages } from "../licences/packages.ts";
import type { BundledPackage } from "../licences/packages.ts";
import { writeSbom } from "../licences/sbom.ts";

const ROOT = join(import.meta.dirname, "../..");

const left: BundledPackage = {
  name: "left",
  version: "1.2.3",
  licence: "MIT",
  folder: "node_modules/left",
  texts: { LICENSE: "Copyright Left" },
};

describe("packageFolders()", () => {
  const output = (inputs: Record<string, number>): Metafile["outputs"][string] => ({
    bytes: 1,
    imports: [],
    exports: [],
    inputs: Object.fromEntries(Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }])),
  });
  const outputs = {
    "dist/agent.js": output({ "agent/main.ts": 9, "node_modules/left/a.js": 3, "node_modules/left/b.js": 3 }),
    "dist/manager.js": output({
      "node_modules/@scope/right/index.js": 1,
      "node_modules/left/node_modules/@scope/inner/x.js": 1,
      "node_modules/shaken-off/index.js": 0,
    }),
    "dist/dashboard/app.js": output({ "node_modules/page/index.js": 1 }),
    "../elsewhere/doctor.js": output({ "node_modules/of-doctor/index.js": 1 }),
  };

  test("names each package once, the innermost, and none of which nothing is left", () => {
    expect(packageFolders(outputs, "agent")).toEqual(["node_modules/left"]);
    expect(packageFolders(outputs, "manager")).toEqual([
      "node_modules/@scope/right",
      "node_modules/left/node_modules/@scope/inner",
      "node_modules/of-doctor",
      "node_modules/page",
    ]);
  });
});

describe("writeNotices()", () => {
  test("gives each package with its text", () => {
    const text = writeNotices("agent", [left]);
    expect(text).toContain("  left 1.2.3: MIT\n");
    expect(text).toMatch(/\nleft 1\.2\.3 \(MIT\)\n\nCopyright Left\n$/);
  });

  test.each<[string, Partial<BundledPackage>, string]>([
    [
      "another licence",
      { licence: "GPL-3.0-only" },
      'left 1.2.3 is under "GPL-3.0-only", and allowed are 0BSD, Apache-2.0',
    ],
    ["a choice that nobody has made", { licence: "(MIT OR GPL-2.0)" }, 'is under "(MIT OR GPL-2.0)"'],
    ["no licence", { licence: "" }, 'is under "no licence"'],
    ["no text", { texts: {} }, "left 1.2.3 brings no licence text"],
  ])("refuses a package with %s, and names it", (_what, change, message) => {
    expect(() => writeNotices("agent", [left, { ...left, ...change }])).toThrow(`Cannot ship kruise-health-agent: `);
    expect(() => writeNotices("agent", [left, { ...left, ...change }])).toThrow(message);
  });
});

describe("writeSbom()", () => {
  const digest = "a".repeat(64);
  const given = {
    image: "agent",
    version: "1.0.0",
    base: `gcr.io/distroless/nodejs24:nonroot@sha256:${digest}`,
    created: "2026-01-02T03:04:05Z",
    packages: [left, { ...left, name: "@scope/right", folder: "node_modules/@scope/right" }],
    integrity: { "node_modules/left": `sha512-${Buffer.from("left").toString("base64")}` },
  } as const;

  test("names the image, its base, Node.js and each package, and how they hang together", () => {
    const reference = `registry.example:5000/kruise-health-agent:1.0.0@sha256:${digest}`;
    const { packages, relationships, documentNamespace } = writeSbom({ ...given, reference, node: "24.22.1" });
    expect(
      packages.map(({ name, versionInfo, externalRefs }) => [name, versionInfo, externalRefs?.[0]?.referenceLocator]),
    ).toEqual([
      [
        "kruise-health-agent",
        "1.0.0",
        `pkg:oci/kruise-health-agent@sha256%3A${digest}?repository_url=registry.example%3A5000%2Fkruise-health-agent`,
      ],
      [
        "gcr.io/distroless/nodejs24:nonroot",
        `sha256:${digest}`,
        `pkg:oci/nodejs24@sha256%3A${digest}?repository_url=gcr.io%2Fdistroless%2Fnodejs24`,
      ],
      ["node", "24.22.1", "pkg:generic/node@24.22.1"],
      ["left", "1.2.3", "pkg:npm/left@1.2.3"],
      ["@scope/right", "1.2.3", "pkg:npm/%40scope/right@1.2.3"],
    ]);
    const name = new Map(packages.map((entry) => [entry.SPDXID, entry.name]));
    expect(name.size).toBe(packages.length);
    const told = relationships.map((each) => [
      name.get(each.spdxElementId),
      each.relationshipType,
      name.get(each.relatedSpdxElement),
    ]);
    expect(told).toEqual([
      [undefined, "DESCRIBES", "kruise-health-agent"],
      ["kruise-health-agent", "DESCENDANT_OF", "gcr.io/distroless/nodejs24:nonroot"],
      ["gcr.io/distroless/nodejs24:nonroot", "CONTAINS", "node"],
      ["kruise-health-agent", "CONTAINS", "left"],
      ["kruise-health-agent", "CONTAINS", "@scope/right"],
    ]);
    expect(packages[3]?.checksums).toEqual([
      { algorithm: "SHA512", checksumValue: Buffer.from("left").toString("hex") },
    ]);
    expect(documentNamespace).toContain(digest);
  });

  test("asserts nothing that it was not told", () => {
    const { packages } = writeSbom({ ...given, base: "localhost/base", packages: [] });
    expect(packages.map(({ versionInfo, externalRefs }) => [versionInfo, externalRefs])).toEqual([
      ["1.0.0", undefined],
      ["NOASSERTION", undefined],
      ["NOASSERTION", undefined],
    ]);
  });

  test("has the form that SPDX asks for", () => {
    const document = writeSbom(given);
    expect(document).toMatchObject({ spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT" });
    expect(document.creationInfo).toEqual({ created: given.created, creators: ["Tool: kruise-health-sbom-1.0.0"] });
    for (const { SPDXID } of document.packages) expect(SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
  });
});

describe("what is bundled today", () => {
  let folder = "";
  let outputs: Metafile["outputs"];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "licences-"));
    outputs = await buildBundles(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(IMAGE_NAMES)("may be shipped in the image of the %s, and is in the lock file", (image) => {
    const packages = readPackages(ROOT, packageFolders(outputs, image));
    const notices = writeNotices(image, packages);
    for (const { name, version } of packages) expect(notices).toContain(`\n${name} ${version} (`);
    expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(["pino", "zod"]));
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version?: string; integrity?: string }>;
    };
    const locked = packages.filter(({ folder: path, version }) => {
      const entry = lock.packages[path];
      return entry?.version === version && entry.integrity?.startsWith("sha512-") === true;
    });
    expect(locked).toHaveLength(packages.length);
  });
});
