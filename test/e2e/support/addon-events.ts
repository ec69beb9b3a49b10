// Follows one ManagedClusterAddOn and keeps each state that the hub has told of it: what flips in between is seen too.
import type { Condition, Kube, KubeObject } from "../../../shared/kube/types.ts";
import { lookAt, until } from "../harness/polling.ts";
import { ADDON, addonPath } from "./addon.ts";

/** A ManagedClusterAddOn as OCM 1.2 stores it, as far as suites read it. */
export interface Addon extends KubeObject {
  status?: {
    conditions?: Condition[];
    namespace?: string;
    healthCheck?: { mode?: string };
    kubeClientDriver?: string;
    registrations?: { signerName: string; subject?: { user?: string; groups?: string[] } }[];
    configReferences?: { desiredConfig?: { specHash?: string }; lastAppliedConfig?: object }[];
  };
}

interface AddonList {
  metadata: { resourceVersion: string };
  items: Addon[];
}

interface State {
  resourceVersion: string | undefined;
  conditions: Condition[];
}

export interface AddonEvents {
  /** Waits until all that was written up to now has been told. */
  caughtUp(): Promise<void>;
  /** `status/reason` of a condition in each state, repeats folded; "absent" where it is not there. */
  way(type: string): string[];
  /** Conditions whose lastTransitionTime has moved though their status has not. */
  movedTimes(): string[];
  stop(): void;
}

/** Follows the add-on of a cluster from how it is now. */
export async function followAddon(hub: Kube, cluster: string): Promise<AddonEvents> {
  const path = addonPath(cluster).replace(/\/[^/]+$/, "");
  const fieldSelector = `metadata.name=${ADDON}`;
  const list = await hub.request<AddonList>({ method: "GET", path, query: { fieldSelector } });
  const states = list.items.map(stateOf);
  const { resourceVersion } = list.metadata;
  const end = new AbortController();
  let failure: unknown;
  const reading = (async () => {
    const query = { watch: true, fieldSelector, resourceVersion };
    for await (const line of hub.open({ method: "GET", path, query, signal: end.signal })) {
      const { type, object } = JSON.parse(line) as { type: string; object: Addon };
      states.push(type === "DELETED" ? { ...stateOf(object), conditions: [] } : stateOf(object));
    }
  })();
  reading.catch((cause: unknown) => {
    if (!end.signal.aborted) failure = cause;
  });
  const seen = (): State[] => {
    if (failure !== undefined) throw new Error(`The add-on of ${cluster} is not followed any more`, { cause: failure });
    return states;
  };
  return {
    caughtUp: async () => {
      const { metadata } = await hub.request<Addon>({ method: "GET", path: addonPath(cluster) });
      const told = (): boolean => seen().some((state) => state.resourceVersion === metadata.resourceVersion);
      await until(`the events up to ${metadata.resourceVersion}`, () => lookAt(told(), states.length), {
        limitMs: 10_000,
      });
    },
    way: (type) => {
      const words = seen().map(({ conditions }) => textOf(conditions.find((condition) => condition.type === type)));
      return words.filter((word, index) => word !== words[index - 1]);
    },
    movedTimes: () =>
      seen().flatMap(({ conditions }, index) => movedBetween(states[index - 1]?.conditions ?? [], conditions)),
    stop: () => end.abort(),
  };
}

function stateOf({ metadata, status }: Addon): State {
  return { resourceVersion: metadata.resourceVersion, conditions: status?.conditions ?? [] };
}

function textOf(condition: Condition | undefined): string {
  return condition === undefined ? "absent" : `${condition.status}/${condition.reason}`;
}

function movedBetween(before: readonly Condition[], after: readonly Condition[]): string[] {
  return after.flatMap(({ type, status, lastTransitionTime }) => {
    const old = before.find((condition) => condition.type === type);
    const moved = old?.status === status && old.lastTransitionTime !== lastTransitionTime;
    return moved ? [`${type} ${status}: ${old.lastTransitionTime} to ${lastTransitionTime}`] : [];
  });
}
