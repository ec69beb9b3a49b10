// The newest Warning event of each workload, for as long as it is worth something. Memory only, no clock: the caller says
// what time it is. An event may come before its workload does, so they are kept by themselves.
import type { Warning } from "../shared/health/history.ts";
import { endOfWarningMs } from "../shared/health/warnings.ts";

/** Workloads whose warnings are kept; beyond that those with the oldest are forgotten. */
export const WARNINGS_MAX = 1_000;

/** A warning and the workload that it is about. */
export interface WarningAbout {
  /** Key of the workload's record. */
  key: string;
  /** First eight characters of the workload's uid; "" when the event does not say. */
  uid: string;
  warning: Warning;
}

export class Warnings {
  readonly #kept = new Map<string, WarningAbout>();

  /** Takes in a warning; false when it says nothing new. */
  note(about: WarningAbout, nowMs: number): boolean {
    const { key, uid, warning } = about;
    // Times are of the cluster's clocks: one that is ahead must not make a warning last longer.
    const atMs = Math.min(warning.atMs, nowMs);
    const before = this.#kept.get(key);
    if (nowMs >= endOfWarningMs(warning) || (before !== undefined && before.warning.atMs >= atMs)) return false;
    this.#kept.set(key, { key, uid, warning: { ...warning, atMs } });
    if (this.#kept.size > WARNINGS_MAX) this.#kept.delete(this.#oldest());
    return this.#kept.has(key);
  }

  /** The newest warning of a workload; one of an earlier workload of the same name does not concern it. */
  of(key: string, uid: string): Warning | undefined {
    const about = this.#kept.get(key);
    return about === undefined || (about.uid !== "" && about.uid !== uid) ? undefined : about.warning;
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }

  /** Forgets what is over. */
  expire(nowMs: number): void {
    for (const { key, warning } of this.#kept.values()) if (nowMs >= endOfWarningMs(warning)) this.#kept.delete(key);
  }

  #oldest(): string {
    let [oldest] = this.#kept.values();
    for (const about of this.#kept.values()) {
      if (oldest === undefined || about.warning.atMs < oldest.warning.atMs) oldest = about;
    }
    return oldest?.key ?? "";
  }
}
