// A part of the hub's bench in a process of its own, so that what it costs is not counted elsewhere: started from a file,
// asked by name, ended with us.
import { fork } from "node:child_process";
import { once } from "node:events";

/** What a child can be asked. Arguments and answers are whatever can be cloned. */
type Calls = Record<string, (argument: never) => Promise<unknown>>;

interface Question {
  id: number;
  name: string;
  argument: unknown;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

export interface Child<C> {
  readonly pid: number;
  call<N extends keyof C & string>(name: N, argument: ArgumentOf<C[N]>): Promise<ValueOf<C[N]>>;
  stop(): Promise<void>;
}

type ArgumentOf<F> = F extends (argument: infer A) => unknown ? A : never;
type ValueOf<F> = F extends (argument: never) => Promise<infer V> ? V : never;

/** Starts a file of this folder that ends with `serveCalls`. */
export function startChild<C extends object>(file: string): Child<C> {
  const child = fork(new URL(file, import.meta.url), { execArgv: [], serialization: "advanced" });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  child.on("message", (answer: Answer) => {
    const { id, value, error } = answer;
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(`${file}: ${error}`));
  });
  child.once("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} has ended with ${code}`));
  });
  return {
    pid: child.pid ?? Number.NaN,
    call: async (name, argument) => {
      next += 1;
      const question = Promise.withResolvers<unknown>();
      waiting.set(next, question);
      child.send({ id: next, name, argument } satisfies Question);
      return (await question.promise) as ValueOf<C[typeof name]>;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Answers the calls of the parent for as long as it lives. */
export function serveCalls(calls: Calls): void {
  process.on("message", (question: Question) => {
    const { id, name, argument } = question;
    const act = calls[name] as ((given: unknown) => Promise<unknown>) | undefined;
    const acting = act === undefined ? Promise.reject(new Error(`there is no call ${name}`)) : act(argument);
    acting.then(
      (value) => process.send?.({ id, value } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once("disconnect", () => process.exit(0));
}
