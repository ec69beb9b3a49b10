// Runs a command to its end and hands back what it printed.
import { spawn } from "node:child_process";

export interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** Written to standard input; without it standard input is empty. */
  input?: string;
  /** Kills the command after this time; default 120,000. */
  limitMs?: number;
}

/**
 * Runs `command`. A code other than 0 is a result, not an error; 124 stands for a command that did not end in time.
 * @throws the spawn error when there is no such command (code ENOENT).
 */
export async function run(command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { cwd, env = process.env, input = "", limitMs = 120_000 } = options;
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env,
    timeout: limitMs,
    killSignal: "SIGKILL",
    ...(cwd !== undefined && { cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // A command that ends without reading its input closes the pipe: its exit code says enough.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ stdout, stderr, code: code ?? 124 }));
  });
}

/**
 * Runs `command` and returns its standard output.
 * @throws an Error with the last lines of standard error when the command fails.
 */
export async function runOrThrow(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await run(command, args, options);
  if (code === 0) return stdout;
  const lines = `${stdout}${stderr}`.trimEnd().split("\n").slice(-20).join("\n");
  throw new Error(`${command.split("/").at(-1)} ${args.join(" ")} failed with code ${code}:\n${lines}`);
}
