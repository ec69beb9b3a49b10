// The watches of kinds over a scripted connection, for tests: what is listed, what is pushed, what is told.
import { pino } from "pino";
import { vi } from "vitest";
import { WorkloadWatches } from "../../agent/watch/workloads.ts";
import { Workloads } from "../../agent/workloads.ts";
import { DEFAULT_THRESHOLDS } from "../../shared/health/thresholds.ts";
import type { KubeRequest } from "../../shared/kube/types.ts";
import { KRUISE_KINDS } from "../../shared/kruise/kinds.ts";
import type { KindState } from "../../shared/wire/report.ts";
import { ScriptedKube, listOf } from "./scripted-kube.ts";

export const PATH = "/apis/apps.kruise.io/v1alpha1/clonesets";
export const CLONE_SET = KRUISE_KINDS[0] as (typeof KRUISE_KINDS)[number];

/** A CloneSet without a status. */
export function object(name: string, resourceVersion = "2"): unknown {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name, namespace: "shop", uid: name, resourceVersion, generation: 1 },
  };
}

export class KindScene {
  items: unknown[] = [object("a"), object("b")];
  error: Error | undefined;
  /** What a list is answered with instead of the items, as long as it gives something. */
  answer: (request: KubeRequest) => unknown = () => undefined;
  /** What is left out by its namespace. */
  isIgnored: (raw: unknown) => boolean = () => false;
  readonly told: KindState[] = [];
  readonly stop = new AbortController();
  readonly kube = new ScriptedKube((request) => {
    if (this.error !== undefined) throw this.error;
    return this.answer(request) ?? listOf(this.items);
  });
  readonly workloads = new Workloads({ thresholds: DEFAULT_THRESHOLDS, onChange: () => undefined });
  readonly watches = new WorkloadWatches(
    {
      kube: this.kube,
      workloads: this.workloads,
      clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
      nowMs: () => Date.now(),
      log: pino({ level: "silent" }),
      isIgnored: (raw) => this.isIgnored(raw),
      onState: (state) => void this.told.push(state),
    },
    this.stop.signal,
  );

  get keys(): string[] {
    return [...this.workloads.candidates.records.keys()];
  }

  get states(): string[] {
    return this.told.map(({ state }) => state);
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }
}
