// In which order objects go. All are in one etcd, so that the version of each last change tells it exactly, whatever a
// watch was slower to bring.
import { collectionPath } from "../../../shared/kube/paths.ts";
import type { Kube, KubeObject, Resource } from "../../../shared/kube/types.ts";
import { lookAt, until } from "../harness/polling.ts";

export interface Watched {
  /** What it is called in the result. */
  name: string;
  resource: Resource;
  namespace?: string;
  /** Only this one; without it any of them. */
  object?: string;
}

export interface Removals {
  /** The names in the order in which they were gone. */
  order(): string[];
  /** The time from the first that went to this one, by our own clock. */
  afterMs(name: string): number;
  until(...names: string[]): Promise<void>;
  stop(): void;
}

/** Follows these from now on. */
export function followRemovals(kube: Kube, watched: readonly Watched[]): Removals {
  const stop = new AbortController();
  const went = new Map<string, { version: number; atMs: number }>();
  const follow = async ({ name, resource, namespace, object }: Watched): Promise<void> => {
    const path = collectionPath(resource, namespace);
    const fieldSelector = object === undefined ? undefined : `metadata.name=${object}`;
    const query = { watch: true, ...(fieldSelector !== undefined && { fieldSelector }) };
    for await (const line of kube.open({ method: "GET", path, query, signal: stop.signal })) {
      const { type, object: seen } = JSON.parse(line) as { type: string; object: KubeObject };
      if (type === "DELETED" && !went.has(name)) {
        went.set(name, { version: Number(seen.metadata.resourceVersion), atMs: performance.now() });
      }
    }
  };
  for (const one of watched) follow(one).catch(() => undefined);
  const sorted = () => [...went].toSorted(([, a], [, b]) => a.version - b.version);
  return {
    order: () => sorted().map(([name]) => name),
    afterMs: (name) => (went.get(name)?.atMs ?? Infinity) - Math.min(...[...went.values()].map(({ atMs }) => atMs)),
    until: async (...names) => {
      const isDone = () => names.every((name) => went.has(name));
      await until(`${names.join(", ")} to go`, () => lookAt(isDone(), [...went.keys()]), {
        limitMs: 30_000,
        everyMs: 20,
      });
    },
    stop: () => stop.abort(),
  };
}
