// Writes the documents that come from the code (`npm run gen`).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { causesPage } from "./docs/causes.ts";
import { chartPage } from "./docs/chart-values.ts";
import { comparisonPage } from "./docs/comparison.ts";
import { metricsPage } from "./docs/metrics.ts";
import { ocmContractPage } from "./docs/ocm-contract.ts";
import { protocolFieldsPage } from "./docs/protocol-fields.ts";
import { reasonsPage } from "./docs/reasons.ts";
import { rulesPage } from "./docs/rules.ts";
import { settingsPage } from "./docs/settings.ts";

/** Each document by its path from docs/. */
export const PAGES: Readonly<Record<string, () => string>> = {
  "../charts/kruise-health/README.md": chartPage,
  "causes.md": causesPage,
  "comparison.md": comparisonPage,
  "metrics.md": metricsPage,
  "protocol-fields.md": protocolFieldsPage,
  "reasons.md": reasonsPage,
  "rules.md": rulesPage,
  "settings.md": settingsPage,
  "using/ocm-contract.md": ocmContractPage,
};

if (import.meta.main) {
  for (const [file, page] of Object.entries(PAGES)) {
    writeFileSync(join(import.meta.dirname, "../docs", file), page());
  }
}
