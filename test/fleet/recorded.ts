// Connections that remember what was asked of them, and one whose process dies at a chosen moment.
import { isConflict } from "../../shared/kube/errors.ts";
import type { Kube, KubeRequest } from "../../shared/kube/types.ts";

export interface Recorded {
  kube: Kube;
  /** Every request but the watches: method and path. */
  requests: string[];
  /** The requests of these that changed something. */
  writes: string[];
  conflicts: number;
}

/** A connection that remembers what goes over it. */
export function recorded(kube: Kube): Recorded {
  const record: Recorded = { kube, requests: [], writes: [], conflicts: 0 };
  record.kube = {
    ...kube,
    request: async <T>(request: KubeRequest): Promise<T> => {
      const text = `${request.method} ${request.path}`;
      record.requests.push(text);
      try {
        const answer = await kube.request<T>(request);
        if (request.method !== "GET") record.writes.push(text);
        return answer;
      } catch (cause) {
        if (isConflict(cause)) record.conflicts += 1;
        throw cause;
      }
    },
  };
  return record;
}

/**
 * A connection of a process that dies as soon as the server has carried out its n-th write: nobody reads the answer, and
 * nothing that was about to be sent is. Writes go one after another, so that the n-th is the same one each time.
 */
export function mortal(kube: Kube, lastWrite: number, die: (reason: Error) => void): Kube {
  const reason = new Error("killed");
  let left = lastWrite;
  let turn = Promise.resolve();
  const write = async <T>(request: KubeRequest): Promise<T> => {
    if (left === 0) throw reason;
    const answer = await kube.request<T>(request);
    left -= 1;
    if (left > 0) return answer;
    die(reason);
    throw reason;
  };
  return {
    ...kube,
    request: async <T>(request: KubeRequest): Promise<T> => {
      if (request.method === "GET") return kube.request<T>(request);
      const before = turn;
      const mine = Promise.withResolvers<void>();
      turn = mine.promise;
      await before;
      try {
        return await write<T>(request);
      } finally {
        mine.resolve();
      }
    },
  };
}
