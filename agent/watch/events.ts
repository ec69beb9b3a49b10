// Watches the Warning events that are the only trace of some failures, one watch a telling kind and only while that kind
// is served. What goes wrong here costs the causes of some verdicts and nothing else: no kind is called Failing for it.
import { isForbidden } from "../../shared/kube/errors.ts";
import type { Kube, Resource } from "../../shared/kube/types.ts";
import { watch } from "../../shared/kube/watch.ts";
import type { KindName, KruiseKind } from "../../shared/kruise/kinds.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { WarningAbout } from "../warnings.ts";
import type { Served } from "./crds.ts";
import { readWarningEvent } from "./warning-event.ts";

const EVENTS: Resource = { group: "", version: "v1", plural: "events" };
const PAGE = 100;

/** What the API server leaves out for us; the group of the object cannot be selected. */
const SELECTORS: Partial<Record<KindName, string>> = {
  DaemonSet: "involvedObject.kind=DaemonSet,reason=FailedCreate,type=Warning",
  UnitedDeployment: "involvedObject.kind=UnitedDeployment,type=Warning",
};

export interface EventWatchesDeps {
  kube: Kube;
  log: Log;
  /** Asks whether an event is to be left out, by its namespace. */
  isIgnored: (raw: unknown) => boolean;
  onWarning: (about: WarningAbout) => void;
}

export class EventWatches {
  readonly #deps: EventWatchesDeps;
  readonly #signal: AbortSignal;
  readonly #watches = new Map<KindName, AbortController>();
  #toldForbidden = false;
  /** Ends with the first failure of a watch that is not the API server's. */
  readonly #end = Promise.withResolvers<void>();

  constructor(deps: EventWatchesDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Lasts until the signal aborts; rejects when a watch fails for good. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#end.resolve(), { once: true });
    await this.#end.promise;
  }

  /** Begins or ends the watch of a kind's events, as the cluster now serves the kind. */
  serve({ kind }: KruiseKind, { state }: Served): void {
    const fieldSelector = SELECTORS[kind];
    if (fieldSelector === undefined) return;
    const before = this.#watches.get(kind);
    if (state !== "Served") {
      before?.abort();
      this.#watches.delete(kind);
    } else if (before === undefined) {
      const stop = new AbortController();
      this.#watches.set(kind, stop);
      const signal = AbortSignal.any([this.#signal, stop.signal]);
      this.#follow(fieldSelector, signal).catch((cause: unknown) => this.#end.reject(cause));
    }
  }

  async #follow(fieldSelector: string, signal: AbortSignal): Promise<void> {
    const { kube, log, isIgnored, onWarning } = this.#deps;
    const decode = (raw: unknown): WarningAbout | undefined => (isIgnored(raw) ? undefined : readWarningEvent(raw));
    const options = { resource: EVENTS, fieldSelector, limit: PAGE, signal, log, decode };
    for await (const event of watch(kube, options)) {
      if (signal.aborted) return;
      if (event.type === "Trouble") this.#troubled(event.error);
      // That an event has expired says nothing of what it told.
      if ((event.type === "InitApply" || event.type === "Apply") && event.object !== undefined) onWarning(event.object);
    }
  }

  #troubled(error: Error): void {
    if (!isForbidden(error)) {
      this.#deps.log.debug({ err: error }, "events not watched");
      return;
    }
    if (!this.#toldForbidden) this.#deps.log.warn({ err: error }, "events may not be read: some causes stay unknown");
    this.#toldForbidden = true;
  }
}
