// Tells when a mark first appears in a collection's watch.
import type { Kube } from "../../shared/kube/types.ts";
import { machineMs } from "./process-figures.ts";

export interface Arrivals<M> {
  /** Resolves with the moment, in milliseconds of the machine's monotonic clock. */
  of(mark: M): Promise<number>;
  stop(): void;
}

interface Watched<T, M> {
  path: string;
  query?: Record<string, string>;
  /** The mark that an object carries, if any. */
  read: (object: T) => M | undefined;
}

/** Watches a collection: all of it, or from the resourceVersion in the query on. */
export function arrivals<T, M>(kube: Kube, { path, query = {}, read }: Watched<T, M>): Arrivals<M> {
  const moments = new Map<M, PromiseWithResolvers<number>>();
  const moment = (mark: M): PromiseWithResolvers<number> => {
    const known = moments.get(mark) ?? Promise.withResolvers<number>();
    moments.set(mark, known);
    return known;
  };
  const stop = new AbortController();
  const reading = (async () => {
    for await (const line of kube.open({
      method: "GET",
      path,
      query: { ...query, watch: true },
      signal: stop.signal,
    })) {
      const atMs = machineMs();
      const mark = read((JSON.parse(line) as { object: T }).object);
      if (mark !== undefined) moment(mark).resolve(atMs);
    }
  })();
  reading.catch((cause: unknown) => {
    if (!stop.signal.aborted) console.error(`A watch on ${path} ended: ${String(cause)}`);
  });
  return { of: async (mark) => moment(mark).promise, stop: () => stop.abort() };
}

/** The resourceVersion of a collection now: a watch from it brings only what comes later. */
export async function versionNow(kube: Kube, path: string): Promise<string> {
  const list = await kube.request<{ metadata: { resourceVersion: string } }>({
    method: "GET",
    path,
    query: { limit: 1 },
  });
  return list.metadata.resourceVersion;
}
