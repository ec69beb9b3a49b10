// Looks for the causes of what stays not healthy: a few pods and events of one workload, now and then.
// What goes wrong here costs causes and nothing else: no verdict, no condition and no kind depends on it.
import type { CountedCause } from "../../shared/health/causes.ts";
import { ApiError, isForbidden, isTransient } from "../../shared/kube/errors.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { recordKey } from "../../shared/kruise/kinds.ts";
import type { WorkloadRecord } from "../../shared/kruise/record.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { Alarm } from "../alarm.ts";
import { Agenda } from "./agenda.ts";
import { groupCauses } from "./cause.ts";
import type { Cause } from "./cause.ts";
import { findBudget, findPods, findWarnings } from "./searches.ts";
import type { Search } from "./searches.ts";
import { budgetOf, causesOfPods } from "./sight.ts";
import type { PodSight } from "./sight.ts";

/** Nobody writes events about these. */
const WITHOUT_EVENTS = ["ResourceDistribution", "WorkloadSpread"];
/** Reasons of workloads that wait until old pods may go: those a budget can hold up. */
const UPDATING = ["Updating", "UpdateStalled", "ProgressDeadlineExceeded"];
/** Rest after an answer that says that the API server is not well. */
const REST_MS = 10_000;
const IDLE_MS = 60_000;

/** A workload as the looker needs it. */
export interface LookedAt {
  record: WorkloadRecord;
  podSelector: string | undefined;
}

export interface LookerDeps {
  /** Connection to the managed cluster. */
  kube: Kube;
  log: Log;
  nowMs: () => number;
  workload: (key: string) => LookedAt | undefined;
  onCauses: (key: string, uid: string, causes: readonly CountedCause[]) => void;
  /** Called after each look: whether there was an answer. */
  onLook?: (result: "Done" | "Failed") => void;
  /** Called on each turn of the loop: it lives. */
  onTurn?: () => void;
}

export class Looker {
  readonly #deps: LookerDeps;
  readonly #agenda = new Agenda();
  readonly #alarm = new Alarm();
  /** What may not be read is asked for once. */
  readonly #forbidden = new Set<"pods" | "events">();

  constructor(deps: LookerDeps) {
    this.#deps = deps;
  }

  /** Takes in that a workload has changed, come or gone. */
  note(key: string): void {
    const { workload, nowMs } = this.#deps;
    if (this.#agenda.note(key, workload(key)?.record, nowMs())) this.#alarm.ring();
  }

  /** Looks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { nowMs, onTurn } = this.#deps;
    while (!signal.aborted) {
      onTurn?.();
      const key = this.#agenda.take(nowMs());
      if (key === undefined) await this.#alarm.wait(Math.min(this.#agenda.waitMs(nowMs()), IDLE_MS), signal);
      else await this.#look(key, signal);
    }
  }

  async #look(key: string, signal: AbortSignal): Promise<void> {
    const { kube, log, nowMs, workload, onCauses, onLook } = this.#deps;
    const subject = workload(key);
    if (subject === undefined) return;
    const search = { kube, nowMs: nowMs(), signal };
    try {
      onCauses(key, subject.record.u, await this.#causes(search, subject));
      onLook?.("Done");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      onLook?.("Failed");
      log.debug({ key, err: error }, "cannot look for causes");
      if (isTransient(error)) this.#agenda.pause(Math.max(REST_MS, error.retryAfterMs ?? 0), nowMs());
    }
  }

  async #causes(search: Search, { record, podSelector }: LookedAt): Promise<CountedCause[]> {
    const { k: kind, ns: namespace, n: name, u: uid } = record;
    const pods = podSelector === undefined ? [] : await this.#pods(search, record, podSelector);
    const own = WITHOUT_EVENTS.includes(kind) ? [] : await this.#warnings(search, { kind, namespace, name, uid });
    const ofPods = [...causesOfPods(pods), ...(await this.#creating(search, pods, namespace))];
    const ofBudget = ofPods.length > 0 ? [] : await this.#budget(search, record, budgetOf(pods));
    return groupCauses([...own, ...ofBudget], ofPods);
  }

  async #pods(search: Search, record: WorkloadRecord, selector: string): Promise<PodSight[]> {
    return this.#allowed("pods", async () => findPods(search, record, selector));
  }

  async #warnings(search: Search, about: Parameters<typeof findWarnings>[1]): Promise<Cause[]> {
    return this.#allowed("events", async () => findWarnings(search, about));
  }

  /** Asks the events of one pod whose containers are not created and which does not say why. */
  async #creating(search: Search, pods: readonly PodSight[], namespace: string): Promise<Cause[]> {
    const stuck = pods.find((pod) => pod.stuckCreating && pod.cause === undefined);
    if (stuck === undefined) return [];
    const found = await this.#warnings(search, { kind: "Pod", namespace, name: stuck.name, uid: stuck.uid });
    return found.slice(0, 1);
  }

  async #budget(search: Search, { r: reason, ns }: WorkloadRecord, name: string | undefined): Promise<Cause[]> {
    if (name === undefined || !UPDATING.includes(reason)) return [];
    const budget = this.#deps.workload(recordKey("PodUnavailableBudget", ns, name));
    return budget === undefined ? [] : findBudget(search, budget.record);
  }

  async #allowed<T>(what: "pods" | "events", list: () => Promise<T[]>): Promise<T[]> {
    if (this.#forbidden.has(what)) return [];
    try {
      return await list();
    } catch (error) {
      if (!isForbidden(error)) throw error;
      this.#forbidden.add(what);
      this.#deps.log.warn({ err: error }, `${what} may not be listed: causes that only they show stay unknown`);
      return [];
    }
  }
}
