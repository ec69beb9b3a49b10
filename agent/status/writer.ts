// Writes the agent's conditions on its ManagedClusterAddOn, only when they change: the first change after quiet at once,
// then at most one write a second. Watches the object: what somebody else wrote over them is put right, but not before
// a report has been acknowledged since, because silence is what the manager marks there.
import { serverSideApply } from "../../shared/kube/apply.ts";
import { isConflict } from "../../shared/kube/errors.ts";
import { watch } from "../../shared/kube/watch.ts";
import type { Kube, Resource } from "../../shared/kube/types.ts";
import { buildBackoff } from "../../shared/runtime/backoff.ts";
import type { Backoff } from "../../shared/runtime/backoff.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ADDON_NAME } from "../../shared/wire/group.ts";
import { Alarm } from "../alarm.ts";
import { refusal } from "../report/refusal.ts";
import { AddonVersion, decodeAddon, says, stamped } from "./addon.ts";
import type { Observed } from "./addon.ts";
import type { ClusterCondition } from "../../shared/wire/cluster-conditions.ts";

const FIELD_MANAGER = "kruise-health-agent";
const WRITE_GAP_MS = 1_000;
const BACKOFF = { baseMs: 500, maxMs: 60_000 };
/** Between two rounds of watching in every version, when none can be had. */
const WATCH_BACKOFF = { baseMs: 1_000, maxMs: 60_000 };
/** The loop turns at least this often, so that it can be seen to live. */
const IDLE_MS = 30_000;

export interface WriterDeps {
  kube: Kube;
  cluster: string;
  clock: Clock;
  log: Log;
  /** The conditions as they should be now; undefined: not known yet. */
  plan: () => ClusterCondition[] | undefined;
  /** Somebody wrote over the conditions: only an acknowledged report can show that the agent is not silent. */
  onOverruled?: () => void;
  random?: () => number;
  onTurn?: () => void;
}

export class ConditionWriter {
  readonly #deps: WriterDeps;
  readonly #alarm = new Alarm();
  readonly #version = new AddonVersion();
  /** Undefined until the add-on has been seen, and while it does not exist. */
  #observed: Observed | undefined;
  /** What we wrote last, before that, and tried to write: an event of any is our own. Undefined: nothing yet. */
  #written: ClusterCondition[] | undefined;
  #writtenBefore: ClusterCondition[] | undefined;
  #attempted: ClusterCondition[] | undefined;
  /** Somebody else wrote over ours, and no report has been acknowledged since. */
  #overruled = false;
  #trouble = "";

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  /** The state that conditions are planned from may have changed. */
  wake(): void {
    this.#alarm.ring();
  }

