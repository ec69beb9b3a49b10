// Holds the documents against the code: every reason is explained, generated pages are fresh, links lead somewhere.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { REASONS } from "../../shared/health/verdict.ts";
import { settingsPage } from "../docs.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("docs/reasons.md", () => {
  const page = read("docs/reasons.md");
  for (const [health, reasons] of Object.entries(REASONS)) {
    test.each(reasons.map((reason) => [reason]))(`explains ${health}/%s`, (reason) => {
      const section = page.split(`\n## ${health}`)[1]?.split("\n## ")[0] ?? "";
      expect(section).toContain(`\n### ${reason}\n`);
    });
  }

  test("explains no reason that the vocabulary lacks", () => {
    const known = new Set<string>([...Object.values(REASONS).flat(), "ReportStale"]);
    const explained = [...page.matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
    expect(explained.filter((reason) => reason === undefined || !known.has(reason))).toEqual([]);
  });
});

test("docs/settings.md is what the schemas say (write it anew with `npm run gen`)", () => {
  expect(read("docs/settings.md")).toBe(settingsPage());
});

test("relative links in the documents lead to files that exist", () => {
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ...markdownBelow("docs")];
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] ?? "")
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file));
}
