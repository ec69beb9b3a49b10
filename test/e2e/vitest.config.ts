// The suites against real components: one stack for all of them, one file after another.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    name: "e2e",
    include: ["test/e2e/**/*.e2e.ts"],
    globalSetup: ["test/e2e/harness/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    // Situations of one file run side by side: most of their time they wait.
    maxConcurrency: 10,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