  /** The manager has acknowledged a report: the agent is not silent. */
  acknowledged(): void {
    if (!this.#overruled) return;
    this.#overruled = false;
    this.#alarm.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#watchAddon(signal), this.#writeChanges(signal)]);
  }

  async #writeChanges(signal: AbortSignal): Promise<void> {
    const { clock, random, plan, onTurn } = this.#deps;
    const backoff = buildBackoff({ ...BACKOFF, ...(random && { random }) });
    let notBeforeMs = 0;
    while (!signal.aborted) {
      onTurn?.();
      const restMs = notBeforeMs - clock.monotonicMs();
      const wanted = restMs > 0 ? undefined : this.#due(plan());
      if (wanted === undefined) {
        await this.#alarm.wait(restMs > 0 ? Math.min(restMs, IDLE_MS) : IDLE_MS, signal);
        continue;
      }
      notBeforeMs = clock.monotonicMs() + WRITE_GAP_MS;
      const { resource } = this.#version;
      const error = await this.#write(wanted, resource, signal);
      if (error === undefined) backoff.reset();
      else if (!this.#version.moveOn(error, resource)) notBeforeMs += backoff.next(refusal(error).retryAfterMs);
    }
  }

  /** The conditions to write now, if any. */
  #due(wanted: ClusterCondition[] | undefined): ClusterCondition[] | undefined {
    if (wanted === undefined || this.#observed === undefined || this.#overruled) return undefined;
    if (!says(this.#observed, wanted)) return wanted;
    // What an agent before this one wrote counts as ours.
    this.#written ??= wanted;
    return undefined;
  }

  async #write(wanted: ClusterCondition[], resource: Resource, signal: AbortSignal): Promise<Error | undefined> {
    const { kube, cluster, clock, log } = this.#deps;
    const conditions = stamped(wanted, this.#observed ?? [], rfc3339Seconds(clock.wallMs()));
    const object = {
      apiVersion: `${resource.group}/${resource.version}`,
      kind: "ManagedClusterAddOn",
      metadata: { name: ADDON_NAME, namespace: cluster },
      status: { conditions },
    };
    // Force takes over just these three conditions from the manager, which sets them while the agent is silent.
    const options = { fieldManager: FIELD_MANAGER, force: true, subresource: "status", signal };
    this.#attempted = wanted;
    try {
      await serverSideApply(kube, resource, object, options);
      this.#version.worked(resource);
      this.#writtenBefore = this.#written;
      this.#written = wanted;
      // The watch tells the same a little later; until then this is what the hub says.
      this.#observed = conditions;
      if (this.#trouble !== "") log.info("conditions are written again");
      this.#trouble = "";
      return undefined;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      // Somebody else wrote to the same object at the same moment: nothing is wrong, the next attempt goes through.
      if (signal.aborted || isConflict(error)) return error;
      const { name } = refusal(error);
      if (this.#trouble !== name) log.warn({ err: error }, "conditions not written");
      this.#trouble = name;
      return error;
    }
  }

  async #watchAddon(signal: AbortSignal): Promise<void> {
    const { random } = this.#deps;
    const backoff = buildBackoff({ ...WATCH_BACKOFF, ...(random && { random }) });
    const pause = new Alarm();
    while (!signal.aborted) {
      const again = await this.#watchIn(this.#version.resource, backoff, signal);
      if (!again) await pause.wait(backoff.next(), signal);
    }
  }

  /** Watches in one version until it cannot be had. Answers whether to go on at once in the one spoken then. */
  async #watchIn(resource: Resource, backoff: Backoff, stop: AbortSignal): Promise<boolean> {
    const { kube, cluster, log } = this.#deps;
    const turn = new AbortController();
    const signal = AbortSignal.any([stop, turn.signal]);
    const fieldSelector = `metadata.name=${ADDON_NAME}`;
    const options = { resource, namespace: cluster, fieldSelector, signal, log, decode: decodeAddon };
    let listed: Observed | undefined;
    try {
      for await (const event of watch(kube, options)) {
        const again = event.type === "Trouble" && this.#version.moveOn(event.error, resource);
        if (this.#version.resource.version !== resource.version) return again;
        if (event.type === "Init") listed = undefined;
        else if (event.type === "InitApply") listed = event.object;
        else if (event.type === "Apply") this.#see(event.object);
        else if (event.type === "Delete") this.#see(undefined);
        else if (event.type === "InitDone") {
          this.#version.worked(resource);
          backoff.reset();
          this.#see(listed);
        }
      }
      return true;
    } finally {
      turn.abort();
    }
  }

  #see(observed: Observed | undefined): void {
    this.#observed = observed;
    if (this.#overruled === this.#isForeign(observed)) return this.#alarm.ring();
    this.#overruled = !this.#overruled;
    if (this.#overruled) this.#deps.onOverruled?.();
    this.#alarm.ring();
  }

  /** Whether somebody else has written over what we wrote. */
  #isForeign(observed: Observed | undefined): boolean {
    if (observed === undefined || observed.length === 0) return false;
    const ours = [this.#written, this.#writtenBefore, this.#attempted].filter((conditions) => conditions !== undefined);
    return ours.length > 0 && !ours.some((conditions) => says(observed, conditions));
  }
}
