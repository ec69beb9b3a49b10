// A connection for tests: requests are answered by a function, watches bring what the test pushes.
import { noAnswer } from "../../shared/kube/errors.ts";
import type { Kube, KubeRequest } from "../../shared/kube/types.ts";

export class ScriptedKube implements Kube {
  readonly requests: KubeRequest[] = [];
  readonly #answer: (request: KubeRequest) => unknown;
  readonly #lines = new Map<string, string[]>();
  readonly #waiting = new Map<string, () => void>();
  /** What opening a watch fails with. */
  refusal: Error | undefined;

  /** `answer` gives the body of an answer, or throws what the request fails with. */
  constructor(answer: (request: KubeRequest) => unknown) {
    this.#answer = answer;
  }

  async request<T>(request: KubeRequest): Promise<T> {
    this.requests.push(request);
    await Promise.resolve();
    return this.#answer(request) as T;
  }

  async *open(request: KubeRequest): AsyncGenerator<string, void, undefined> {
    const { path, signal } = request;
    if (this.refusal !== undefined) throw this.refusal;
    request.onOpen?.();
    const lines = this.#lines.get(path) ?? [];
    this.#lines.set(path, lines);
    for (;;) {
      if (signal?.aborted === true) throw signal.reason;
      const line = lines.shift();
      if (line === "") throw noAnswer(`GET ${path}`, new Error("broken"));
      if (line !== undefined) yield line;
      else await this.#next(path, signal);
    }
  }

  close(): void {
    this.#lines.clear();
  }

  /** Sends an event to whoever watches a collection, or will. */
  push(path: string, type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR", object: unknown): void {
    this.#send(path, JSON.stringify({ type, object }));
  }

  /** Breaks the watch of a collection. */
  break(path: string): void {
    this.#send(path, "");
  }

  #send(path: string, line: string): void {
    const lines = this.#lines.get(path) ?? [];
    this.#lines.set(path, lines);
    lines.push(line);
    this.#waiting.get(path)?.();
  }

  async #next(path: string, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.set(path, resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** The body of a list. */
export function listOf(items: readonly unknown[], resourceVersion = "1"): unknown {
  return { apiVersion: "v1", kind: "List", metadata: { resourceVersion }, items };
}
