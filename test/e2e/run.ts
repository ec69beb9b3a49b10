// `npm run e2e`: builds the real components when they are missing, then runs the suites; further arguments go to vitest.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureTools } from "./harness/tools.ts";

const ROOT = join(import.meta.dirname, "../..");

try {
  await ensureTools();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
console.log("Starting the stack, then the suites");
const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
const config = join(import.meta.dirname, "vitest.config.ts");
const child = spawn(process.execPath, [vitest, "run", "--config", config, ...process.argv.slice(2)], {
  stdio: "inherit",
  cwd: ROOT,
});
// Ctrl-C reaches the child by itself: it stops the stack, and its end is ours.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("exit", (code) => process.exit(code ?? 1));
