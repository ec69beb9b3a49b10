// The suites against real components. Each worker has a stack of its own, on which one file runs after another.
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./harness/sequence.ts";

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    name: "e2e",
    include: ["test/e2e/**/*.e2e.ts"],
    globalSetup: ["test/e2e/harness/global-setup.ts"],
    setupFiles: ["test/e2e/harness/suite-setup.ts"],
    // run.ts asks for more.
    maxWorkers: 1,
    sequence: { sequencer: LongestFirst },
    // Situations of one file run side by side: most of their time they wait.
    maxConcurrency: 10,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
