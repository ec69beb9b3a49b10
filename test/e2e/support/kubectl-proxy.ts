// `kubectl proxy` as a person starts it, in his own name.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { binary } from "../harness/context.ts";
import type { Stack } from "../harness/stack-data.ts";

export interface KubectlProxy {
  /** http://127.0.0.1:PORT */
  url: string;
  stop(): Promise<void>;
}

/** Starts one against the hub: of its administrator, or of the user that he acts for. Port 0: any free one. */
export async function startKubectlProxy(stack: Stack, user?: string, port = "0"): Promise<KubectlProxy> {
  const args = ["proxy", `--port=${port}`, ...(user === undefined ? [] : [`--as=${user}`])];
  const env = { ...stack.data.env, KUBECONFIG: stack.hub.kubeconfig };
  const child = spawn(binary(stack.binaries, "kubectl"), args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
  };
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  for await (const text of child.stdout.setEncoding("utf8") as AsyncIterable<string>) {
    said += text;
    const [, address] = /Starting to serve on (\S+)/.exec(said) ?? [];
    if (address !== undefined) {
      child.stdout.resume();
      return { url: `http://${address}`, stop };
    }
  }
  throw new Error(`kubectl proxy does not serve: ${said}`);
}
