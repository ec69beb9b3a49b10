// A managed cluster that is nothing but reports, posted by the test in its agent's name: rows by the thousand, and changes
// at the test's pace. It goes on reporting, through restarts of the manager, until it leaves.
import { setTimeout as timeout } from "node:timers/promises";
import { aReport } from "../../../manager/fleet/report.fixture.ts";
import type { Kube } from "../../../shared/kube/types.ts";
import { recordKey } from "../../../shared/kruise/kinds.ts";
import type { WorkloadRecord } from "../../../shared/kruise/record.ts";
import { reportPath } from "../../../shared/wire/group.ts";
import type { ReportAnswer } from "../../../shared/wire/report.ts";
import { met, until } from "../harness/polling.ts";
import { ADDON, addonPath, untilGone } from "./addon.ts";
import { createNamespace, deleteNamespace } from "./workloads.ts";

/** Well within the time after which the suites' manager calls a cluster silent. */
const HEARTBEAT_MS = 1500;

export class PostedCluster {
  readonly name: string;
  readonly #hub: Kube;
  readonly #records = new Map<string, WorkloadRecord>();
  readonly #stop = new AbortController();
  #sequence = 0;
  /** What the manager holds is known to be what it was told. */
  #held = false;
  #posting: Promise<void> = Promise.resolve();
  #beating: Promise<void> | undefined;

  constructor(hub: Kube, name: string) {
    this.#hub = hub;
    this.name = name;
  }

  /** Names of its rows on the hub, sorted. */
  get rows(): string[] {
    return [...this.#records.keys()].toSorted();
  }

  /** Makes the hub expect its reports. */
  async join(): Promise<void> {
    await createNamespace(this.#hub, this.name);
    await this.#hub.request({
      method: "POST",
      path: addonPath(this.name).replace(/\/[^/]+$/, ""),
      body: {
        apiVersion: "addon.open-cluster-management.io/v1alpha1",
        kind: "ManagedClusterAddOn",
        metadata: { name: ADDON },
        spec: {},
      },
    });
  }

  /** Reports these workloads, and no other ones, and goes on reporting. */
  async report(records: readonly WorkloadRecord[]): Promise<void> {
    this.#records.clear();
    for (const record of records) this.#records.set(keyOf(record), record);
    this.#held = false;
    await until(`${this.name} to be heard`, async () => met(await this.#post([], [])), { limitMs: 30_000 });
    this.#beating ??= this.#beat();
  }

  /** Reports what has changed and what is gone. */
  async change(changed: readonly WorkloadRecord[], gone: readonly WorkloadRecord[] = []): Promise<void> {
    for (const record of changed) this.#records.set(keyOf(record), record);
    for (const record of gone) this.#records.delete(keyOf(record));
    await this.#post(changed, gone.map(keyOf));
  }

  async leave(): Promise<void> {
    this.#stop.abort();
    await this.#beating;
    await this.#hub.request({ method: "DELETE", path: addonPath(this.name) });
    await untilGone(this.#hub, addonPath(this.name));
    await deleteNamespace(this.#hub, this.name);
  }

  async #beat(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await timeout(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined);
      // While the manager is away, the next beat brings a snapshot.
      if (!signal.aborted) await this.#post([], []).catch(() => undefined);
    }
  }

  /** One report at a time, as agents do. */
  async #post(changed: readonly WorkloadRecord[], removed: readonly string[]): Promise<void> {
    const mine = this.#posting.catch(() => undefined).then(() => this.#send(changed, removed));
    this.#posting = mine;
    await mine;
  }

  async #send(changed: readonly WorkloadRecord[], removed: readonly string[]): Promise<void> {
    const all = [...this.#records.values()];
    const isDelta = this.#held;
    this.#held = false;
    this.#sequence += 1;
    const words = { epoch: EPOCH, sequence: this.#sequence, sentMs: Date.now() };
    const delta = { form: "delta" as const, records: [...changed], removed: [...removed] };
    const { status } = await this.#hub.request<ReportAnswer>({
      method: "POST",
      path: reportPath(this.name),
      headers: { "impersonate-user": agentOf(this.name), "impersonate-group": "system:masters" },
      body: aReport(all, { ...words, ...(isDelta && delta) }),
    });
    if (!status.resync) this.#held = true;
    else if (isDelta) await this.#send(changed, removed);
    else throw new Error(`The hub did not take the snapshot of ${this.name}`);
  }
}

const EPOCH = Date.now();

function agentOf(cluster: string): string {
  return `system:open-cluster-management:cluster:${cluster}:addon:${ADDON}:agent:${ADDON}`;
}

function keyOf({ k, ns, n }: WorkloadRecord): string {
  return recordKey(k, ns, n);
}
