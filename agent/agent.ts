// One agent: its two sides, the time that passes for both, and what it tells of itself.
//
//   managed cluster ◄─► managed-side.ts ──records, view──► hub-side.ts ◄─► hub        lease ─► managed cluster
import type { Kube } from "../shared/kube/types.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import { serveProbes } from "../shared/runtime/probes.ts";
import type { Task } from "../shared/runtime/supervise.ts";
import { Alarm } from "./alarm.ts";
import type { AgentConfig } from "./config.ts";
import { HubSide } from "./hub-side.ts";
import { ManagedSide } from "./managed-side.ts";
import { buildMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { Pulse } from "./pulse.ts";
import { keepLease } from "./status/lease.ts";

/** Time alone changes verdicts by whole minutes; a second late is soon enough. */
const TICK_MS = 1_000;

export interface AgentDeps {
  log: Log;
  clock: Clock;
  /** Connection to the managed cluster. */
  managed: Kube;
  hub: Kube;
  /** Connection for reports; the hub's when not given. */
  reports?: Kube;
  random?: () => number;
  /** Called with the port of probes and metrics once it is open. */
  onListening?: (port: number) => void;
}

export class Agent {
  readonly #config: AgentConfig;
  readonly #deps: AgentDeps;
  readonly #pulse: Pulse;
  readonly #metrics: Metrics;
  readonly #nowMs: () => number;
  readonly #managed: ManagedSide;
  readonly #hub: HubSide;

  constructor(config: AgentConfig, deps: AgentDeps, signal: AbortSignal) {
    this.#config = config;
    this.#deps = deps;
    const { clock, log, managed: kube, hub, reports = hub, random } = deps;
    const epochMs = Math.floor(clock.wallMs());
    const startMs = clock.monotonicMs();
    // Wall-clock time that never runs backwards.
    this.#nowMs = () => epochMs + clock.monotonicMs() - startMs;
    this.#pulse = new Pulse(clock);
    const common = { clock, log, pulse: this.#pulse, nowMs: this.#nowMs };
    this.#metrics = buildMetrics({
      clock,
      managed: kube,
      hub,
      workloads: () => this.#managed.workloads,
      states: () => this.#managed.watches.states(),
    });
    this.#managed = new ManagedSide(
      config,
      {
        ...common,
        kube,
        watchKube: this.#metrics.listening(kube),
        onRecord: (key) => this.#recordChanged(key),
        onChange: () => this.#changed(),
        onLook: (result) => this.#metrics.looked(result),
        onTrouble: (kind) => this.#metrics.watchFailed(kind),
      },
      signal,
    );
    const { view } = this.#managed;
    this.#hub = new HubSide(config, {
      ...common,
      kube: hub,
      reports,
      epochMs,
      facts: () => this.#metrics.composed(view.facts()),
      conditions: () => view.conditions(),
      onRecalled: (...recalled) => this.#managed.adopt(...recalled),
      onAttempt: (attempt) => this.#metrics.reported(attempt),
      ...(random && { random }),
    });
  }

  /** Everything that runs for as long as the agent does. */
  tasks(): Record<string, Task> {
    const { managed: kube, clock, log, random, onListening } = this.#deps;
    const { POD_NAMESPACE: namespace, POD_NAME: holder, POD_IP: host, HEALTH_PORT: port } = this.#config;
    const lease = { kube, namespace, holder, clock, log, onTurn: this.#pulse.of("lease"), ...(random && { random }) };
    const questions = { stuck: () => this.#pulse.stuck(), missing: () => this.#missing() };
    const probes = { host, port, registry: this.#metrics.registry, ...questions, onListening };
    return {
      ...this.#managed.tasks(),
      ...this.#hub.tasks(),
      lease: (signal) => keepLease(lease, signal),
      probes: (signal) => serveProbes(probes, signal),
      time: (signal) => this.#tick(signal),
    };
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { view, workloads } = this.#managed;
    const alarm = new Alarm();
    const onTurn = this.#pulse.of("time");
    let settled = false;
    while (!signal.aborted) {
      await alarm.wait(TICK_MS, signal);
      onTurn();
      workloads.tick(this.#nowMs());
      if (!settled && view.settled) this.#changed();
      settled = view.settled;
    }
  }

  #recordChanged(key: string): void {
    this.#hub.note(key);
    this.#changed();
  }

  /** Something that reports or conditions are made of has changed. */
  #changed(): void {
    this.#metrics.changed();
    this.#hub.wake();
  }

  /** What readiness still waits for. */
  #missing(): string[] {
    const { view } = this.#managed;
    return [...(view.listed ? [] : ["the first lists"]), ...(this.#hub.answered ? [] : ["the hub's first answer"])];
  }
}
