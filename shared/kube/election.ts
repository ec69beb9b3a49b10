// Leader election over a Lease, with client-go's algorithm (tools/leaderelection): whether a holder's lease has run out
// is judged by the time since we saw it change, on our own monotonic clock, never by comparing its dates with ours.
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { sleep } from "../runtime/sleep.ts";
import { isAlreadyExists, isConflict, isNotFound } from "./errors.ts";
import { LEASES, createLease, microTime, readLease } from "./lease.ts";
import type { Lease } from "./lease.ts";
import { objectPath } from "./paths.ts";
import type { Kube, OwnerReference } from "./types.ts";

export interface ElectionOptions {
  kube: Kube;
  namespace: string;
  name: string;
  /** Unique among the candidates. */
  identity: string;
  clock: Clock;
  log: Log;
  /** How long others wait for a silent leader; 15 s. */
  leaseDurationMs?: number;
  /** How long a leader tries to renew before it gives up; 10 s. */
  renewDeadlineMs?: number;
  /** Between two looks at the Lease; 2 s. */
  retryMs?: number;
  random?: () => number;
  /** Written on the Lease while we lead, for the other candidates to read. Asked at each renewal. */
  annotations?: () => Record<string, string>;
  /** Looks up who is to own the Lease. Asked by the leader while nobody owns it; a failure keeps nobody from leading. */
  findOwner?: (signal: AbortSignal) => Promise<OwnerReference | undefined>;
  /** The work of a leader. Its signal aborts when the lead is lost or `signal` aborts. */
  lead: (signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  /** Called when another identity holds the Lease, "" when nobody does, and when the annotations have changed. */
  onLeader?: (identity: string, annotations: Readonly<Record<string, string>>) => void;
}

const RELEASE_TIMEOUT_MS = 5000;
/** Share of the time between two looks that is random. */
const JITTER = 0.5;

/** The lead was lost while leading: somebody else may work already, so the process should end. */
class LeadershipLost extends Error {
  override readonly name = "LeadershipLost";
}

/**
 * Waits to become leader, then runs `lead`, renewing the Lease. On stop, or when `lead` ends, gives the Lease back.
 * @throws LeadershipLost when the Lease could not be renewed in time; whatever `lead` throws
 */
export async function electLeader(options: ElectionOptions): Promise<void> {
  const { signal, log, identity, lead } = options;
  const candidate = new Candidate(options);
  await candidate.acquire(signal);
  log.info({ lease: options.name, identity }, "became leader");
  const term = new AbortController();
  const stop = AbortSignal.any([signal, term.signal]);
  const work = lead(stop);
  const renewal = candidate.keepRenewing(stop);
  const ended = Promise.allSettled([work, renewal]);
  try {
    await Promise.race([work, renewal]);
  } catch (error) {
    // The work is told to stop, but not waited for: the process should end before the Lease runs out.
    if (error instanceof LeadershipLost) throw error;
  } finally {
    term.abort();
  }
  // No other leader before our own work has stopped.
  await ended;
  await candidate.release();
  await work;
}

class Candidate {
  readonly #options: ElectionOptions;
  readonly #annotations: () => Record<string, string>;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  /** The Lease as last seen, and when it last changed before our eyes. */
  #seen: Lease | undefined;
  #seenMs = 0;
  #renewedMs = 0;
  /** Written with the next renewal, when the Lease has none. */
  #owned: { ownerReferences?: OwnerReference[] } = {};
  #ownerTrouble = "";

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#annotations = options.annotations ?? (() => ({}));
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 2000;
  }

  /** Tries until the Lease is ours. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { random = Math.random } = this.#options;
    while (!(await this.#attempt(signal))) await sleep(this.#pauseMs(random()), signal);
  }

  /** Until the next look: shorter when the Lease runs out before. Two that look then are kept apart by its version. */
  #pauseMs(random: number): number {
    const leftMs = this.#heldByOther() ? this.#runsOutMs() - this.#options.clock.monotonicMs() : Infinity;
    return Math.min(leftMs, this.#retryMs * (1 + JITTER * random));
  }

