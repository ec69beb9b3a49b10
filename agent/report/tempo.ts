// How often, how late and how patiently an agent reports: what the manager wishes, within what an agent takes from it.
// A manager can slow an agent down; nothing that it says silences one.
import type { AnswerStatus } from "../../shared/wire/report.ts";

/** Until the manager has told its wishes: the least pace, and a third of the silence that makes a cluster Stale. */
export const FIRST_PACE_MS = 50;
export const FIRST_HEARTBEAT_MS = 30_000;
/** The most that is taken from a manager, or from whatever answers in its place. */
export const PACE_MOST_MS = 30_000;
export const HEARTBEAT_LEAST_MS = 1_000;
export const HEARTBEAT_MOST_MS = 300_000;
export const WINDOW_MOST_MS = 120_000;
export const RETRY_AFTER_MOST_MS = 300_000;
/** Bounds of the random time after a failure. */
export const BACKOFF = { baseMs: 250, maxMs: 120_000 };
/** A report without an answer for this long is lost. After each that is, one waits longer, up to what lets a kube-apiserver answer. */
export const PATIENCE_LEAST_MS = 10_000;
export const PATIENCE_MOST_MS = 40_000;

export class Tempo {
  /** What the hub's administrator wishes, whatever the manager does. */
  readonly #leastMs: number;
  #paceMs = FIRST_PACE_MS;
  #heartbeatMs = FIRST_HEARTBEAT_MS;
  #windowMs = 0;
  #patienceMs = PATIENCE_LEAST_MS;

  /** @param leastIntervalMs no two reports are closer than this, but for a heartbeat */
  constructor(leastIntervalMs = 0) {
    this.#leastMs = leastIntervalMs;
  }

  /** The least time between two reports that the manager wishes. */
  get paceMs(): number {
    return this.#paceMs;
  }

  /** Least time between two reports. Never above a heartbeat: whoever is silent for longer is taken for lost. */
  get intervalMs(): number {
    return Math.max(this.#paceMs, Math.min(this.#leastMs, this.#heartbeatMs));
  }

  /** Longest time between two reports. */
  get heartbeatMs(): number {
    return this.#heartbeatMs;
  }

  /** A snapshot that the whole fleet may owe comes at a random moment within this. */
  get windowMs(): number {
    return this.#windowMs;
  }

  /** How long to wait for an answer. */
  get patienceMs(): number {
    return this.#patienceMs;
  }

  /** Takes in the manager's wishes. */
  heed({ paceMs, heartbeatMs, windowMs = 0 }: AnswerStatus): void {
    this.#paceMs = Math.min(paceMs, PACE_MOST_MS);
    this.#heartbeatMs = Math.min(Math.max(heartbeatMs, paceMs, HEARTBEAT_LEAST_MS), HEARTBEAT_MOST_MS);
    this.#windowMs = Math.min(windowMs, WINDOW_MOST_MS);
  }

  /** An answer came after this long. */
  answered(tookMs: number): void {
    if (tookMs * 4 < this.#patienceMs) this.#patienceMs = Math.max(PATIENCE_LEAST_MS, this.#patienceMs / 2);
  }

  /** None came after this long; answers whether that was for want of patience. */
  unanswered(tookMs: number): boolean {
    if (tookMs < this.#patienceMs) return false;
    this.#patienceMs = Math.min(PATIENCE_MOST_MS, this.#patienceMs * 2);
    return true;
  }
}
