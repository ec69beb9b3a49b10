// Writes the documents that come from the code (`npm run gen`).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { causesPage } from "./docs/causes.ts";
import { comparisonPage } from "./docs/comparison.ts";
import { protocolFieldsPage } from "./docs/protocol-fields.ts";
import { reasonsPage } from "./docs/reasons.ts";
import { rulesPage } from "./docs/rules.ts";
import { settingsPage } from "./docs/settings.ts";

/** Each document by its file name in docs/. */
export const PAGES: Readonly<Record<string, () => string>> = {
  "causes.md": causesPage,
  "comparison.md": comparisonPage,
  "protocol-fields.md": protocolFieldsPage,
  "reasons.md": reasonsPage,
  "rules.md": rulesPage,
  "settings.md": settingsPage,
};

if (import.meta.main) {
  for (const [file, page] of Object.entries(PAGES)) {
    writeFileSync(join(import.meta.dirname, "../docs", file), page());
  }
}
