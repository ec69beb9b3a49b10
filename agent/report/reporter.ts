// The loop that keeps the hub up to date: a change after quiet leaves at once, changes under churn together once a pace
// interval, a heartbeat when nothing happens. While the hub is away only the newest state is kept.
import { buildBackoff } from "../../shared/runtime/backoff.ts";
import type { Backoff } from "../../shared/runtime/backoff.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { ReceivedRecord, ReceivedTransition } from "../../shared/kruise/received-record.ts";
import type { AnswerStatus, Report } from "../../shared/wire/report.ts";
import { Alarm } from "../alarm.ts";
import { refusal } from "./refusal.ts";
import type { Delivery, SendReport } from "./hub.ts";
import type { Facts, Outcome, ReportSession } from "./session.ts";
import { BACKOFF, Tempo } from "./tempo.ts";

/** Share of the heartbeat interval that is random, so that agents do not beat together. */
const JITTER = 0.2;
/**
 * Who says when to come back has thought of the load: a replica that does not lead yet says one second. The random time
 * beyond that grows to so many times as much: another leads 20 s after a leader was killed, and all clusters have to have
 * reported to it 10 s later, whenever their last attempt was.
 */
const JITTER_PER_RETRY_AFTER = 5;
/** Time for a last delta once the agent has to stop. */
const FAREWELL_MS = 2_000;
/** The loop turns at least this often, so that it can be seen to live. */
const IDLE_MS = 30_000;
/** A recall that is not answered in time is repeated, but what is to be told now does not wait for it for long. */
const SLOW_RECALLS_MAX = 2;
/** A limit that was too large before is tried again after this long. */
const GROW_AFTER_MS = 600_000;

/** What became of one attempt to report. */
export type Attempt =
  | { result: "Acknowledged"; report: Report; bytes: number }
  | { result: "Resync" | "Outvoted" | "Recalled"; report: Report }
  | { result: "Failed"; report: Report; error: Error };

export interface ReporterDeps {
  session: ReportSession;
  /** The state to report, asked for at the moment of sending; undefined: nothing is known yet. */
  facts: () => Facts | undefined;
  /** The clock that records are dated with: it never runs backwards. */
  nowMs: () => number;
  send: SendReport;
  /** What the hub still held of an earlier agent, and by how much that agent's clock was behind this one's. */
  onRecalled?: (records: ReceivedRecord[], behindMs: number, kruiseHistory: ReceivedTransition[]) => void;
  clock: Clock;
  log: Log;
  random?: () => number;
  /** Least time between two reports, whatever pace the manager asks for; 0 when not given. */
  leastIntervalMs?: number;
  onAttempt?: (attempt: Attempt) => void;
  /** Called on each turn of the loop: it lives. */
  onTurn?: () => void;
}

