// A connection to an API server where nothing happens: requests are answered by a function and counted, watches bring a
// bookmark a minute and end when their time is over. Made for fake timers: hours pass in no time.
import type { Kube, KubeRequest } from "../../shared/kube/types.ts";

const BOOKMARK_MS = 60_000;

export class QuietKube implements Kube {
  readonly requests: KubeRequest[] = [];
  readonly #answer: (request: KubeRequest) => unknown;

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
    this.requests.push(request);
    const { signal } = request;
    const endsMs = Date.now() + Number(request.query?.["timeoutSeconds"]) * 1000;
    while (Date.now() < endsMs) {
      await pause(Math.min(BOOKMARK_MS, endsMs - Date.now()), signal);
      if (signal?.aborted === true) throw signal.reason;
      yield JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "1" } } });
    }
  }

  close(): void {
    this.requests.length = 0;
  }

  /** How often each method was used on each path since the last call; watches count as WATCH. */
  count(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { method, path, query } of this.requests.splice(0)) {
      const name = `${query?.["watch"] === true ? "WATCH" : method} ${path}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
