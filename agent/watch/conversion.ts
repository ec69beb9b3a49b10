// Whether kinds can be read whose versions OpenKruise converts by a webhook. An open watch of such a kind gets neither
// event nor error while the webhook is down, and a list may come from a cache: only a fresh list of one object proves it.
import { ApiError, isForbidden, isNotFound } from "../../shared/kube/errors.ts";
import { collectionPath } from "../../shared/kube/paths.ts";
import type { Kube } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KruiseKind } from "../../shared/kruise/kinds.ts";
import type { Clock } from "../../shared/runtime/clock.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { Alarm } from "../alarm.ts";
import type { Served, ServedKind } from "./crds.ts";

/** A kind is not asked for more often than this: each list is work for the API server and for OpenKruise. */
const EVERY_MS = 30_000;
/** A webhook that does not answer is given up by the API server after 30 s: its word is waited for. */
const TIMEOUT_MS = 40_000;
/** Verdicts do not wait longer than this for answers. */
const PATIENCE_MS = 5_000;
/** How the API server begins, whatever became of the call. */
const COMPLAINT = /conversion webhook/i;

export interface ConversionFailure {
  kind: string;
  /** The version that was asked for. */
  version: string;
  message: string;
}

export interface ConversionDeps {
  kube: Kube;
  clock: Clock;
  log: Log;
}

interface Probe {
  /** Monotonic; when it was begun. */
  startMs: number;
  /** Undefined once it is over. */
  running: Promise<void> | undefined;
  failure: ConversionFailure | undefined;
}

export class ConversionProbe {
  readonly #deps: ConversionDeps;
  readonly #probes = new Map<string, Probe>();

  constructor(deps: ConversionDeps) {
    this.#deps = deps;
  }

  /** Asks for the kinds whose turn it is, and tells the failures that are known; late answers count next time. */
  async check(crds: readonly ServedKind[], signal: AbortSignal): Promise<ConversionFailure[]> {
    for (const { kind, served } of crds) this.#turn(kind, versionsToProbe(served), signal);
    const running = [...this.#probes.values()].flatMap((probe) => probe.running ?? []);
    if (running.length > 0) await withinPatience(Promise.all(running), signal);
    return KRUISE_KINDS.flatMap(({ plural }) => this.#probes.get(plural)?.failure ?? []);
  }

  #turn(kind: KruiseKind, versions: readonly string[], signal: AbortSignal): void {
    if (versions.length === 0) {
      this.#probes.delete(kind.plural);
      return;
    }
    const nowMs = this.#deps.clock.monotonicMs();
    const before = this.#probes.get(kind.plural);
    if (before !== undefined && (before.running !== undefined || nowMs - before.startMs < EVERY_MS)) return;
    const probe: Probe = { startMs: nowMs, running: undefined, failure: before?.failure };
    this.#probes.set(kind.plural, probe);
    probe.running = this.#probe(kind, versions, signal)
      .then((failure) => {
        probe.failure = failure;
      })
      .catch((error: unknown) => {
        // No answer is no news: what the last one said stays.
        this.#deps.log.debug({ kind: kind.kind, err: error }, "conversion not checked");
      })
      .finally(() => {
        probe.running = undefined;
      });
  }

  async #probe(
    kind: KruiseKind,
    versions: readonly string[],
    signal: AbortSignal,
  ): Promise<ConversionFailure | undefined> {
    for (const version of versions) {
      const path = collectionPath({ group: kind.group, version, plural: kind.plural });
      try {
        await this.#deps.kube.request({ method: "GET", path, query: { limit: 1 }, signal, timeoutMs: TIMEOUT_MS });
      } catch (error) {
        const complaint = complaintOf(error);
        if (complaint !== undefined) {
          return { kind: kind.kind, version, message: `${kind.kind} cannot be read as ${version}: ${complaint}` };
        }
        if (!isForbidden(error) && !isNotFound(error)) throw error;
      }
    }
    return undefined;
  }
}

/** The version that is read and, if that one needs no conversion, another one that users may read. */
function versionsToProbe(served: Served): string[] {
  if (served.state !== "Served" || !served.converts) return [];
  return [served.version, ...(served.stored ? served.others.slice(0, 1) : [])];
}

/** What the API server says of a conversion webhook, without the request that it answers; undefined: nothing. */
export function complaintOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError) || isForbidden(error) || isNotFound(error)) return undefined;
  const start = error.message.search(COMPLAINT);
  // A connection's own port is another one each time, and each change of a message is a write to the hub.
  return start < 0 ? undefined : error.message.slice(start).replaceAll(/\S+->/g, "");
}

async function withinPatience(done: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const alarm = new Alarm();
  void done.then(() => alarm.ring());
  await alarm.wait(PATIENCE_MS, signal);
}
