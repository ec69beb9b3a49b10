// What suites use: the stack of their lane, and commands whose failure is the test's failure.
import { inject } from "vitest";
import type {} from "./global-setup.ts";
import type { CommandResult } from "./commands.ts";
import { openStack } from "./stack-data.ts";
import type { Stack } from "./stack-data.ts";

/** The stack of this worker: no other suite uses it until this one has ended. */
export function suiteStack(): Stack {
  // Vitest numbers the workers that run at the same time from 1.
  const lane = Number(process.env["VITEST_POOL_ID"] ?? "1");
  const data = inject("stacks")[lane - 1];
  if (!data) throw new Error(`There is no stack for worker ${lane}`);
  return openStack(data);
}

/** The standard output of a command that has to succeed. */
export async function output(command: Promise<CommandResult>): Promise<string> {
  const { code, stdout, stderr } = await command;
  if (code !== 0) throw new Error(`The command failed with code ${code}: ${stderr || stdout}`);
  return stdout;
}
