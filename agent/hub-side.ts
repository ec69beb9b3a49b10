// The agent's side towards the hub: reports of workloads, and conditions of the cluster. The two do not need each other.
//
//   records ─► session ─► reporter ─► feedback API, through the hub or past it        conditions ─► hub
import { RULE_SET } from "../shared/health/rule-set.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Task } from "../shared/runtime/supervise.ts";
import { RELEASE_VERSION } from "../shared/version.ts";
import type { AgentConfig } from "./config.ts";
import type { Pulse } from "./pulse.ts";
import { buildSendReport } from "./report/hub.ts";
import { Reporter } from "./report/reporter.ts";
import type { Attempt, ReporterDeps } from "./report/reporter.ts";
import { ReportSession } from "./report/session.ts";
import { ConditionWriter } from "./status/writer.ts";
import type { WriterDeps } from "./status/writer.ts";

export interface HubSideDeps extends Pick<ReporterDeps, "facts" | "nowMs"> {
  kube: Kube;
  /** The way of reports: through the hub's kube-apiserver, or past it. */
  reports: Kube;
  clock: Clock;
  log: Log;
  pulse: Pulse;
  /** Wall-clock start of the agent, in whole milliseconds. */
  epochMs: number;
  random?: () => number;
  /** The conditions of the cluster; undefined while there is not enough to say. */
  conditions: WriterDeps["plan"];
  onRecalled: NonNullable<ReporterDeps["onRecalled"]>;
  onAttempt: (attempt: Attempt) => void;
}

export class HubSide {
  readonly #deps: HubSideDeps;
  readonly #session: ReportSession;
  readonly #reporter: Reporter;
  readonly #conditions: ConditionWriter;
  /** The manager has answered a report, whatever it said. */
  #answered = false;

  constructor(config: AgentConfig, deps: HubSideDeps) {
    this.#deps = deps;
    const agent = { version: RELEASE_VERSION, ruleSet: RULE_SET, instance: config.POD_NAME };
    this.#session = new ReportSession({ agent, epochMs: deps.epochMs, recall: true });
    this.#reporter = this.#buildReporter(config);
    this.#conditions = this.#buildConditions(config);
  }

  /** Whether the manager has answered once: until then nobody knows whether the hub can be reached. */
  get answered(): boolean {
    return this.#answered;
  }

  /** What runs for as long as the agent does. */
  tasks(): Record<string, Task> {
    return {
      reporter: (signal) => this.#reporter.run(signal),
      conditions: (signal) => this.#conditions.run(signal),
    };
  }

  /** Notes that a workload's record was changed, came or went. */
  note(key: string): void {
    this.#session.note(key);
  }

  /** Something to tell has changed. */
  wake(): void {
    this.#reporter.wake();
    this.#conditions.wake();
  }

  #buildReporter(config: AgentConfig): Reporter {
    const { reports, clock, log, pulse, facts, nowMs, random, onRecalled } = this.#deps;
    return new Reporter({
      session: this.#session,
      facts,
      nowMs,
      send: buildSendReport(reports, config.CLUSTER_NAME),
      onRecalled,
      clock,
      log,
      leastIntervalMs: config.MIN_REPORT_INTERVAL_SECONDS * 1000,
      onAttempt: (attempt) => this.#attempted(attempt),
      onTurn: pulse.of("reporter"),
      ...(random && { random }),
    });
  }

  #buildConditions(config: AgentConfig): ConditionWriter {
    const { kube, clock, log, pulse, conditions: plan, random } = this.#deps;
    return new ConditionWriter({
      kube,
      cluster: config.CLUSTER_NAME,
      clock,
      log,
      plan,
      onOverruled: () => this.#reporter.wake(),
      onTurn: pulse.of("conditions"),
      ...(random && { random }),
    });
  }

  #attempted(attempt: Attempt): void {
    this.#deps.onAttempt(attempt);
    // An agent that is outvoted is ready too: in a rolling update the older one only goes when the newer is ready.
    if (attempt.result !== "Failed") this.#answered = true;
    if (attempt.result === "Acknowledged") this.#conditions.acknowledged();
  }
}
