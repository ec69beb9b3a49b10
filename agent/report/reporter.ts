// The loop that keeps the hub up to date: a change after quiet leaves at once, changes under churn together once a pace
// interval, a heartbeat when nothing happens. While the hub is away only the newest state is kept.
import { buildBackoff } from "../../shared/runtime/backoff.ts";
import type { Backoff } from "../../shared/runtime/backoff.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Report } from "../../shared/wire/report.ts";
import { Alarm } from "../alarm.ts";
import { refusal } from "./refusal.ts";
import type { Delivery, SendReport } from "./hub.ts";
import type { Facts, ReportSession } from "./session.ts";

/** Until the manager has told its wishes: the least pace, and a third of the silence that makes a cluster Stale. */
const FIRST_PACE_MS = 50;
const FIRST_HEARTBEAT_MS = 30_000;
const BACKOFF = { baseMs: 250, maxMs: 120_000 };
/** Share of the heartbeat interval that is random, so that agents do not beat together. */
const JITTER = 0.2;
/** Time for a last delta once the agent has to stop. */
const FAREWELL_MS = 2_000;

/** What became of one attempt to report. */
export type Attempt =
  | { result: "Acknowledged"; report: Report; bytes: number }
  | { result: "Resync" | "Outvoted"; report: Report }
  | { result: "Failed"; report: Report; error: Error };

export interface ReporterDeps {
  session: ReportSession;
  /** The state to report, asked for at the moment of sending; undefined: nothing is known yet. */
  facts: () => Facts | undefined;
  send: SendReport;
  clock: Clock;
  log: Log;
  random?: () => number;
  onAttempt?: (attempt: Attempt) => void;
  /** Called on each turn of the loop: it lives. */
  onTurn?: () => void;
}

export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #random: () => number;
  readonly #alarm = new Alarm();
  readonly #backoff: Backoff;
  #paceMs = FIRST_PACE_MS;
  #heartbeatMs = FIRST_HEARTBEAT_MS;
  #pending = true;
  /** Monotonic times: before the first nothing is sent, at the second something is. */
  #notBeforeMs = 0;
  #heartbeatAtMs = Number.POSITIVE_INFINITY;
  /** Last trouble told in the log, so that each is told once. */
  #trouble = "";
  #refusedSnapshots = 0;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#backoff = buildBackoff({ ...BACKOFF, random: this.#random });
  }

  /** Something to report has changed. */
  wake(): void {
    this.#pending = true;
    this.#alarm.ring();
  }

  /** Reports until the signal aborts, then sends what is left if the hub takes it quickly. */
  async run(signal: AbortSignal): Promise<void> {
    const farewell = new AbortController();
    const stop = (): void => void setTimeout(() => farewell.abort(), FAREWELL_MS).unref();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      this.#deps.onTurn?.();
      const waitMs = this.#dueAtMs() - this.#deps.clock.monotonicMs();
      if (waitMs > 0) {
        await this.#alarm.wait(Math.min(waitMs, FIRST_HEARTBEAT_MS), signal);
        continue;
      }
      // Changes that came in the same chunk of a watch travel together; no timer stands before the leading edge.
      await new Promise(setImmediate);
      await this.#report(farewell.signal);
    }
    if (this.#pending && this.#trouble === "") await this.#report(farewell.signal);
  }

  #dueAtMs(): number {
    return this.#pending ? this.#notBeforeMs : Math.max(this.#notBeforeMs, this.#heartbeatAtMs);
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { session, clock, facts, send } = this.#deps;
    const now = facts();
    this.#pending = false;
    if (now === undefined) return;
    const report = session.next(now);
    const startMs = clock.monotonicMs();
    try {
      this.#settle(report, await send(report, signal));
      this.#notBeforeMs = Math.max(this.#notBeforeMs, startMs + this.#paceMs);
    } catch (error) {
      this.#fail(report, error instanceof Error ? error : new Error(String(error)));
    }
    this.#heartbeatAtMs = startMs + this.#heartbeatMs * (1 - JITTER * this.#random());
  }

  #settle(report: Report, { status, bytes }: Delivery): void {
    const { session, clock, log, onAttempt } = this.#deps;
    this.#paceMs = status.paceMs;
    this.#heartbeatMs = Math.max(status.heartbeatMs, status.paceMs, 1);
    const result = session.answer(status);
    if (result === "Acknowledged") {
      if (this.#trouble !== "") log.info({ sequence: report.sequence }, "hub takes reports again");
      this.#trouble = "";
      this.#refusedSnapshots = 0;
      this.#backoff.reset();
      onAttempt?.({ result, report, bytes });
      return;
    }
    onAttempt?.({ result, report });
    if (result === "Outvoted") {
      // Another agent speaks for this cluster; ask again with each heartbeat, in case it goes away.
      this.#notBeforeMs = clock.monotonicMs() + this.#heartbeatMs;
      this.#tell("Outvoted", () => log.warn({ epoch: status.epoch }, "another agent reports for this cluster"));
      return;
    }
    this.#pending = true;
    // A delta that does not fit is a matter of course; a snapshot that is not taken must not be repeated without rest.
    this.#refusedSnapshots = report.form === "snapshot" ? this.#refusedSnapshots + 1 : 0;
    const restMs = this.#refusedSnapshots > 1 ? this.#backoff.next() : 0;
    this.#notBeforeMs = clock.monotonicMs() + Math.max(restMs, status.paceMs * this.#random());
    log.info({ sequence: report.sequence, form: report.form }, "hub asks for a snapshot");
  }

  #fail(report: Report, error: Error): void {
    const { session, clock, log, onAttempt } = this.#deps;
    const { untouched, retryAfterMs, name } = refusal(error);
    if (untouched) session.refuse();
    else session.lose();
    const delayMs = this.#backoff.next(retryAfterMs);
    this.#pending = true;
    this.#notBeforeMs = clock.monotonicMs() + delayMs;
    onAttempt?.({ result: "Failed", report, error });
    this.#tell(name, () => log.warn({ err: error, retryInMs: Math.round(delayMs) }, "hub does not take reports"));
  }

  #tell(trouble: string, write: () => void): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    write();
  }
}
