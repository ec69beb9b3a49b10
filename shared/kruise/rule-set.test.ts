// The version of the rules is sent with every report: whoever changes a rule has to change the version too.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RULE_SET } from "../health/rule-set.ts";

const FOLDERS = ["../health", "../health/kinds", "readers"];

/** All code that a verdict comes from, without comments and white space. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const folder of FOLDERS.map((name) => join(import.meta.dirname, name))) {
    const files = readdirSync(folder).filter((name) => /(?<!\.test)\.ts$/.test(name) && name !== "rule-set.ts");
    for (const file of files.sort()) hash.update(bare(readFileSync(join(folder, file), "utf8")));
  }
  return hash.digest("hex").slice(0, 16);
}

function bare(code: string): string {
  return code
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/\s+/g, "");
}

test("the rule set has a new version whenever the rules are other ones", () => {
  // When this fails: raise RULE_SET if any object can get another verdict now, then write the new fingerprint here.
  expect({ version: RULE_SET, fingerprint: fingerprint() }).toEqual({ version: "2", fingerprint: "c24e4538cc1c31cb" });
});
