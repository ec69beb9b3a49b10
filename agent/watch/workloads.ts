// One watch a served Kruise kind. Objects are condensed as they arrive; nothing else of them is kept.
// While a kind is listed again its old verdicts stay; the end of the list drops what it did not name.
import { ApiError, isNotFound } from "../../shared/kube/errors.ts";
import { Turns } from "../../shared/kube/turns.ts";
import { watch } from "../../shared/kube/watch.ts";
import type { Kube, WatchEvent } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { KindState } from "../../shared/wire/report.ts";
import type { Workloads } from "../workloads.ts";
import type { ConversionFailure } from "./conversion.ts";
import type { Served } from "./crds.ts";
import { decodeObject } from "./decode.ts";
import type { Seen } from "./decode.ts";
import { TOLD_AFTER_MS, isUnreadable, kindStateOf, troubleOf } from "./kind-state.ts";
import type { KindFacts } from "./kind-state.ts";
import { LagMeter } from "./lag.ts";

/**
 * Of small objects a page has so many, of larger ones fewer: what is read of one page is to die young in the heap. An API
 * server compresses what is longer than 128 KiB, which costs it and us more than it saves.
 */
const PAGE = { limit: 100, pageBytes: 120 * 1024 };

export interface WorkloadWatchesDeps {
  kube: Kube;
  workloads: Workloads;
  clock: Clock;
  /** Wall-clock time that never runs backwards: what verdicts are aged with. */
  nowMs: () => number;
  log: Log;
  /** Asks whether an object is to be left out, by its namespace. */
  isIgnored: (raw: unknown) => boolean;
  /** The state of a kind has changed. */
  onState: (state: KindState) => void;
  onTrouble?: (kind: string) => void;
}

interface KindWatch extends KindFacts {
  meter: LagMeter;
  /** As it was told. */
  state: KindState;
  /** Keys that the list under way has named. */
  named: Set<string>;
  /** Monotonic time of the first failure since the watch was last seen to work. */
  failingSinceMs: number | undefined;
  stop: AbortController;
}

