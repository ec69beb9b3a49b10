// Starts a stack for each lane before the first suite, installs the add-on on all of them, and stops them after the last
// suite. Vitest runs this in its main process; the suites get the data of their lane's stack with `suiteStack()`.
// KRUISE_HEALTH_STACK names the file of a stack that `npm run stack` has started: it is used as it is, and left running.
// KRUISE_HEALTH_BARE leaves the add-on out, KRUISE_HEALTH_KEEP leaves the stacks' folders behind.
import { readFile } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { suiteValues } from "../support/values.ts";
import { installAddon } from "./addon.ts";
import { startStack } from "./stack.ts";
import type { RunningStack } from "./stack.ts";
import type { StackData } from "./stack-data.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** One for each lane; a suite uses the one of its worker. */
    stacks: StackData[];
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const lanes = project.vitest.config.maxWorkers;
  const file = process.env["KRUISE_HEALTH_STACK"];
  if (file !== undefined) {
    if (lanes > 1) throw new Error(`KRUISE_HEALTH_STACK names one stack, and ${lanes} lanes want one each`);
    project.provide("stacks", [JSON.parse(await readFile(file, "utf8")) as StackData]);
    return undefined;
  }
  const stacks = await startLanes(lanes);
  project.provide(
    "stacks",
    stacks.map(({ data }) => data),
  );
  return async () => {
    const failures = project.vitest.state.getCountOfFailedTests();
    if (failures > 0)
      for (const { logsDir } of stacks)
        console.log(`Logs of every component, and suites.log with what ran there, are in ${logsDir}`);
    await Promise.all(stacks.map(async (stack) => stack.stop(failures > 0 ? { keep: true } : {})));
  };
}

/** Starts all at once. When one does not come up, those that did are stopped. */
async function startLanes(count: number): Promise<RunningStack[]> {
  const lanes = Array.from({ length: count }, (_, index) => index + 1);
  const settled = await Promise.allSettled(lanes.map(async (lane) => startLane(lane, count)));
  const stacks = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const errors = settled.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : []));
  if (errors.length === 0) return stacks;
  await Promise.all(stacks.map(async (stack) => stack.stop()));
  for (const other of errors.slice(1)) console.error(other);
  throw errors[0];
}

async function startLane(lane: number, count: number): Promise<RunningStack> {
  const log = (line: string): void => console.log(count === 1 ? line : `lane ${lane}: ${line}`);
  const keep = process.env["KRUISE_HEALTH_KEEP"] !== undefined;
  const stack = await startStack({ clusters: ["c1", "c2", "c3"], kruise: { c1: true, c2: true }, keep, log });
  if (process.env["KRUISE_HEALTH_BARE"] !== undefined) return stack;
  try {
    await installAddon(stack, { values: suiteValues(), log });
    return stack;
  } catch (cause) {
    await stack.stop({ keep: true });
    throw new Error(`The add-on could not be installed; logs are in ${stack.logsDir}`, { cause });
  }
}
