// Follows one object of a managed cluster with the product's own watch and judges every event of it, and every moment
// at which time alone changes the verdict. Keeps the transcript.
import { isDeepStrictEqual } from "node:util";
import { readWarningEvent } from "../../../agent/watch/warning-event.ts";
import { watch } from "../../../shared/kube/watch.ts";
import type { Kube, KubeObject, Resource } from "../../../shared/kube/types.ts";
import type { CapturedMoment } from "../../fixtures/captured.ts";
import { Judge } from "../../support/judge.ts";
import type { Judged } from "../../support/judge.ts";

export interface RawObject extends KubeObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** One line of the transcript. */
export interface Moment {
  /** "Health/Reason", or DELETED. */
  verdict: string;
  message: string;
  notes: readonly string[];
  /** Condensed counters, for a reader of the transcript. */
  counts: string;
  /** Of the event that gave it; absent when it was time or a Warning. */
  resourceVersion?: string;
}

/** Kinds of which some failures are told by Warning events alone. */
const TOLD_BY_EVENTS = ["DaemonSet", "UnitedDeployment"];
/** Annotations that a reader reads. */
const READ_ANNOTATIONS = ["rollouts.kruise.io/in-progressing", "daemonset.kruise.io/progressive-create-pod"];

export interface Followed {
  kube: Kube;
  resource: Resource;
  kind: string;
  namespace: string;
  /** Empty for cluster-scoped kinds. */
  name: string;
  clusterScoped: boolean;
}

export class Follower {
  readonly moments: Moment[] = [];
  readonly captured: CapturedMoment[] = [];
  readonly startedMs = Date.now();
  object: RawObject | undefined;
  failure: unknown;
  readonly #judge = new Judge();
  readonly #stop = new AbortController();
  readonly #followed: Followed;
  #timer: NodeJS.Timeout | undefined;
  #patience: number | null | undefined;
  #kept: Pick<CapturedMoment, "metadata" | "spec" | "status"> = {};
  #wake: (() => void)[] = [];

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Starts to follow; resolves when no event can be missed any more. */
  async start(): Promise<void> {
    const { kube, resource, name, namespace, clusterScoped, kind } = this.#followed;
    const { signal } = this.#stop;
    const decode = (raw: unknown) => raw as RawObject;
    const scope = clusterScoped ? {} : { namespace };
    const fieldSelector = `metadata.name=${name}`;
    await this.#read(
      watch(kube, { resource, ...scope, fieldSelector, signal, decode }),
      (object) => this.#see(object),
      () => this.#add({ verdict: "DELETED", message: "", notes: [], counts: "" }),
    );
    if (!TOLD_BY_EVENTS.includes(kind)) return;
    const events = { group: "", version: "v1", plural: "events" };
    const warnings = `involvedObject.kind=${kind},involvedObject.name=${name},type=Warning`;
    await this.#read(
      watch(kube, { resource: events, namespace, fieldSelector: warnings, signal, decode: (raw) => raw }),
      (event) => this.#warn(event),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  /** Makes every limit of stage two this short, from now on. */
  setPatience(seconds: number | undefined): void {
    this.#judge.setPatience(seconds);
    this.#patience = seconds ?? null;
  }

  /** Waits until the transcript meets a condition. The error at the limit has the transcript in it. */
  async until(what: string, isMet: () => boolean, limitMs = 60_000): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (!isMet()) {
      if (this.failure !== undefined) throw new Error(`The watch failed`, { cause: this.failure });
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw new Error(`Waited ${limitMs / 1000} s for ${what}.\n${this.text()}`);
      await this.#changed(leftMs);
    }
  }

  /** Waits until a version of the object has been seen, and says which moment it was. */
  async indexOf(resourceVersion: string): Promise<number> {
    const find = (): number => this.moments.findIndex((moment) => moment.resourceVersion === resourceVersion);
    await this.until(`version ${resourceVersion} to be seen`, () => find() >= 0);
    return find();
  }

  /** The transcript, one line a moment. */
  text(fromIndex = 0): string {
    return this.moments
      .slice(fromIndex)
      .map(({ verdict, counts, message, notes }) => `  ${[verdict, ...notes].join(" ")}  ${counts}  ${message}`)
      .join("\n");
  }

  async #changed(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake.push(resolve);
    const timer = setTimeout(resolve, limitMs);
    await promise;
    clearTimeout(timer);
  }

  async #read<T>(
    events: AsyncGenerator<{ type: string; object?: T; error?: Error }>,
    onApply: (object: T) => void,
    onDelete?: () => void,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const reading = async (): Promise<void> => {
      for await (const { type, object, error } of events) {
        if (type === "InitDone") resolve();
        if (type === "Trouble") throw error ?? new Error("The watch is in trouble");
        if (object === undefined) continue;
        if (type === "Delete") onDelete?.();
        else onApply(object);
      }
    };
    reading().catch((cause: unknown) => {
      this.failure = cause;
      reject(cause);
      this.#notify();
    });
    await promise;
  }

  #see(object: RawObject): void {
    const nowMs = Date.now();
    this.object = object;
    const kept = keptParts(object);
    const parts = Object.entries(kept).filter(
      ([part, value]) => !isDeepStrictEqual(value, this.#kept[part as keyof typeof kept]),
    );
    this.#kept = kept;
    this.#take(this.#judge.see(object, nowMs), { atMs: nowMs - this.startedMs, ...Object.fromEntries(parts) }, object);
  }

  #warn(event: unknown): void {
    const nowMs = Date.now();
    const warning = readWarningEvent(event)?.warning;
    if (warning === undefined) return;
    this.#take(this.#judge.warn(warning, nowMs), { atMs: nowMs - this.startedMs, warning });
  }

  #take(judged: Judged | undefined, captured: Omit<CapturedMoment, "expect">, object?: RawObject): void {
    if (judged === undefined) return;
    const { verdict, record, dueAtMs } = judged;
    this.captured.push({
      ...captured,
      ...(this.#patience !== undefined && { patience: this.#patience }),
      expect: verdict,
      ...(record.notes && record.notes.length > 0 && { notes: record.notes }),
    });
    this.#patience = undefined;
    clearTimeout(this.#timer);
    if (dueAtMs !== undefined)
      this.#timer = setTimeout(() => this.#look(), Math.min(dueAtMs - Date.now() + 1, 2 ** 31 - 1));
    const { resourceVersion } = object?.metadata ?? {};
    const counts = JSON.stringify({ gen: record.gen, obs: record.obs, ...record.c, ...record.ro });
    const { m: message, notes = [] } = record;
    this.#add({ verdict, message, notes, counts, ...(resourceVersion !== undefined && { resourceVersion }) });
  }

  #look(): void {
    const nowMs = Date.now();
    this.#take(this.#judge.look(nowMs), { atMs: nowMs - this.startedMs });
  }

  #add(moment: Moment): void {
    this.moments.push(moment);
    this.#notify();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** What is kept of an object in a captured transcript: no owner, no label, no manager, no whole uid. */
function keptParts({
  metadata,
  spec,
  status,
}: RawObject): Required<Pick<CapturedMoment, "metadata" | "spec" | "status">> {
  const { name, namespace, uid, generation, deletionTimestamp, annotations = {} } = metadata;
  const read = Object.fromEntries(Object.entries(annotations).filter(([key]) => READ_ANNOTATIONS.includes(key)));
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid: uid.slice(0, 8) }),
      ...(generation !== undefined && { generation }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(Object.keys(read).length > 0 && { annotations: read }),
    },
    spec: spec ?? null,
    status: status ?? null,
  };
}
