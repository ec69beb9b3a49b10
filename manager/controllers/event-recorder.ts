// Writes Kubernetes Events, one after another and apart from all other work. An Event is a courtesy: each is tried once,
// repeats are counted up on the one that is there, and an object that changes too often is told of less
// (event-correlator.ts).
import { randomBytes } from "node:crypto";
import { mergePatch } from "../../shared/kube/apply.ts";
import { isNotFound } from "../../shared/kube/errors.ts";
import { collectionPath } from "../../shared/kube/paths.ts";
import type { Kube, KubeObject, Resource } from "../../shared/kube/types.ts";
import { rfc3339Seconds } from "../../shared/runtime/clock.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { keepMessage } from "../../shared/kruise/kept-text.ts";
import { Correlator } from "./event-correlator.ts";
import type { Told } from "./event-correlator.ts";

const EVENTS: Resource = { group: "", version: "v1", plural: "events" };
const COMPONENT = "kruise-health-manager";
/** Events that wait to be written; more are dropped. */
const PENDING_MAX = 2000;
const MESSAGE_BYTES = 500;
const REASON_MAX = 128;
const TIMEOUT_MS = 10_000;
const SOURCES = ["conditions", "requests"] as const;

/** One thing to tell. */
export interface Telling {
  type: "Normal" | "Warning";
  /** One word in upper camel case. */
  reason: string;
  message: string;
  /** Tellings of an object with the same key are repeats, whatever their messages. */
  key: string;
  /** Each source has a budget of its own: who can make requests must not silence the conditions. */
  source: (typeof SOURCES)[number];
}

/** The object that an Event is about. */
export interface EventTarget extends KubeObject {
  metadata: KubeObject["metadata"] & { uid: string };
}

/** Where the Events of an object are: of a cluster-scoped one in "default", as kubectl looks for them there. */
function namespaceOf({ metadata }: EventTarget): string {
  return metadata.namespace ?? "default";
}

export interface EventRecorderDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
}

export class EventRecorder {
  readonly #deps: EventRecorderDeps;
  readonly #correlator: Correlator;
  readonly #pending: { target: EventTarget; telling: Telling }[] = [];
  #wake: (() => void) | undefined;
  #failing = false;

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
    this.#correlator = new Correlator(deps.clock);
  }

  /** Asks for an Event. Returns at once; what is too much is left out. */
  record(target: EventTarget, telling: Telling): void {
    const budget = budgetOf(target, telling.source);
    if (this.#pending.length >= PENDING_MAX || !this.#correlator.admit(budget)) return;
    this.#pending.push({ target, telling });
    this.#wake?.();
  }

  /** Lets go of what is remembered of an object that is gone. */
  forget(uid: string): void {
    for (const source of SOURCES) this.#correlator.forget(`${uid}/${source}`);
  }

  /** Writes what is asked for until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const next = this.#pending.shift();
      if (next) await this.#writeOnce(next, signal);
      else await this.#asked(signal);
      signal.throwIfAborted();
    }
  }

  async #asked(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#wake = wake;
    signal.addEventListener("abort", wake, { once: true });
    if (signal.aborted) wake();
    await promise;
    signal.removeEventListener("abort", wake);
    this.#wake = undefined;
  }

  async #writeOnce({ target, telling }: { target: EventTarget; telling: Telling }, signal: AbortSignal): Promise<void> {
    try {
      await this.#write(target, telling, signal);
      this.#failing = false;
    } catch (error) {
      if (signal.aborted) return;
      // Told once: without the right to write Events each of them fails.
      this.#deps.log[this.#failing ? "debug" : "warn"](
        { err: error, reason: telling.reason, namespace: namespaceOf(target) },
        "event not written",
      );
      this.#failing = true;
    }
  }

  async #write(target: EventTarget, telling: Telling, signal: AbortSignal): Promise<void> {
    const budget = budgetOf(target, telling.source);
    const nowMs = this.#deps.clock.wallMs();
    const repeated = this.#correlator.repeated(budget, telling.key);
    const counted = repeated && (await this.#countUp(target, { telling, repeated, nowMs }, signal));
    const told = counted ?? (await this.#create(renderEvent(target, telling, nowMs), nowMs, signal));
    this.#correlator.remember(budget, telling.key, told);
  }

  async #create(event: ReturnType<typeof renderEvent>, nowMs: number, signal: AbortSignal): Promise<Told> {
    const { name, namespace } = event.metadata;
    const path = collectionPath(EVENTS, namespace);
    await this.#deps.kube.request({ method: "POST", path, body: event, signal, timeoutMs: TIMEOUT_MS });
    return { name, count: 1, lastMs: nowMs };
  }

  /** Counts a repeat up; undefined when the Event is no longer there. */
  async #countUp(
    target: EventTarget,
    { telling, repeated, nowMs }: { telling: Telling; repeated: Told; nowMs: number },
    signal: AbortSignal,
  ): Promise<Told | undefined> {
    const { name } = repeated;
    const count = repeated.count + 1;
    const patch = { count, lastTimestamp: rfc3339Seconds(nowMs), message: shortened(telling.message) };
    try {
      await mergePatch(this.#deps.kube, EVENTS, { namespace: namespaceOf(target), name, signal }, patch);
      return { name, count, lastMs: nowMs };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function budgetOf({ metadata: { uid } }: EventTarget, source: Telling["source"]): string {
  return `${uid}/${source}`;
}

/** The Event as it is created. */
export function renderEvent(
  target: EventTarget,
  { type, reason, message }: Omit<Telling, "key" | "source">,
  nowMs: number,
) {
  const { apiVersion, kind, metadata } = target;
  const { name, namespace, uid, resourceVersion } = metadata;
  const now = rfc3339Seconds(nowMs);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace: namespaceOf(target) },
    involvedObject: {
      apiVersion,
      kind,
      ...(namespace && { namespace }),
      name,
      uid,
      ...(resourceVersion && { resourceVersion }),
    },
    type,
    reason: reason.slice(0, REASON_MAX),
    message: shortened(message),
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}

function shortened(message: string): string {
  return keepMessage(message, MESSAGE_BYTES);
}
