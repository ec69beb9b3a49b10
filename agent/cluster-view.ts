// What the agent can say of its cluster now: the facts of a report, the conditions, and whether it knows enough for them.
import { isForbidden } from "../shared/kube/errors.ts";
import { KRUISE_KINDS } from "../shared/kruise/kinds.ts";
import type { KruiseKind } from "../shared/kruise/kinds.ts";
import type { Clock } from "../shared/runtime/clock.ts";
import { WORST_MAX, planConditions } from "../shared/wire/cluster-conditions.ts";
import type { ClusterCondition } from "../shared/wire/cluster-conditions.ts";
import type { Installation, KindState } from "../shared/wire/report.ts";
import type { KruiseHistory } from "./kruise-history.ts";
import type { Facts } from "./report/session.ts";
import type { Scope } from "./scope.ts";
import type { Served, ServedKind } from "./watch/crds.ts";
import { NOT_CHECKED } from "./watch/installation.ts";
import type { WorkloadWatches } from "./watch/workloads.ts";
import type { Workloads } from "./workloads.ts";

/** The first report waits for the first lists, but not longer: what cannot be listed must be told of too. */
const FIRST_REPORT_MS = 10_000;
const MESSAGE_MAX = 160;

export interface ClusterViewDeps {
  clock: Clock;
  scope: Scope;
  workloads: Workloads;
  watches: WorkloadWatches;
  installation: () => Installation;
  kruiseHistory: Pick<KruiseHistory, "upTo">;
}

export class ClusterView {
  readonly #deps: ClusterViewDeps;
  readonly #startMs: number;
  /** By plural: how the cluster serves each kind, watched or not. */
  readonly #served = new Map<string, ServedKind>();
  /** Why the CRDs cannot be watched; it counts only until the first of them is known. */
  #kindsTrouble: Error | undefined;

  constructor(deps: ClusterViewDeps) {
    this.#deps = deps;
    this.#startMs = deps.clock.monotonicMs();
  }

  /** Notes that the CRDs cannot be watched. */
  kindsFailed(error: Error): void {
    this.#kindsTrouble = error;
  }

  /** Notes how the cluster serves a kind. */
  kindServed(kind: KruiseKind, served: Served): void {
    this.#served.set(kind.plural, { kind, served });
  }

  /** How each kind is served, those that are not watched too; undefined until that is known of all. */
  served(): ServedKind[] | undefined {
    const known = KRUISE_KINDS.flatMap(({ plural }) => this.#served.get(plural) ?? []);
    return known.length === KRUISE_KINDS.length ? known : undefined;
  }

  /** Whether every kind that is watched has been listed once, or cannot be. */
  get listed(): boolean {
    const { scope, watches } = this.#deps;
    return watches.states().length === scope.kinds.length && watches.listed;
  }

  /** Whether there is enough to report: an empty first snapshot would say that there are no workloads. */
  get settled(): boolean {
    if (this.#deps.clock.monotonicMs() - this.#startMs >= FIRST_REPORT_MS) return true;
    return this.listed && this.#deps.installation() !== NOT_CHECKED;
  }

  /** All that a report is made of; undefined while there is not enough. */
  facts(): Facts | undefined {
    if (!this.settled) return undefined;
    const { candidates, byHealth } = this.#deps.workloads;
    const kruise = this.#deps.installation();
    const { leftOut } = this.#deps.scope;
    const kruiseHistory = this.#deps.kruiseHistory.upTo(kruise);
    return { candidates, byHealth: { ...byHealth }, kruise, kruiseHistory, kinds: this.#kinds(), leftOut };
  }

  /** The conditions of the cluster; undefined while there is not enough to say. */
  conditions(): ClusterCondition[] | undefined {
    if (!this.settled) return undefined;
    const { workloads } = this.#deps;
    const worst = workloads.worst(WORST_MAX);
    const summary = { listed: this.listed, byHealth: workloads.byHealth, worst, kinds: this.#kinds() };
    return planConditions(summary, this.#deps.installation());
  }

  #kinds(): KindState[] {
    const known = this.#deps.watches.states();
    const trouble = this.#kindsTrouble;
    if (known.length > 0 || trouble === undefined) return known;
    const state = isForbidden(trouble) ? "Forbidden" : "Failing";
    const message = `CRDs cannot be watched: ${trouble.message}`.slice(0, MESSAGE_MAX);
    return this.#deps.scope.kinds.map(({ kind, group }) => ({ kind, group, state, message }));
  }
}
