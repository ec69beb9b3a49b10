// Trouble on demand: tests make chosen requests slow, refused or cut off.
import type { ServerResponse } from "node:http";
import type { RequestInfo } from "./request-info.ts";

export interface Fault {
  /** Which requests; default: all. */
  matches?: (request: RequestInfo, user: string) => boolean;
  /** How many requests it hits before it goes by itself; default: until removed. */
  times?: number;
  /** Wait so long before anything else. */
  delayMs?: number;
  /** Answer with this code instead of serving the request. */
  status?: number;
  retryAfterSeconds?: number;
  /** Close the connection without an answer. */
  drop?: boolean;
}

const REASONS: Record<number, string> = {
  401: "Unauthorized",
  403: "Forbidden",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

export class Faults {
  readonly #faults = new Map<Fault, number>();

  /** Adds a fault. Returns the way to remove it. */
  add(fault: Fault): () => void {
    this.#faults.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
    return () => {
      this.#faults.delete(fault);
    };
  }

  /** The fault that hits this request, counted; undefined for none. */
  take(request: RequestInfo, user: string): Fault | undefined {
    for (const [fault, left] of this.#faults) {
      if (fault.matches && !fault.matches(request, user)) continue;
      if (left <= 1) this.#faults.delete(fault);
      else this.#faults.set(fault, left - 1);
      return fault;
    }
    return undefined;
  }
}

/** Answers as the fault says. Returns false when the request is to be served after all. */
export async function suffer(fault: Fault, response: ServerResponse): Promise<boolean> {
  if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault.drop) {
    response.socket?.destroy();
    return true;
  }
  if (fault.status === undefined) return false;
  const reason = REASONS[fault.status] ?? "InternalError";
  const headers = fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
  response.writeHead(fault.status, { "content-type": "application/json", ...headers });
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason, code: fault.status };
  response.end(JSON.stringify({ ...status, message: `fault on demand: ${reason}` }));
  return true;
}
