// Questions to the hub: the same one at the same time is asked once, and its answer is kept for a while. What is kept is
// bounded, and so is what is under way. No answer is an error, never a yes.
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../shared/runtime/clock.ts";
import { tryAgain } from "./status.ts";

const KEPT_MAX = 10_000;

export interface AskedOnceOptions<Question, Answer extends {}> {
  ask: (question: Question) => Promise<Answer>;
  /** Questions with the same text have the same answer. Only a hash of it is kept: it may be long, or a secret. */
  textOf: (question: Question) => string;
  /** For how long an answer counts, in milliseconds. */
  keepMs: (answer: Answer) => number;
  clock: Clock;
  /** What whoever waits is told when the hub does not answer. */
  trouble: string;
  /** More questions at the same time are not asked: to be tried again. */
  underWayMax?: number;
}

export function askedOnce<Question, Answer extends {}>(
  options: AskedOnceOptions<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const { textOf, keepMs, clock, trouble, underWayMax = Number.POSITIVE_INFINITY } = options;
  const perf = { now: () => clock.monotonicMs() };
  const answers = new LRUCache<string, Answer>({ max: KEPT_MAX, ttl: 1, ttlResolution: 0, perf });
  const underWay = new Map<string, Promise<Answer>>();
  const ask = async (key: string, question: Question): Promise<Answer> => {
    try {
      const answer = await options.ask(question);
      answers.set(key, answer, { ttl: keepMs(answer) });
      return answer;
    } catch (cause) {
      throw tryAgain(trouble, cause);
    } finally {
      underWay.delete(key);
    }
  };
  return async (question) => {
    const key = createHash("sha256").update(textOf(question)).digest("base64");
    const known = answers.get(key) ?? underWay.get(key);
    if (known !== undefined) return known;
    if (underWay.size >= underWayMax) throw tryAgain(`${trouble}: too many wait for its answer; try again`);
    const asking = ask(key, question);
    underWay.set(key, asking);
    return asking;
  };
}
