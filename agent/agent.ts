// One agent: its parts and who tells whom.
//
//   CRDs ─► kinds ─► workload watches ─► workloads ─┬─► session ─► reporter ─► hub
//                    installation ──────────────────┴─► conditions ─► hub        lease ─► managed cluster
import { RULE_SET } from "../shared/health/rule-set.ts";
import { isForbidden } from "../shared/kube/errors.ts";
import type { Kube } from "../shared/kube/types.ts";
import { KRUISE_KINDS } from "../shared/kruise/kinds.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Task } from "../shared/runtime/supervise.ts";
import type { Installation, KindState } from "../shared/wire/report.ts";
import { Alarm } from "./alarm.ts";
import type { AgentConfig } from "./config.ts";
import { buildMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { serveProbes } from "../shared/runtime/probes.ts";
import { Pulse } from "./pulse.ts";
import { buildSendReport } from "./report/hub.ts";
import { Reporter } from "./report/reporter.ts";
import type { Attempt } from "./report/reporter.ts";
import { ReportSession } from "./report/session.ts";
import type { Facts } from "./report/session.ts";
import { WORST_MAX, planConditions } from "../shared/wire/cluster-conditions.ts";
import type { ClusterCondition } from "../shared/wire/cluster-conditions.ts";
import { keepLease } from "./status/lease.ts";
import { ConditionWriter } from "./status/writer.ts";
import { thresholdsOf } from "./thresholds.ts";
import { AGENT_VERSION } from "./version.ts";
import { InstallationWatch, NOT_CHECKED } from "./watch/installation.ts";
import { watchKinds } from "./watch/kinds.ts";
import { WorkloadWatches } from "./watch/workloads.ts";
import { Workloads } from "./workloads.ts";

/** Time alone changes verdicts by whole minutes; a second late is soon enough. */
const TICK_MS = 1_000;
/** The first report waits for the first lists, but not longer: what cannot be listed must be told of too. */
const FIRST_REPORT_MS = 10_000;
const MESSAGE_MAX = 160;

export interface AgentDeps {
  log: Log;
  clock: Clock;
  /** Connection to the managed cluster. */
  managed: Kube;
  hub: Kube;
  random?: () => number;
  /** Called with the port of probes and metrics once it is open. */
  onListening?: (port: number) => void;
}

export class Agent {
  readonly #config: AgentConfig;
  readonly #deps: AgentDeps;
  readonly #random: { random?: () => number };
  readonly #startMs: number;
  /** Wall-clock time at start: with the monotonic clock it makes a time that never runs backwards. */
  readonly #epochMs: number;
  readonly #pulse: Pulse;
  readonly #metrics: Metrics;
  readonly #workloads: Workloads;
  readonly #watches: WorkloadWatches;
  readonly #installation: InstallationWatch;
  readonly #session: ReportSession;
  readonly #reporter: Reporter;
  readonly #conditions: ConditionWriter;
  /** Why the CRDs cannot be watched; it counts only until the first of them is known. */
  #kindsTrouble: Error | undefined;
  /** The manager has answered a report, whatever it said. */
  #answered = false;

  constructor(config: AgentConfig, deps: AgentDeps, signal: AbortSignal) {
    this.#config = config;
    this.#deps = deps;
    this.#random = deps.random === undefined ? {} : { random: deps.random };
    const { clock, log, managed } = deps;
    this.#startMs = clock.monotonicMs();
    this.#epochMs = Math.floor(clock.wallMs());
    this.#pulse = new Pulse(clock);
    this.#workloads = new Workloads({
      thresholds: thresholdsOf(config),
      onChange: (key) => {
        this.#session.note(key);
        this.#changed();
      },
    });
    this.#metrics = buildMetrics(() => this.#workloads.byHealth);
    const told = { onState: () => this.#changed(), onTrouble: (kind: string) => this.#metrics.watchFailed(kind) };
    const nowMs = (): number => this.#nowMs();
    this.#watches = new WorkloadWatches(
      { kube: managed, workloads: this.#workloads, clock, log, nowMs, ...told },
      signal,
    );
    this.#installation = new InstallationWatch({
      kube: managed,
      clock,
      log,
      crds: () => (this.#kindsKnown() ? this.#watches.served() : undefined),
      onChange: (kruise) => this.#kruiseChanged(kruise),
      onTurn: this.#pulse.of("installation"),
    });
    const agent = { version: AGENT_VERSION, ruleSet: RULE_SET, instance: config.POD_NAME };
    this.#session = new ReportSession({ agent, epochMs: this.#epochMs });
    this.#reporter = this.#buildReporter();
    this.#conditions = this.#buildConditions();
  }

  /** Everything that runs for as long as the agent does. */
  tasks(): Record<string, Task> {
    const { managed: kube, clock, log, onListening } = this.#deps;
    const { POD_NAMESPACE: namespace, POD_NAME: holder, POD_IP: host, HEALTH_PORT: port } = this.#config;
    const onTurn = this.#pulse.of("lease");
    const questions = { stuck: () => this.#pulse.stuck(), missing: () => this.#missing() };
    const probes = { host, port, registry: this.#metrics.registry, ...questions, onListening };
    return {
      kinds: (signal) => this.#watchKinds(signal),
      workloads: (signal) => this.#watches.run(signal),
      installation: (signal) => this.#installation.run(signal),
      reporter: (signal) => this.#reporter.run(signal),
      conditions: (signal) => this.#conditions.run(signal),
      lease: (signal) => keepLease({ kube, namespace, holder, clock, log, onTurn, ...this.#random }, signal),
      probes: (signal) => serveProbes(probes, signal),
      time: (signal) => this.#tick(signal),
    };
  }

  #buildReporter(): Reporter {
    const { clock, log, hub } = this.#deps;
    return new Reporter({
      session: this.#session,
      facts: () => this.#facts(),
      send: buildSendReport(hub, this.#config.CLUSTER_NAME),
      clock,
      log,
      onAttempt: (attempt) => this.#attempted(attempt),
      onTurn: this.#pulse.of("reporter"),
      ...this.#random,
    });
  }

  #buildConditions(): ConditionWriter {
    const { clock, log, hub } = this.#deps;
    return new ConditionWriter({
      kube: hub,
      cluster: this.#config.CLUSTER_NAME,
      clock,
      log,
      plan: () => this.#plan(),
      onOverruled: () => this.#reporter.wake(),
      onTurn: this.#pulse.of("conditions"),
      ...this.#random,
    });
  }

  async #watchKinds(signal: AbortSignal): Promise<void> {
    const { managed: kube, log } = this.#deps;
    const onTrouble = (error: Error): void => {
      this.#metrics.watchFailed("CustomResourceDefinition");
      this.#kindsTrouble = error;
    };
    await watchKinds(
      {
        kube,
        log,
        onTrouble,
        onServed: (kind, served) => {
          this.#watches.serve(kind, served);
          this.#installation.wake();
        },
      },
      signal,
    );
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const alarm = new Alarm();
    let settled = false;
    while (!signal.aborted) {
      await alarm.wait(TICK_MS, signal);
      this.#workloads.tick(this.#nowMs());
      if (!settled && this.#settled()) this.#changed();
      settled = this.#settled();
    }
  }

  #nowMs(): number {
    return this.#epochMs + this.#deps.clock.monotonicMs() - this.#startMs;
  }

  /** Something that reports or conditions are made of has changed. */
  #changed(): void {
    this.#reporter.wake();
    this.#conditions.wake();
  }

  #kruiseChanged({ health }: Installation): void {
    // What cannot be checked must not keep verdicts from escalating.
    this.#workloads.setKruiseHealthy(health !== "Degraded" && health !== "Suspended", this.#nowMs());
    this.#changed();
  }

  #attempted(attempt: Attempt): void {
    this.#metrics.reported(attempt);
    // An agent that is outvoted is ready too: in a rolling update the older one only goes when the newer is ready.
    if (attempt.result !== "Failed") this.#answered = true;
    if (attempt.result === "Acknowledged") this.#conditions.acknowledged();
  }

  #kindsKnown(): boolean {
    return this.#watches.states().length === KRUISE_KINDS.length;
  }

  #listed(): boolean {
    return this.#kindsKnown() && this.#watches.listed;
  }

  /** Whether there is enough to report: an empty first snapshot would say that there are no workloads. */
  #settled(): boolean {
    if (this.#deps.clock.monotonicMs() - this.#startMs >= FIRST_REPORT_MS) return true;
    return this.#listed() && this.#installation.current !== NOT_CHECKED;
  }

  #facts(): Facts | undefined {
    if (!this.#settled()) return undefined;
    const { candidates, byHealth } = this.#workloads;
    return { candidates, byHealth: { ...byHealth }, kruise: this.#installation.current, kinds: this.#kinds() };
  }

  #kinds(): KindState[] {
    const known = this.#watches.states();
    const trouble = this.#kindsTrouble;
    if (known.length > 0 || trouble === undefined) return known;
    const state = isForbidden(trouble) ? "Forbidden" : "Failing";
    const message = `CRDs cannot be watched: ${trouble.message}`.slice(0, MESSAGE_MAX);
    return KRUISE_KINDS.map(({ kind, group }) => ({ kind, group, state, message }));
  }

  #plan(): ClusterCondition[] | undefined {
    if (!this.#settled()) return undefined;
    const { byHealth } = this.#workloads;
    const summary = { listed: this.#listed(), byHealth, worst: this.#workloads.worst(WORST_MAX), kinds: this.#kinds() };
    return planConditions(summary, this.#installation.current);
  }

  /** What readiness still waits for. */
  #missing(): string[] {
    return [...(this.#listed() ? [] : ["the first lists"]), ...(this.#answered ? [] : ["the hub's first answer"])];
  }
}
