// `npm run e2e`: builds the real components when they are missing, then runs the suites; further arguments go to vitest.
// All suites run in lanes side by side, each with a stack of its own; with a named file there is one lane.
// KRUISE_HEALTH_LANES says how many.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { whatIsMissing } from "./harness/packages.ts";
import { ensureTools } from "./harness/tools.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The suites mostly wait: two lanes keep two cores at work. A third needs more inotify instances than most have. */
const LANES = 2;
/** What the components of one stack take of the inotify instances that Linux lets a user have, rounded up. */
const INOTIFY_OF_A_LANE = 50;

const args = process.argv.slice(2);
const isNamed = args.some((arg) => !arg.startsWith("-"));
const lanes = process.env["KRUISE_HEALTH_LANES"] ?? String(isNamed ? 1 : possibleLanes());
const missing = whatIsMissing();
if (missing !== undefined) console.error(missing);
// A single suite may do without; its own failure says so if it does not.
if (missing !== undefined && !isNamed) process.exit(1);
try {
  await ensureTools();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
console.log(`Starting ${lanes === "1" ? "the stack" : `${lanes} stacks`}, then the suites`);
const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
const config = join(import.meta.dirname, "vitest.config.ts");
const child = spawn(process.execPath, [vitest, "run", "--config", config, `--maxWorkers=${lanes}`, ...args], {
  stdio: "inherit",
  cwd: ROOT,
});
// Ctrl-C reaches the child by itself: it stops the stacks, and its end is ours.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("exit", (code) => process.exit(code ?? 1));

function possibleLanes(): number {
  const limit = Number(readFileSync("/proc/sys/fs/inotify/max_user_instances", "utf8"));
  return Math.max(1, Math.min(LANES, Math.floor(limit / INOTIFY_OF_A_LANE)));
}
