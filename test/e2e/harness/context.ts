// What every part of a stack is built with: programs, processes, ports, folders, and a voice.
import type { CommandResult } from "./commands.ts";
import { run, runOrThrow } from "./commands.ts";
import { writeList } from "./files.ts";
import type { Manifest } from "./files.ts";
import { join } from "node:path";
import type { Ports } from "./ports.ts";
import type { Processes } from "./processes.ts";
import type { Binaries } from "./tools.ts";

export interface StackContext {
  binaries: Binaries;
  processes: Processes;
  ports: Ports;
  /** State: certificates, kubeconfigs, etcd's data. */
  dir: string;
  /** Environment of every component and command: nothing of the user's own clusters. */
  env: Record<string, string>;
  log: (line: string) => void;
  /** How often OCM's work agent polls what it has applied. */
  workStatusSyncSeconds: number;
}

/** The path of a program. */
export function binary(binaries: Binaries, name: string): string {
  const path = binaries[name];
  if (path === undefined)
    throw new Error(`No program ${name} was built. There are: ${Object.keys(binaries).join(", ")}`);
  return path;
}

export async function kubectl(
  { binaries, env }: Pick<StackContext, "binaries" | "env">,
  kubeconfig: string,
  args: string[],
  input?: string,
): Promise<CommandResult> {
  return run(binary(binaries, "kubectl"), args, {
    env: { ...env, KUBECONFIG: kubeconfig },
    ...(input !== undefined && { input }),
  });
}

/** Applies objects of the harness in one command; the file stays beside the state for whoever looks for the cause of a failure. */
export async function applyAll(
  context: StackContext,
  { kubeconfig, name, objects }: { kubeconfig: string; name: string; objects: Manifest[] },
): Promise<void> {
  const file = await writeList(join(context.dir, "applied", `${name}.json`), objects);
  const args = ["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", file];
  await runOrThrow(binary(context.binaries, "kubectl"), args, { env: { ...context.env, KUBECONFIG: kubeconfig } });
}
