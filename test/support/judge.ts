// Judges one object as the agent does: every observation with the history of those before, and again when time alone
// may have changed the verdict. The followers of real objects and the replay of what they captured both use it.
import { escalate } from "../../shared/health/escalate.ts";
import type { History, Thresholds, Warning } from "../../shared/health/history.ts";
import { DEFAULT_THRESHOLDS } from "../../shared/health/thresholds.ts";
import { toRecord } from "../../shared/kruise/condense.ts";
import { observe } from "../../shared/kruise/observe.ts";
import type { Observation } from "../../shared/kruise/observe.ts";
import { WorkloadRecord } from "../../shared/kruise/record.ts";

export interface Judged {
  /** "Health/Reason" of stage two. */
  verdict: string;
  /** The record as it would be sent; it has passed the schema. */
  record: WorkloadRecord;
  /** When to look again if nothing happens before. */
  dueAtMs: number | undefined;
}

export class Judge {
  #thresholds = DEFAULT_THRESHOLDS;
  #observation: Observation | undefined;
  #history: History | undefined;
  #warning: Warning | undefined;

  /** Makes every limit of stage two this short; undefined: the product's own limits. */
  setPatience(seconds: number | undefined): void {
    this.#thresholds = seconds === undefined ? DEFAULT_THRESHOLDS : allOf(seconds * 1000);
  }

  /** Takes in the object as it is now. */
  see(object: unknown, nowMs: number): Judged {
    const observation = observe(object);
    this.#observation = observation;
    return this.#judge(observation, nowMs);
  }

  /** Takes in a Warning event about the object; undefined while the object has not been seen. */
  warn(warning: Warning, nowMs: number): Judged | undefined {
    this.#warning = warning;
    return this.look(nowMs);
  }

  /** Looks again at what was seen last. */
  look(nowMs: number): Judged | undefined {
    return this.#observation && this.#judge(this.#observation, nowMs);
  }

  #judge(observation: Observation, nowMs: number): Judged {
    const escalated = escalate(observation, this.#history, {
      nowMs,
      thresholds: this.#thresholds,
      kruiseHealthy: true,
      ...(this.#warning && { warning: this.#warning }),
    });
    this.#history = escalated.history;
    const record = WorkloadRecord.parse(toRecord(observation, escalated, nowMs));
    return { verdict: `${record.h}/${record.r}`, record, dueAtMs: escalated.dueAtMs };
  }
}

function allOf(limitMs: number): Thresholds {
  const limits = Object.keys(DEFAULT_THRESHOLDS).map((name) => [name, limitMs]);
  return Object.fromEntries(limits) as Thresholds & Record<string, number>;
}