  /** Renews until the signal aborts. */
  async keepRenewing(signal: AbortSignal): Promise<never> {
    const { clock } = this.#options;
    const leftMs = () => this.#renewedMs + this.#renewDeadlineMs - clock.monotonicMs();
    for (;;) {
      await this.#lookForOwner(signal);
      await sleep(Math.max(0, Math.min(this.#retryMs, leftMs())), signal);
      // Looked at first: a process that was frozen must not touch a Lease that may be another's by now.
      if (leftMs() <= 0 || (!(await this.#attempt(signal, leftMs())) && this.#heldByOther())) {
        throw new LeadershipLost(
          `Lost the lead of ${this.#options.name}: ${this.#holder() || "nobody"} holds the Lease`,
        );
      }
    }
  }

  /** Asks for the owner of a Lease that has none. In less time than a renewal may wait; tried again after the next one. */
  async #lookForOwner(signal: AbortSignal): Promise<void> {
    const { findOwner, log, name } = this.#options;
    this.#owned = {};
    if (findOwner === undefined || (this.#seen?.metadata.ownerReferences?.length ?? 0) > 0) return;
    try {
      const owner = await withDeadline(this.#retryMs, signal, findOwner);
      if (owner) this.#owned = { ownerReferences: [owner] };
    } catch (error) {
      signal.throwIfAborted();
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.#ownerTrouble)
        log.warn({ err: error, lease: name }, "cannot look up the owner of the Lease");
      this.#ownerTrouble = trouble;
    }
  }

  /** Gives the Lease back, so that another candidate need not wait for it to run out. */
  async release(): Promise<void> {
    const { identity, clock, log } = this.#options;
    const lease = this.#seen;
    if (lease?.spec?.holderIdentity !== identity) return;
    const now = microTime(clock.wallMs());
    const { leaseTransitions = 0 } = lease.spec;
    const spec = { holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions, acquireTime: now, renewTime: now };
    try {
      await withDeadline(RELEASE_TIMEOUT_MS, undefined, (limit) => this.#put({ ...lease, spec }, limit));
      log.info({ lease: this.#options.name, identity }, "released the lead");
    } catch (error) {
      log.warn({ err: error, lease: this.#options.name }, "cannot release the lead");
    }
  }

  /** Takes or renews the Lease once; false when it is another's or the server fails. */
  async #attempt(signal: AbortSignal, leftMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    // Half of the deadline at most, so that one request that hangs leaves time for another.
    const timeoutMs = Math.min(leftMs, this.#renewDeadlineMs / 2);
    try {
      return await withDeadline(timeoutMs, signal, (limit) => this.#takeOrRenew(limit));
    } catch (error) {
      signal.throwIfAborted();
      const raced = isConflict(error) || isAlreadyExists(error);
      this.#options.log[raced ? "debug" : "warn"]({ err: error, lease: this.#options.name }, "lease attempt failed");
      return false;
    }
  }

  async #takeOrRenew(signal: AbortSignal, isAsSeen = this.#holder() === this.#options.identity): Promise<boolean> {
    // A Lease of ours is as we left it, until its version says otherwise: not reading it halves the requests.
    const lease = isAsSeen ? this.#seen : await readLease(this.#options.kube, this.#options, signal);
    if (lease !== undefined) this.#observe(lease);
    if (this.#heldByOther()) return false;
    const startMs = this.#options.clock.monotonicMs();
    try {
      this.#observe(await this.#write(lease, signal));
    } catch (error) {
      if (!isAsSeen || !(isConflict(error) || isNotFound(error))) throw error;
      return this.#takeOrRenew(signal, false);
    }
    this.#renewedMs = startMs;
    return true;
  }

  #write(lease: Lease | undefined, signal: AbortSignal): Promise<Lease> {
    const { kube, namespace, name, identity, clock } = this.#options;
    const annotations = this.#annotations();
    const now = microTime(clock.wallMs());
    const mine = lease?.spec?.holderIdentity === identity;
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: mine ? (lease.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: lease === undefined ? 0 : (lease.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1),
    };
    if (lease === undefined) {
      const metadata = { namespace, name, annotations };
      return createLease(kube, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec }, signal);
    }
    const { metadata: before } = lease;
    const metadata = { ...before, ...this.#owned, annotations: { ...before.annotations, ...annotations } };
    return this.#put({ ...lease, metadata, spec }, signal);
  }

  /** Replaces the Lease. Its resourceVersion makes this fail when anyone else has written since. */
  #put(lease: Lease, signal: AbortSignal): Promise<Lease> {
    const { kube, namespace, name } = this.#options;
    return kube.request<Lease>({ method: "PUT", path: objectPath(LEASES, { namespace, name }), body: lease, signal });
  }

  #observe(lease: Lease): void {
    const before = this.#seen;
    this.#seen = lease;
    if (before?.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#seenMs = this.#options.clock.monotonicMs();
    const holder = this.#holder();
    const told = [before?.spec?.holderIdentity ?? "", before?.metadata.annotations ?? {}];
    const annotations = lease.metadata.annotations ?? {};
    if (before === undefined || !isDeepStrictEqual(told, [holder, annotations])) {
      this.#options.onLeader?.(holder, annotations);
    }
  }

  #holder(): string {
    return this.#seen?.spec?.holderIdentity ?? "";
  }

  /** Whether another holds the Lease and it has not run out. */
  #heldByOther(): boolean {
    const holder = this.#holder();
    if (holder === "" || holder === this.#options.identity) return false;
    return this.#runsOutMs() > this.#options.clock.monotonicMs();
  }

  /** When the Lease runs out if it is not renewed before our eyes. */
  #runsOutMs(): number {
    return this.#seenMs + ((this.#seen?.spec?.leaseDurationSeconds ?? 0) * 1000 || this.#leaseDurationMs);
  }
}
