// A real `kubectl get -w` and when its lines come: one a change, as a person sees it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { RunningStack } from "../e2e/harness/stack.ts";
import { binary } from "../e2e/harness/context.ts";
import { machineMs } from "./process-figures.ts";

export interface Kubectl {
  /** Resolves with the moment at which a line with this mark came: the machine's monotonic clock. */
  of(mark: string): Promise<number>;
  /** How many lines have come. */
  lines(): number;
  stop(): void;
}

/** Starts kubectl against the hub; `read` finds the mark of a line. */
export function startKubectl(stack: RunningStack, args: string[], read: (line: string) => string | undefined): Kubectl {
  const moments = new Map<string, PromiseWithResolvers<number>>();
  const moment = (mark: string): PromiseWithResolvers<number> => {
    const known = moments.get(mark) ?? Promise.withResolvers<number>();
    moments.set(mark, known);
    return known;
  };
  const { binaries, env } = stack.data;
  const child = spawn(binary(binaries, "kubectl"), args, {
    env: { ...env, KUBECONFIG: stack.hub.kubeconfig },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let lines = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const atMs = machineMs();
    lines += 1;
    const mark = read(line);
    if (mark !== undefined) moment(mark).resolve(atMs);
  });
  return { of: async (mark) => moment(mark).promise, lines: () => lines, stop: () => void child.kill() };
}
