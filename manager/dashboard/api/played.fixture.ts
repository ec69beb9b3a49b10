// A server for tests of what the page reads: answers by path and query, watches whose lines a test writes, time that does not pass.
import type { ApiProblem, Ask, Client } from "./client.ts";

/** A watch that is open: its client reads what is said until it ends. */
export class PlayedWatch {
  readonly ask: Ask;
  readonly #lines: string[] = [];
  #isOver = false;
  #failure: Error | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(ask: Ask) {
    this.ask = ask;
    ask.signal.addEventListener("abort", () => this.fail(new Error("aborted")));
  }

  say(type: string, object: unknown): void {
    this.#lines.push(JSON.stringify({ type, object }));
    this.#wake.resolve();
  }

  end(): void {
    this.#isOver = true;
    this.#wake.resolve();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.end();
  }

  async *lines(): AsyncGenerator<string> {
    for (;;) {
      yield* this.#lines.splice(0);
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver) return;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }
}

export type Answer = (ask: Ask) => unknown;

/** Plays a server. `answer` gives what a GET is answered, or throws. */
export class PlayedServer implements Client {
  readonly asked: string[] = [];
  readonly watches: PlayedWatch[] = [];
  /** Thrown by the next openings of watches, one after the other. */
  readonly refusals: ApiProblem[] = [];
  /** How long was waited, in order. */
  readonly waits: number[] = [];
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  async get<T>(ask: Ask): Promise<T> {
    this.asked.push(urlOf(ask));
    return this.#answer(ask) as T;
  }

  async open(ask: Ask): Promise<AsyncIterable<string>> {
    this.asked.push(urlOf(ask));
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const watch = new PlayedWatch(ask);
    this.watches.push(watch);
    return watch.lines();
  }

  /** Waits for nothing. */
  sleep = async (ms: number): Promise<void> => {
    this.waits.push(ms);
  };
}

function urlOf({ path, query = {} }: Ask): string {
  return `${path}?${decodeURIComponent(new URLSearchParams(query).toString())}`;
}

/** Lets everything go on that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}
