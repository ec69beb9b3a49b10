// Starts one stack before the first suite, installs the add-on on it, and stops it after the last one. Vitest runs this
// in its main process; the suites get the stack's data by `inject("stack")` and open it with `suiteStack()`.
// KRUISE_HEALTH_STACK names the file of a stack that `npm run stack` has started: it is used as it is, and left running.
// KRUISE_HEALTH_BARE leaves the add-on out, KRUISE_HEALTH_KEEP leaves the stack's folder behind.
import { readFile } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { installAddon } from "./addon.ts";
import { suiteValues } from "../support/values.ts";
import { startStack } from "./stack.ts";
import type { RunningStack } from "./stack.ts";
import type { StackData } from "./stack-data.ts";

declare module "vitest" {
  export interface ProvidedContext {
    stack: StackData;
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const file = process.env["KRUISE_HEALTH_STACK"];
  if (file !== undefined) {
    project.provide("stack", JSON.parse(await readFile(file, "utf8")) as StackData);
    return undefined;
  }
  const keep = process.env["KRUISE_HEALTH_KEEP"] !== undefined;
  const stack = await startStack({ clusters: ["c1", "c2", "c3"], kruise: { c1: true, c2: true }, keep });
  if (process.env["KRUISE_HEALTH_BARE"] === undefined) await installOrStop(stack);
  project.provide("stack", stack.data);
  return async () => {
    const failures = project.vitest.state.getCountOfFailedTests();
    if (failures > 0) console.log(`Logs of every component are in ${stack.logsDir}`);
    await stack.stop(failures > 0 ? { keep: true } : {});
  };
}

async function installOrStop(stack: RunningStack): Promise<void> {
  try {
    await installAddon(stack, { values: suiteValues() });
  } catch (cause) {
    await stack.stop({ keep: true });
    throw new Error(`The add-on could not be installed; logs are in ${stack.logsDir}`, { cause });
  }
}
