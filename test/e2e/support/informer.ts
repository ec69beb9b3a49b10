// The Go program of test/e2e/tools/informer, told by its lines.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { binary } from "../harness/context.ts";
import { lookAt, until } from "../harness/polling.ts";
import type { Stack } from "../harness/stack-data.ts";

interface Line {
  event: string;
  key?: string;
  store?: Record<string, string>;
}

export interface InformerOptions {
  form: "objects" | "metadata" | "reflector";
  /** Whether it asks for what there is by a watch (sendInitialEvents) or by a list. */
  watchList: boolean;
  fields?: string;
}

export class GoInformer {
  readonly #lines: Line[] = [];
  readonly #child;
  #trouble = "";

  constructor({ data, hub }: Stack, { form, watchList, fields = "" }: InformerOptions) {
    const args = ["--kubeconfig", hub.kubeconfig, "--form", form, "--fields", fields];
    const env = { ...data.env, KUBE_FEATURE_WatchListClient: String(watchList) };
    this.#child = spawn(binary(data.binaries, "informer"), args, { env, stdio: ["pipe", "pipe", "pipe"] });
    createInterface({ input: this.#child.stdout }).on("line", (text) => this.#lines.push(JSON.parse(text) as Line));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#trouble += text));
  }

  async synced(): Promise<void> {
    await this.#untilSaid("to be in step", () => this.#lines.some(({ event }) => event === "synced"));
  }

  /** Events of one object, in their order. */
  eventsOf(key: string): string[] {
    return this.#lines.flatMap((line) => (line.key === key ? [line.event] : []));
  }

  /** Resource versions of all that it holds now, by namespace and name. */
  async store(): Promise<Record<string, string>> {
    const answers = () => this.#lines.filter(({ event }) => event === "store");
    const before = answers().length;
    this.#child.stdin.write("\n");
    await this.#untilSaid("to say what it holds", () => answers().length > before);
    return answers().at(-1)?.store ?? {};
  }

  /** Standard input at its end ends the program. */
  stop(): void {
    this.#child.stdin.end();
  }

  async #untilSaid(what: string, holds: () => boolean): Promise<void> {
    await until(`the informer ${what}`, () => lookAt(holds(), this.#trouble.slice(-2000)), {
      limitMs: 60_000,
      everyMs: 20,
    });
  }
}
