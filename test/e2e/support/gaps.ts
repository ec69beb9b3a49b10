// Asks an API the same question all the time, to see for how long it had no answer.
import { setTimeout as timeout } from "node:timers/promises";
import type { Kube } from "../../../shared/kube/types.ts";
import { lookAt, until } from "../harness/polling.ts";

const EVERY_MS = 50;
const ANSWER_MS = 1000;

export interface Gaps {
  /** The longest time from one answer to the next. */
  longestMs(): number;
  /** Waits for an answer to a question that is asked from now on. */
  untilAnswered(): Promise<void>;
  stop(): void;
}

export function followGaps(kube: Kube, path: string): Gaps {
  const stop = new AbortController();
  let answeredMs = performance.now();
  let longestMs = 0;
  const count = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - answeredMs);
    answeredMs = nowMs;
  };
  void (async () => {
    while (!stop.signal.aborted) {
      try {
        await kube.request({ method: "GET", path, timeoutMs: ANSWER_MS, signal: stop.signal });
        count();
      } catch {
        // No answer, or an error: the gap goes on.
      }
      await timeout(EVERY_MS);
    }
  })();
  return {
    longestMs: () => longestMs,
    untilAnswered: async () => {
      const fromMs = performance.now() + ANSWER_MS;
      await until(`${path} to be answered`, () => lookAt(answeredMs > fromMs, { longestMs }), { limitMs: 30_000 });
    },
    stop: () => stop.abort(),
  };
}