export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #random: () => number;
  readonly #alarm = new Alarm();
  readonly #backoff: Backoff;
  readonly #tempo: Tempo;
  #pending = true;
  /** Monotonic times: before the first nothing is sent, at the second something is. */
  #notBeforeMs = 0;
  #heartbeatAtMs = Number.POSITIVE_INFINITY;
  /** Last trouble told in the log, so that each is told once. */
  #trouble = "";
  #refusedSnapshots = 0;
  #slowRecalls = 0;
  /** When the limit of a report was last changed, monotonic. */
  #limitedMs = 0;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#backoff = buildBackoff({ ...BACKOFF, random: this.#random });
    this.#tempo = new Tempo(deps.leastIntervalMs);
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
        await this.#alarm.wait(Math.min(waitMs, IDLE_MS), signal);
        continue;
      }
      // Changes that came in the same chunk of a watch travel together; no timer stands before the leading edge.
      await new Promise(setImmediate);
      await this.#report(farewell.signal);
    }
    if (this.#pending && this.#trouble === "" && !this.#deps.session.recalls) await this.#report(farewell.signal);
  }

  #dueAtMs(): number {
    return this.#pending ? this.#notBeforeMs : Math.max(this.#notBeforeMs, this.#heartbeatAtMs);
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { session, clock, facts, nowMs, send } = this.#deps;
    const now = facts();
    this.#pending = false;
    if (now === undefined) return;
    const report = session.next(now, nowMs());
    const startMs = clock.monotonicMs();
    try {
      const delivery = await send(report, { signal, timeoutMs: this.#tempo.patienceMs });
      this.#tempo.answered(clock.monotonicMs() - startMs);
      const outcome = this.#settle(report, delivery);
      if (report.form === "recall") return;
      // A snapshot that the manager asks for comes when it asks for it.
      const { paceMs, intervalMs } = this.#tempo;
      this.#notBeforeMs = Math.max(this.#notBeforeMs, startMs + (outcome === "Resync" ? paceMs : intervalMs));
    } catch (error) {
      this.#fail(report, error instanceof Error ? error : new Error(String(error)), clock.monotonicMs() - startMs);
    }
    this.#heartbeatAtMs = startMs + this.#tempo.heartbeatMs * (1 - JITTER * this.#random());
  }

  #settle(report: Report, { status, bytes }: Delivery): Outcome {
    const { session, log, onAttempt } = this.#deps;
    this.#tempo.heed(status);
    const result = session.answer(status);
    switch (result) {
      case "Acknowledged":
        if (this.#trouble !== "") log.info({ sequence: report.sequence }, "hub takes reports again");
        this.#trouble = "";
        this.#refusedSnapshots = 0;
        this.#backoff.reset();
        this.#growLimit();
        onAttempt?.({ result, report, bytes });
        return result;
      case "Recalled":
        onAttempt?.({ result, report });
        this.#recalled(report, status);
        return result;
      case "Outvoted":
        onAttempt?.({ result, report });
        // Another agent speaks for this cluster; ask again with each heartbeat, in case it goes away.
        this.#notBeforeMs = this.#deps.clock.monotonicMs() + this.#tempo.heartbeatMs;
        this.#tell("Outvoted", () => log.warn({ epoch: status.epoch }, "another agent reports for this cluster"));
        return result;
      case "Resync":
        onAttempt?.({ result, report });
        this.#resync(report);
        return result;
    }
  }

  #recalled({ sentMs }: Report, { records = [], kruiseHistory = [], ...status }: AnswerStatus): void {
    const { log, onRecalled } = this.#deps;
    const { recordsSentMs, recordsAgeMs = 0 } = status;
    this.#pending = true;
    const read = records.filter((record) => record !== null);
    const behindMs = recordsSentMs === undefined ? 0 : sentMs - recordsAgeMs - recordsSentMs;
    if (read.length > 0) log.info({ records: read.length, behindMs }, "hub told what it knew of the cluster");
    const history = kruiseHistory.filter((each) => each !== null);
    onRecalled?.(read, behindMs, history);
  }

  #resync({ form, sequence }: Report): void {
    const { clock, log } = this.#deps;
    this.#pending = true;
    // A delta that does not fit is a matter of course; a snapshot that is not taken must not be repeated without rest.
    this.#refusedSnapshots = form === "snapshot" ? this.#refusedSnapshots + 1 : 0;
    const restMs = this.#refusedSnapshots > 1 ? this.#backoff.next() : 0;
    const { paceMs, windowMs } = this.#tempo;
    this.#notBeforeMs = clock.monotonicMs() + Math.max(restMs, Math.max(paceMs, windowMs) * this.#random());
    log.info({ sequence, form }, "hub asks for a snapshot");
  }

  #fail(report: Report, error: Error, tookMs: number): void {
    const { session, clock, log, onAttempt } = this.#deps;
    const { untouched, tooLarge, away, retryAfterMs, name } = refusal(error);
    const isSlow = this.#tempo.unanswered(tookMs);
    if (untouched) session.refuse();
    else session.lose();
    if (report.form === "recall" && this.#isForgone(away, isSlow)) this.#forgo();
    if (tooLarge) this.#shrinkLimit();
    const delayMs = this.#delayMs(untouched, retryAfterMs);
    this.#pending = true;
    this.#notBeforeMs = clock.monotonicMs() + delayMs;
    onAttempt?.({ result: "Failed", report, error });
    if (report.form === "recall" && !session.recalls) return;
    this.#tell(name, () => log.warn({ err: error, retryInMs: Math.round(delayMs) }, "hub does not take reports"));
  }

  /** While a snapshot is owed it is most often the hub that was away: then the whole fleet comes back. */
  #delayMs(untouched: boolean, retryAfterMs: number): number {
    const askedMs = retryAfterMs > 0 ? JITTER_PER_RETRY_AFTER * retryAfterMs : Number.POSITIVE_INFINITY;
    const jitterMs = Math.min(this.#backoff.next(), askedMs);
    return retryAfterMs + (untouched ? jitterMs : Math.max(jitterMs, this.#tempo.windowMs * this.#random()));
  }

  /** Whoever answers a recall with an error will do so again: an older manager does not know it. */
  #isForgone(away: boolean, isSlow: boolean): boolean {
    if (isSlow) this.#slowRecalls += 1;
    return !away || this.#slowRecalls >= SLOW_RECALLS_MAX;
  }

  #forgo(): void {
    this.#deps.session.forgo();
    this.#backoff.reset();
    this.#deps.log.info("hub does not tell what it knew of the cluster: what stays as it was is dated anew");
  }

  #shrinkLimit(): void {
    const { session, clock } = this.#deps;
    session.shrink();
    this.#limitedMs = clock.monotonicMs();
    // Nobody is overloaded; the next one is smaller. Without any record there is nothing left to try.
    if (session.limitBytes > 0) this.#backoff.reset();
  }

  #growLimit(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#limitedMs < GROW_AFTER_MS) return;
    this.#deps.session.grow();
    this.#limitedMs = nowMs;
  }

  #tell(trouble: string, write: () => void): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    write();
  }
}
