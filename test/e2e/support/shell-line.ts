// A line typed into a shell, as the documents tell it: with the programs of the stack, and the hub or a cluster as the
// current one.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import type { CommandResult } from "../harness/commands.ts";
import type { Stack } from "../harness/stack-data.ts";

const ROOT = join(import.meta.dirname, "../../..");
const LIMIT_MS = 60_000;
/** How long a command that never ends may take for its first words; it may have nothing to say. */
const FIRST_WORDS_MS = 3000;

export interface Line {
  line: string;
  on: string;
  isEndless: boolean;
  /** Its first words, which may come in pieces; without it any. */
  prints?: RegExp;
}

/** What a person's shell has: the programs, a kubeconfig, and nothing of this process. */
function shellEnv(stack: Stack, on: string): Record<string, string> {
  const folders = new Set(Object.values(stack.binaries).map((file) => dirname(file)));
  const path = [...folders, dirname(process.execPath), process.env["PATH"] ?? ""].join(":");
  return { ...stack.data.env, PATH: path, HOME: stack.dir, KUBECONFIG: stack.cluster(on).kubeconfig };
}

/** Types a line and gives what it printed. One that never ends is ended at its first words, and has not failed then. */
export async function typeLine(stack: Stack, { line, on, isEndless, prints = /./ }: Line): Promise<CommandResult> {
  const env = shellEnv(stack, on);
  // A group of its own: the shell and all that it has started are ended together.
  const child = spawn("bash", ["-o", "pipefail", "-c", line], { cwd: ROOT, env, detached: true });
  let stdout = "";
  let stderr = "";
  let isEnded = false;
  const end = (): void => {
    if (isEnded || child.pid === undefined || child.exitCode !== null) return;
    isEnded = true;
    process.kill(-child.pid, "SIGKILL");
  };
  const timer = setTimeout(end, isEndless ? FIRST_WORDS_MS : LIMIT_MS);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (isEndless && prints.test(stdout)) end();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ stdout, stderr, code: isEnded && isEndless ? 0 : (code ?? 124) });
    });
  });
}
