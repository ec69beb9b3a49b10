// A reporter with a hub that answers as a test says, in faked time.
import { pino } from "pino";
import { vi } from "vitest";
import { ApiError } from "../../shared/kube/errors.ts";
import { keyOf } from "../../shared/kruise/record.ts";
import type { AnswerStatus, Report } from "../../shared/wire/report.ts";
import { Reporter } from "./reporter.ts";
import type { Attempt } from "./reporter.ts";
import { candidatesOf } from "./selection.fixture.ts";
import { ReportSession } from "./session.ts";
import type { Facts, SessionOptions } from "./session.ts";

const facts: Facts = {
  candidates: candidatesOf(new Map()),
  byHealth: { Healthy: 0, Suspended: 0, Progressing: 0, Unknown: 0, Degraded: 0 },
  kruise: { health: "Healthy", reason: "Ready", message: "" },
  kinds: [],
};

/** A reporter on a hub that answers at once, unless told otherwise. `random` is always one half. */
export class Scene {
  readonly sent: { atMs: number; form: string; sequence: number }[] = [];
  readonly attempts: string[] = [];
  readonly logged: string[] = [];
  readonly stop = new AbortController();
  readonly reporter: Reporter;
  known = true;
  reply: (report: Report) => Partial<AnswerStatus> | Error = () => ({});
  readonly done: Promise<void>;
  readonly adopted: { keys: string[]; behindMs: number }[] = [];
  readonly session: ReportSession;
  delayMs = 0;
  wallJumpMs = 0;
  readonly #startMs = Date.now();
  #underWay = 0;
  mostUnderWay = 0;

  constructor({ leastIntervalMs = 0, ...options }: Partial<SessionOptions> & { leastIntervalMs?: number } = {}) {
    const agent = { version: "1", ruleSet: "1", instance: "pod-1" };
    const lines = { write: (line: string) => void this.logged.push((JSON.parse(line) as { msg: string }).msg) };
    this.session = new ReportSession({ agent, epochMs: 1, ...options });
    this.reporter = new Reporter({
      session: this.session,
      facts: () => (this.known ? facts : undefined),
      nowMs: () => Date.now() + this.wallJumpMs,
      send: (report, { timeoutMs }) => this.#answer(report, timeoutMs),
      onRecalled: (records, behindMs) => void this.adopted.push({ keys: records.map(keyOf), behindMs }),
      clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() + this.wallJumpMs },
      log: pino({ level: "info" }, lines),
      random: () => 0.5,
      leastIntervalMs,
      onAttempt: (attempt: Attempt) => void this.attempts.push(attempt.result),
    });
    this.done = this.reporter.run(this.stop.signal);
  }

  async #answer(report: Report, timeoutMs: number): Promise<{ status: AnswerStatus; bytes: number }> {
    this.#underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
    try {
      return await this.#answerOne(report, timeoutMs);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #answerOne(report: Report, timeoutMs: number): Promise<{ status: AnswerStatus; bytes: number }> {
    const { form, sequence, epoch } = report;
    // A faked setImmediate takes a millisecond of its own: times are told in steps of five.
    const passedMs = Date.now() - this.#startMs;
    this.sent.push({ atMs: passedMs - (passedMs % 5), form, sequence });
    const answer = this.reply(report);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(this.delayMs, timeoutMs)));
    if (this.delayMs > timeoutMs) throw new ApiError("no answer", { status: 0, reason: "NoAnswer" });
    if (answer instanceof Error) throw answer;
    const usual = { epoch, sequence, managerEpoch: 1, resync: false, paceMs: 50, heartbeatMs: 30_000 };
    return { status: { ...usual, ...answer }, bytes: 1 };
  }

  /** Lets this much time pass; answers when each report left and as what. */
  async pass(ms: number): Promise<string[]> {
    this.sent.length = 0;
    await vi.advanceTimersByTimeAsync(ms);
    return this.sent.map(({ atMs, form }) => `${atMs} ${form}`);
  }
}
