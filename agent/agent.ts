// One agent: its parts and who tells whom.
//
//   CRDs ─► kinds ─┬► workload watches ─► workloads ──┬► session ─► reporter ─► hub
//                  ├► event watches ──────┘   ▲       │
//                  └► installation ───────────┴───────┴► conditions ─► hub        lease ─► managed cluster
import { RULE_SET } from "../shared/health/rule-set.ts";
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Task } from "../shared/runtime/supervise.ts";
import { serveProbes } from "../shared/runtime/probes.ts";
import type { Installation } from "../shared/wire/report.ts";
import { Alarm } from "./alarm.ts";
import { Looker } from "./causes/looker.ts";
import { ClusterView } from "./cluster-view.ts";
import type { AgentConfig } from "./config.ts";
import { buildMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { Pulse } from "./pulse.ts";
import { buildSendReport } from "./report/hub.ts";
import { Reporter } from "./report/reporter.ts";
import type { Attempt } from "./report/reporter.ts";
import { ReportSession } from "./report/session.ts";
import { keepLease } from "./status/lease.ts";
import { ConditionWriter } from "./status/writer.ts";
import { thresholdsOf } from "./thresholds.ts";
import { AGENT_VERSION } from "./version.ts";
import { EventWatches } from "./watch/events.ts";
import { isWorking } from "./watch/installation-verdict.ts";
import { InstallationWatch } from "./watch/installation.ts";
import { watchKinds } from "./watch/kinds.ts";
import { WorkloadWatches } from "./watch/workloads.ts";
import { Workloads } from "./workloads.ts";

/** Time alone changes verdicts by whole minutes; a second late is soon enough. */
const TICK_MS = 1_000;

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
  readonly #events: EventWatches;
  /** Undefined when no causes are to be looked for. */
  readonly #looker: Looker | undefined;
  readonly #view: ClusterView;
  readonly #installation: InstallationWatch;
  readonly #session: ReportSession;
  readonly #reporter: Reporter;
  readonly #conditions: ConditionWriter;
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
        this.#looker?.note(key);
        this.#changed();
      },
    });
    const states = () => this.#watches.states();
    this.#metrics = buildMetrics({ clock, managed, hub: deps.hub, workloads: this.#workloads, states });
    const told = { onState: () => this.#changed(), onTrouble: (kind: string) => this.#metrics.watchFailed(kind) };
    const nowMs = (): number => this.#nowMs();
    this.#watches = new WorkloadWatches(
      { kube: this.#metrics.listening(managed), workloads: this.#workloads, clock, log, nowMs, ...told },
      signal,
    );
    this.#events = new EventWatches(
      { kube: managed, log, onWarning: (about) => this.#workloads.warn(about, this.#nowMs()) },
      signal,
    );
    this.#looker = config.LOOK_FOR_CAUSES ? this.#buildLooker() : undefined;
    this.#view = new ClusterView({
      clock,
      workloads: this.#workloads,
      watches: this.#watches,
      installation: () => this.#installation.current,
    });
    this.#installation = new InstallationWatch({
      kube: managed,
      clock,
      log,
      crds: () => this.#view.served(),
      onChange: (kruise, gatesOff) => this.#kruiseChanged(kruise, gatesOff),
      onConversion: (failures) => this.#watches.conversionsFail(failures),
      onTurn: this.#pulse.of("installation"),
    });
    const agent = { version: AGENT_VERSION, ruleSet: RULE_SET, instance: config.POD_NAME };
    this.#session = new ReportSession({ agent, epochMs: this.#epochMs, recall: true });
    this.#reporter = this.#buildReporter();
    this.#conditions = this.#buildConditions();
  }

  /** Everything that runs for as long as the agent does. */
  tasks(): Record<string, Task> {
    const { managed: kube, clock, log, onListening } = this.#deps;
    const { POD_NAMESPACE: namespace, POD_NAME: holder, POD_IP: host, HEALTH_PORT: port } = this.#config;
    const onTurn = this.#pulse.of("lease");
    const looker = this.#looker;
    const questions = { stuck: () => this.#pulse.stuck(), missing: () => this.#missing() };
    const probes = { host, port, registry: this.#metrics.registry, ...questions, onListening };
    return {
      kinds: (signal) => this.#watchKinds(signal),
      workloads: (signal) => this.#watches.run(signal),
      events: (signal) => this.#events.run(signal),
      installation: (signal) => this.#installation.run(signal),
      reporter: (signal) => this.#reporter.run(signal),
      conditions: (signal) => this.#conditions.run(signal),
      lease: (signal) => keepLease({ kube, namespace, holder, clock, log, onTurn, ...this.#random }, signal),
      probes: (signal) => serveProbes(probes, signal),
      time: (signal) => this.#tick(signal),
      ...(looker && { causes: (signal) => looker.run(signal) }),
    };
  }

  #buildLooker(): Looker {
    const { log, managed: kube } = this.#deps;
    return new Looker({
      kube,
      log,
      nowMs: () => this.#nowMs(),
      workload: (key) => this.#workloads.find(key),
      onCauses: (key, uid, causes) => this.#workloads.setCauses(key, uid, causes),
      onTurn: this.#pulse.of("causes"),
    });
  }

  #buildReporter(): Reporter {
    const { clock, log, hub } = this.#deps;
    return new Reporter({
      session: this.#session,
      facts: () => this.#metrics.composed(this.#view.facts()),
      nowMs: () => this.#nowMs(),
      send: buildSendReport(hub, this.#config.CLUSTER_NAME),
      onRecalled: (records, behindMs) => this.#workloads.adopt(records, { nowMs: this.#nowMs(), behindMs }),
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
      plan: () => this.#view.conditions(),
      onOverruled: () => this.#reporter.wake(),
      onTurn: this.#pulse.of("conditions"),
      ...this.#random,
    });
  }

  async #watchKinds(signal: AbortSignal): Promise<void> {
    const { managed: kube, log } = this.#deps;
    const onTrouble = (error: Error): void => {
      this.#metrics.watchFailed("CustomResourceDefinition");
      this.#view.kindsFailed(error);
    };
    await watchKinds(
      {
        kube,
        log,
        onTrouble,
        onServed: (kind, served) => {
          this.#watches.serve(kind, served);
          this.#events.serve(kind, served);
          this.#installation.wake();
        },
      },
      signal,
    );
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const alarm = new Alarm();
    const onTurn = this.#pulse.of("time");
    let settled = false;
    while (!signal.aborted) {
      await alarm.wait(TICK_MS, signal);
      onTurn();
      this.#workloads.tick(this.#nowMs());
      if (!settled && this.#view.settled) this.#changed();
      settled = this.#view.settled;
    }
  }

  #nowMs(): number {
    return this.#epochMs + this.#deps.clock.monotonicMs() - this.#startMs;
  }

  /** Something that reports or conditions are made of has changed. */
  #changed(): void {
    this.#metrics.changed();
    this.#reporter.wake();
    this.#conditions.wake();
  }

  #kruiseChanged(kruise: Installation, gatesOff: ReadonlySet<string>): void {
    this.#workloads.setKruiseHealthy(isWorking(kruise), this.#nowMs());
    this.#workloads.setGatesOff(gatesOff, this.#nowMs());
    this.#changed();
  }

  #attempted(attempt: Attempt): void {
    this.#metrics.reported(attempt);
    // An agent that is outvoted is ready too: in a rolling update the older one only goes when the newer is ready.
    if (attempt.result !== "Failed") this.#answered = true;
    if (attempt.result === "Acknowledged") this.#conditions.acknowledged();
  }

  /** What readiness still waits for. */
  #missing(): string[] {
    return [...(this.#view.listed ? [] : ["the first lists"]), ...(this.#answered ? [] : ["the hub's first answer"])];
  }
}