export class WorkloadWatches {
  readonly #deps: WorkloadWatchesDeps;
  readonly #signal: AbortSignal;
  readonly #watches = new Map<string, KindWatch>();
  readonly #turns = new Turns();
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
    // What was read through another version still stands until the new list is complete.
    const listed = served.state !== "Served" || (before?.listed === true && before.served.state === "Served");
    const facts = {
      kind,
      served,
      listed,
      listing: true,
      trouble: undefined,
      conversionFailure: undefined,
      lag: undefined,
    };
    const watched = {
      meter: new LagMeter(),
      named: new Set<string>(),
      failingSinceMs: undefined,
      stop: new AbortController(),
    };
    const current: KindWatch = { ...facts, ...watched, state: kindStateOf(facts) };
    this.#watches.set(kind.plural, current);
    // What is not there has no verdict, nor has what cannot be read any more: it would stay Healthy for ever.
    if (served.state === "NotInstalled" || served.state === "Unreadable") {
      this.#deps.workloads.retain(kind.plural, new Set());
    }
    this.#deps.log[served.state === "Served" ? "debug" : "info"]({ ...current.state }, "kind state changed");
    this.#deps.onState(current.state);
    this.#begin(current);
  }

  /** Takes in which kinds cannot be converted to a version: the watches themselves are not told. */
  conversionsFail(failures: readonly ConversionFailure[]): void {
    for (const current of this.#watches.values()) {
      const { kind, served, conversionFailure: before } = current;
      const failure = failures.find((it) => it.kind === kind.kind && isReadAs(served, it.version));
      current.conversionFailure = failure?.message;
      // What was changed in the meantime may have been told to nobody.
      if (before !== undefined && failure === undefined) this.#begin(current);
      this.#tell(current);
    }
  }

  /** States of the kinds that are known, in the order of all kinds: the same in every report. */
  states(): KindState[] {
    return KRUISE_KINDS.flatMap(({ plural }) => this.#watches.get(plural)?.state ?? []);
  }

  /** Whether every known kind has been listed once, or cannot be. */
  get listed(): boolean {
    return this.#watches.values().every(({ listed, state }) => listed || isUnreadable(state));
  }

  /** Lists and follows a kind from the beginning, if it is served. */
  #begin(current: KindWatch): void {
    current.stop.abort();
    current.stop = new AbortController();
    const { served, stop } = current;
    if (served.state !== "Served") return;
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    this.#follow(current, served.version, signal).catch((cause: unknown) => this.#end.reject(cause));
  }

  async #follow(current: KindWatch, version: string, signal: AbortSignal): Promise<void> {
    const { kube, log, isIgnored } = this.#deps;
    const { group, plural } = current.kind;
    const onAlive = (): void => this.#recovered(current);
    const decode = (raw: unknown): Seen | undefined => (isIgnored(raw) ? undefined : decodeObject(raw, log));
    const options = { ...PAGE, resource: { group, version, plural }, signal, log, decode, onAlive, turns: this.#turns };
    for await (const event of watch(kube, options)) {
      if (signal.aborted) return;
      this.#take(current, event);
    }
  }

  #take(current: KindWatch, event: WatchEvent<Seen | undefined>): void {
    const { workloads, nowMs } = this.#deps;
    const { plural } = current.kind;
    const object = "object" in event ? event.object : undefined;
    switch (event.type) {
      case "Init":
        current.named = new Set();
        current.listing = true;
        this.#tell(current);
        break;
      case "InitApply":
        if (object === undefined) break;
        current.named.add(object.key);
        workloads.apply(plural, object, nowMs());
        break;
      case "InitDone":
        workloads.retain(plural, current.named);
        Object.assign(current, { named: new Set(), listed: true, listing: false });
        this.#recovered(current);
        break;
      case "Apply":
        if (object === undefined) break;
        workloads.apply(plural, object, nowMs());
        this.#measure(current, object);
        break;
      case "Delete":
        if (object !== undefined) workloads.remove(object.key);
        break;
      case "Trouble":
        this.#troubled(current, event.error);
        break;
    }
  }

  #measure(current: KindWatch, { writtenMs }: Seen): void {
    current.meter.note(writtenMs, this.#deps.nowMs());
    if (current.lag === current.meter.message) return;
    current.lag = current.meter.message;
    this.#tell(current);
  }

  #recovered(current: KindWatch): void {
    if (current.failingSinceMs === undefined && current.state.state === "Watching") return;
    Object.assign(current, { failingSinceMs: undefined, trouble: undefined });
    this.#tell(current);
  }

  #troubled(current: KindWatch, error: Error): void {
    const { clock, log, onTrouble } = this.#deps;
    const { kind } = current.kind;
    onTrouble?.(kind);
    log.debug({ kind, err: error }, "watch failed");
    current.failingSinceMs ??= clock.monotonicMs();
    const trouble = troubleOf(error);
    const isYoung = clock.monotonicMs() - current.failingSinceMs < TOLD_AFTER_MS[trouble.state];
    if (isYoung && (current.listed || isPassing(error))) return;
    // Of the same trouble the first words stay: another port or address in them is no news.
    if (current.trouble?.state === trouble.state && current.trouble.reason === trouble.reason) return;
    current.trouble = trouble;
    this.#tell(current);
  }

  #tell(current: KindWatch): void {
    const { log, onState } = this.#deps;
    const state = kindStateOf(current);
    const before = current.state;
    if (JSON.stringify(before) === JSON.stringify(state)) return;
    current.state = state;
    const isNews = before.state !== state.state && !isRoutine(before, state);
    log[isNews ? "info" : "debug"]({ ...state }, "kind state changed");
    onState(state);
  }
}

/** What else a CRD says does not concern the watch that is open. */
function isSameRead(before: Served, now: Served): boolean {
  return before.state === "Served" && isReadAs(now, before.version);
}

function isReadAs(served: Served, version: string): boolean {
  return served.state === "Served" && served.version === version;
}

/** That a kind is listed again is told to the hub, and is no news for a log. */
function isRoutine(before: KindState, now: KindState): boolean {
  const isAgain = ({ state, message }: KindState): boolean => state === "Listing" && message !== undefined;
  return (isAgain(before) && now.state === "Watching") || (before.state === "Watching" && isAgain(now));
}

/** The CRD has just come or gone, as its own watch will tell; or the server asks for patience. */
function isPassing(error: Error): boolean {
  return isNotFound(error) || (error instanceof ApiError && error.status === 429);
}
