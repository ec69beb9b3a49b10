// Fast tests: tables, properties, the contract suite against the embedded API server, the local fleet.
// The suites against real components have their own configuration in test/e2e.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The suites of the local fleet mostly wait: more of them than cores may do so together.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "shared/**/*.test.ts",
            "agent/**/*.test.ts",
            "manager/**/*.test.ts",
            "assess/**/*.test.ts",
            "charts/**/*.test.ts",
            "test/unit/**/*.test.ts",
            "test/e2e/**/*.test.ts",
          ],
        },
      },
      { test: { name: "contract", include: ["test/contract/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "fleet", include: ["test/fleet/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 30_000 } },
    ],
  },
});
