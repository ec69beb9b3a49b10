// Holds the page for clients against the programs that the end-to-end suites compile and run.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const page = read("docs/using/feedback-api-clients.md");

test.each([
  ["go", "test/e2e/tools/informer/workloads.go"],
  ["ts", "test/e2e/support/informer-example.ts"],
])("the example in %s is %s, but for its first line", (language, file) => {
  const [, example] = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(page) ?? [];
  expect(example?.trim()).toBe(
    read(file)
      .replace(/^\/\/.*\n/, "")
      .trim(),
  );
});
