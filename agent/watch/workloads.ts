// One watch a served Kruise kind. Objects are condensed as they arrive; nothing else of them is kept.
// While a kind is listed again its old verdicts stay; the end of the list drops what it did not name.
import { isForbidden } from "../../shared/kube/errors.ts";
import { watch } from "../../shared/kube/watch.ts";
import type { Kube, WatchEvent } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import { observe } from "../../shared/kruise/observe.ts";
import type { Observation } from "../../shared/kruise/observe.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { KindState } from "../../shared/wire/report.ts";
import type { Workloads } from "../workloads.ts";
import type { Served, ServedKind } from "./crds.ts";

/** Objects in one page: few enough that a page of large ones does not set the size of the heap. */
const PAGE = 100;
/** A kind that was listed once is called Failing only after this long: API servers are restarted as a matter of course. */
const FAILING_AFTER_MS = 30_000;
const MESSAGE_MAX = 160;

export interface WorkloadWatchesDeps {
  kube: Kube;
  workloads: Workloads;
  clock: Clock;
  /** Wall-clock time that never runs backwards: what verdicts are aged with. */
  nowMs: () => number;
  log: Log;
  /** The state of a kind has changed. */
  onState: (state: KindState) => void;
  onTrouble?: (kind: string) => void;
}

interface KindWatch {
  kind: KruiseKind;
  served: Served;
  state: KindState;
  listed: boolean;
  /** Keys that the list under way has named. */
  named: Set<string>;
  /** Monotonic time of the first failure since the watch last brought something. */
  failingSinceMs: number | undefined;
  stop: AbortController;
}

export class WorkloadWatches {
  readonly #deps: WorkloadWatchesDeps;
  readonly #signal: AbortSignal;
  readonly #watches = new Map<string, KindWatch>();
  /** Ends with the first failure of a watch that is not the API server's. */
  readonly #end = Promise.withResolvers<void>();

  constructor(deps: WorkloadWatchesDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Lasts until the signal aborts; rejects when a watch fails for good. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#end.resolve(), { once: true });
    await this.#end.promise;
  }

  /** Begins, changes or ends the watch of a kind, as the cluster now serves it. */
  serve(kind: KruiseKind, served: Served): void {
    const before = this.#watches.get(kind.plural);
    if (before !== undefined && isSameRead(before.served, served)) {
      before.served = served;
      return;
    }
    before?.stop.abort();
    const current: KindWatch = {
      kind,
      served,
      state: stateOf(kind, served),
      // What was read through another version still stands until the new list is complete.
      listed: served.state !== "Served" || (before?.listed === true && before.state.version !== undefined),
      named: new Set(),
      failingSinceMs: undefined,
      stop: new AbortController(),
    };
    this.#watches.set(kind.plural, current);
    if (served.state === "NotInstalled") this.#deps.workloads.retain(kind.plural, new Set());
    this.#deps.onState(current.state);
    if (served.state === "Served")
      this.#follow(current, served.version).catch((cause: unknown) => this.#end.reject(cause));
  }

  /** States of the kinds that are known, in the order of all kinds: the same in every report. */
  states(): KindState[] {
    return this.#inOrder().map(({ state }) => state);
  }

  /** How the cluster serves the kinds that are known. */
  served(): ServedKind[] {
    return this.#inOrder().map(({ kind, served }) => ({ kind, served }));
  }

  /** Whether every known kind has been listed once, or cannot be. */
  get listed(): boolean {
    return this.#watches.values().every(({ listed, state }) => listed || isUnreadable(state));
  }

  #inOrder(): KindWatch[] {
    return KRUISE_KINDS.flatMap(({ plural }) => this.#watches.get(plural) ?? []);
  }

  async #follow(current: KindWatch, version: string): Promise<void> {
    const { kube, log } = this.#deps;
    const { group, plural } = current.kind;
    const signal = AbortSignal.any([this.#signal, current.stop.signal]);
    const alive = (): void => this.#recovered(current);
    const options = { resource: { group, version, plural }, limit: PAGE, signal, log, decode: observe };
    for await (const event of watch(heard(kube, alive), options)) {
      if (signal.aborted) return;
      this.#take(current, event);
    }
  }

  #take(current: KindWatch, event: WatchEvent<Observation>): void {
    const { workloads, nowMs } = this.#deps;
    const { plural } = current.kind;
    switch (event.type) {
      case "Init":
        current.named = new Set();
        break;
      case "InitApply":
        current.named.add(event.object.key);
        workloads.apply(plural, event.object, nowMs());
        break;
      case "InitDone":
        workloads.retain(plural, current.named);
        current.named = new Set();
        current.listed = true;
        this.#recovered(current);
        break;
      case "Apply":
        workloads.apply(plural, event.object, nowMs());
        break;
      case "Delete":
        workloads.remove(event.object.key);
        break;
      case "Trouble":
        this.#troubled(current, event.error);
        break;
    }
  }

  #recovered(current: KindWatch): void {
    current.failingSinceMs = undefined;
    if (!current.listed || current.state.state === "Watching") return;
    const { group, kind } = current.kind;
    this.#enter(current, { kind, group, ...versionOf(current.state), state: "Watching" });
  }

  #troubled(current: KindWatch, error: Error): void {
    const { clock, log, onTrouble } = this.#deps;
    const { group, kind } = current.kind;
    onTrouble?.(kind);
    const nowMs = clock.monotonicMs();
    current.failingSinceMs ??= nowMs;
    log.debug({ kind, err: error }, "watch failed");
    const forbidden = isForbidden(error);
    if (current.listed && !forbidden && nowMs - current.failingSinceMs < FAILING_AFTER_MS) return;
    const state = forbidden ? "Forbidden" : "Failing";
    this.#enter(current, {
      kind,
      group,
      ...versionOf(current.state),
      state,
      message: error.message.slice(0, MESSAGE_MAX),
    });
  }

  #enter(current: KindWatch, state: KindState): void {
    if (JSON.stringify(current.state) === JSON.stringify(state)) return;
    const told = current.state.state === state.state;
    current.state = state;
    if (!told) this.#deps.log.info({ ...state }, "kind state changed");
    this.#deps.onState(state);
  }
}

/** What else a CRD says does not concern the watch that is open. */
function isSameRead(before: Served, now: Served): boolean {
  return before.state === "Served" && now.state === "Served" && before.version === now.version;
}

function stateOf({ kind, group }: KruiseKind, served: Served): KindState {
  switch (served.state) {
    case "Served":
      return { kind, group, version: served.version, state: "Listing" };
    case "NotInstalled":
      return { kind, group, state: "NotInstalled" };
    case "NotEstablished":
      return { kind, group, state: "Failing", message: "The CRD is not established" };
    case "Unreadable":
      return { kind, group, state: "Failing", message: served.message.slice(0, MESSAGE_MAX) };
  }
}

function isUnreadable({ state }: KindState): boolean {
  return state === "Forbidden" || state === "Failing";
}

function versionOf({ version }: KindState): { version?: string } {
  return version === undefined ? {} : { version };
}

/** The same connection, telling of every line that a watch brings: bookmarks too show that it works. */
function heard(kube: Kube, alive: () => void): Kube {
  return {
    request: (request) => kube.request(request),
    open: async function* (request) {
      for await (const line of kube.open(request)) {
        alive();
        yield line;
      }
    },
    close: () => kube.close(),
  };
}
