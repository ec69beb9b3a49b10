// The agent's side towards its managed cluster: what it watches there and what it knows from that.
//
//   CRDs ─► kinds ─┬► workload watches ─► workloads ◄─ causes
//                  ├► event watches ──────┘   ▲
//                  └► installation ───────────┴──► view
import type { Kube } from "../shared/kube/types.ts";
import type { ReceivedRecord, ReceivedTransition } from "../shared/kruise/received-record.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import type { Log } from "../shared/runtime/log.ts";
import type { Task } from "../shared/runtime/supervise.ts";
import type { Installation } from "../shared/wire/report.ts";
import { Looker } from "./causes/looker.ts";
import type { LookerDeps } from "./causes/looker.ts";
import { ClusterView } from "./cluster-view.ts";
import type { AgentConfig } from "./config.ts";
import { KruiseHistory } from "./kruise-history.ts";
import type { Pulse } from "./pulse.ts";
import { scopeOf } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { thresholdsOf } from "./thresholds.ts";
import { EventWatches } from "./watch/events.ts";
import type { EventWatchesDeps } from "./watch/events.ts";
import { isWorking } from "./watch/installation-verdict.ts";
import { InstallationWatch } from "./watch/installation.ts";
import { watchKinds } from "./watch/kinds.ts";
import type { KindsDeps } from "./watch/kinds.ts";
import { WorkloadWatches } from "./watch/workloads.ts";
import { Workloads } from "./workloads.ts";

export interface ManagedSideDeps {
  kube: Kube;
  /** The same connection, for what is watched of the workloads. */
  watchKube: Kube;
  clock: Clock;
  log: Log;
  /** Wall-clock time that never runs backwards: what verdicts are aged with. */
  nowMs: () => number;
  pulse: Pulse;
  /** The record of a workload has changed, came or went. */
  onRecord: (key: string) => void;
  /** Something else that reports or conditions are made of has changed. */
  onChange: () => void;
  /** Causes of a workload were looked for. */
  onLook: NonNullable<LookerDeps["onLook"]>;
  /** The watch of a kind has failed and goes on by itself. */
  onTrouble: (kind: string) => void;
}

export class ManagedSide {
  readonly workloads: Workloads;
  readonly view: ClusterView;
  readonly watches: WorkloadWatches;
  readonly #deps: ManagedSideDeps;
  readonly #scope: Scope;
  readonly #events: EventWatches;
  readonly #installation: InstallationWatch;
  readonly #kruiseHistory = new KruiseHistory();
  /** Undefined when no causes are to be looked for. */
  readonly #looker: Looker | undefined;

  constructor(config: AgentConfig, deps: ManagedSideDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#scope = scopeOf(config);
    const { clock, log, kube, watchKube, nowMs, onChange, onTrouble } = deps;
    const { isIgnored } = this.#scope;
    this.workloads = new Workloads({ thresholds: thresholdsOf(config), onChange: (key) => this.#recordChanged(key) });
    const watched = { workloads: this.workloads, isIgnored, onState: onChange, onTrouble };
    this.watches = new WorkloadWatches({ kube: watchKube, clock, log, nowMs, ...watched }, signal);
    const onWarning: EventWatchesDeps["onWarning"] = (about) => this.workloads.warn(about, nowMs());
    this.#events = new EventWatches({ kube, log, isIgnored, onWarning }, signal);
    this.#looker = config.LOOK_FOR_CAUSES ? this.#buildLooker() : undefined;
    this.view = new ClusterView({
      clock,
      scope: this.#scope,
      workloads: this.workloads,
      watches: this.watches,
      installation: () => this.#installation.current,
      kruiseHistory: this.#kruiseHistory,
    });
    this.#installation = this.#buildInstallation();
  }

  /** Takes in what the hub knew of an earlier agent, by how much whose clock was behind. */
  adopt(records: readonly ReceivedRecord[], behindMs: number, kruiseHistory: readonly ReceivedTransition[] = []): void {
    const at = { nowMs: this.#deps.nowMs(), behindMs };
    // Causes that nobody looks at any more would stay for ever.
    const kept = this.#looker === undefined ? records.map((record) => ({ ...record, why: undefined })) : records;
    this.workloads.adopt(kept, at);
    this.#kruiseHistory.adopt(kruiseHistory, at);
  }

  /** What runs for as long as the agent does. */
  tasks(): Record<string, Task> {
    const looker = this.#looker;
    return {
      kinds: (signal) => this.#watchKinds(signal),
      workloads: (signal) => this.watches.run(signal),
      events: (signal) => this.#events.run(signal),
      installation: (signal) => this.#installation.run(signal),
      ...(looker && { causes: (signal) => looker.run(signal) }),
    };
  }

  #buildLooker(): Looker {
    const { log, kube, nowMs, pulse } = this.#deps;
    return new Looker({
      kube,
      log,
      nowMs,
      workload: (key) => this.workloads.find(key),
      onCauses: (key, uid, causes) => this.workloads.setCauses(key, uid, causes),
      onLook: this.#deps.onLook,
      onTurn: pulse.of("causes"),
    });
  }

  #buildInstallation(): InstallationWatch {
    const { kube, clock, log, pulse } = this.#deps;
    return new InstallationWatch({
      kube,
      clock,
      log,
      crds: () => this.view.served(),
      isWatched: (kind) => this.#scope.has(kind),
      onChange: (kruise, gatesOff) => this.#kruiseChanged(kruise, gatesOff),
      onConversion: (failures) => this.watches.conversionsFail(failures),
      onTurn: pulse.of("installation"),
    });
  }

  /** The CRDs of all kinds are read: what is installed does not depend on what is watched. */
  async #watchKinds(signal: AbortSignal): Promise<void> {
    const { kube, log, onTrouble } = this.#deps;
    const deps: KindsDeps = {
      kube,
      log,
      onTrouble: (error) => {
        onTrouble("CustomResourceDefinition");
        this.view.kindsFailed(error);
      },
      onServed: (kind, served) => {
        this.view.kindServed(kind, served);
        if (this.#scope.has(kind)) {
          this.watches.serve(kind, served);
          this.#events.serve(kind, served);
        }
        this.#installation.wake();
      },
    };
    await watchKinds(deps, signal);
  }

  #recordChanged(key: string): void {
    this.#deps.onRecord(key);
    this.#looker?.note(key);
  }

  #kruiseChanged(kruise: Installation, gatesOff: ReadonlySet<string>): void {
    const { nowMs, onChange } = this.#deps;
    this.#kruiseHistory.note(kruise, nowMs());
    this.workloads.setKruiseHealthy(isWorking(kruise), nowMs());
    this.workloads.setGatesOff(gatesOff, nowMs());
    onChange();
  }
}
