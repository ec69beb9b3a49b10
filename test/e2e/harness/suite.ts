// What suites use: the stack that the runner has started, and commands whose failure is the test's failure.
import { inject } from "vitest";
import type {} from "./global-setup.ts";
import type { CommandResult } from "./commands.ts";
import { openStack } from "./stack-data.ts";
import type { Stack } from "./stack-data.ts";

/** The stack of this run. */
export function suiteStack(): Stack {
  return openStack(inject("stack"));
}

/** The standard output of a command that has to succeed. */
export async function output(command: Promise<CommandResult>): Promise<string> {
  const { code, stdout, stderr } = await command;
  if (code !== 0) throw new Error(`The command failed with code ${code}: ${stderr || stdout}`);
  return stdout;
}
