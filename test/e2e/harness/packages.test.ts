// What a machine is told that lacks Debian packages.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingPackages, whatIsMissing } from "./packages.ts";

test("what is on the path is not asked for, the rest in one sentence", () => {
  const folder = mkdtempSync(join(tmpdir(), "packages-"));
  try {
    for (const program of ["chromium", "amtool"]) writeFileSync(join(folder, program), "");
    expect(whatIsMissing(`/nowhere:${folder}`)).toBe(
      "The suites need the Debian packages prometheus, buildah: apt-get install --no-install-recommends prometheus buildah",
    );
    for (const program of ["promtool", "buildah"]) writeFileSync(join(folder, program), "");
    expect(whatIsMissing(folder)).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test(".ci/run installs just these", () => {
  const [, named = ""] =
    /^packages=\((.*)\)$/m.exec(readFileSync(join(import.meta.dirname, "../../../.ci/run"), "utf8")) ?? [];
  expect(named.split(" ")).toEqual(missingPackages(""));
});
