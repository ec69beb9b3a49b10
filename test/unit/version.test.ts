// One version for all that is released together: what cannot import it is held against it here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { RELEASE_VERSION } from "../../shared/version.ts";

const read = (file: string) => readFileSync(join(import.meta.dirname, "../..", file), "utf8");

interface Versions {
  version?: string;
  appVersion?: string;
  packages?: Record<string, { version?: string }>;
}

test.each<[string, (file: string) => (string | undefined)[]]>([
  ["package.json", (file) => [(JSON.parse(read(file)) as Versions).version]],
  [
    "package-lock.json",
    (file) => {
      const { version, packages } = JSON.parse(read(file)) as Versions;
      return [version, packages?.[""]?.version];
    },
  ],
  [
    "charts/kruise-health/Chart.yaml",
    (file) => {
      const { version, appVersion } = parse(read(file)) as Versions;
      return [version, appVersion];
    },
  ],
])("%s has the version of shared/version.ts", (file, versionsOf) => {
  const versions = versionsOf(file);
  expect(versions).toEqual(versions.map(() => RELEASE_VERSION));
});
