// What a failed report means: whether the manager can have seen it, when to come back, how to name it in the log.
import { ApiError } from "../../shared/kube/errors.ts";

export interface Refusal {
  /** The request was turned away before the manager took anything in. */
  untouched: boolean;
  retryAfterMs: number;
  /** The same for the same trouble: what the log tells once. */
  name: string;
}

/** Answers given in front of the manager's memory: authentication, authorisation, no such path, too many requests. */
const UNTOUCHED: readonly number[] = [401, 403, 404, 429];

/** Judges a failure to send a report. */
export function refusal(error: Error): Refusal {
  if (!(error instanceof ApiError)) return { untouched: false, retryAfterMs: 0, name: error.name };
  return {
    untouched: UNTOUCHED.includes(error.status),
    retryAfterMs: error.retryAfterMs ?? 0,
    name: `${error.status}/${error.reason}`,
  };
}
