// Starts one stack before the first suite and stops it after the last one. Vitest runs this in its main process; the
// suites get the stack's data by `inject("stack")` and open it with `suiteStack()`.
import { readFile } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { startStack } from "./stack.ts";
import type { StackData } from "./stack-data.ts";

declare module "vitest" {
  export interface ProvidedContext {
    stack: StackData;
  }
}

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  // For whoever works on a suite: a stack that `npm run stack` has started is used as it is, and left running.
  const file = process.env["KRUISE_HEALTH_STACK"];
  if (file !== undefined) {
    project.provide("stack", JSON.parse(await readFile(file, "utf8")) as StackData);
    return undefined;
  }
  const stack = await startStack({ keep: process.env["KRUISE_HEALTH_KEEP"] !== undefined });
  project.provide("stack", stack.data);
  return async () => stack.stop();
}
