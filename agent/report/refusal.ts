// What a failed report means: whether the manager can have seen it, when to come back, how to name it in the log.
import { ApiError } from "../../shared/kube/errors.ts";
import { RETRY_AFTER_MOST_MS } from "./tempo.ts";

export interface Refusal {
  /** The request was turned away before the manager took anything in. */
  untouched: boolean;
  /** Somebody on the way takes no report of this size. */
  tooLarge: boolean;
  /** The manager was not reached: what it would have said is not known. */
  away: boolean;
  retryAfterMs: number;
  /** The same for the same trouble: what the log tells once. */
  name: string;
}

/** Answers given in front of the manager's memory: authentication, authorisation, no such path, size, too many requests. */
const UNTOUCHED: readonly number[] = [401, 403, 404, 413, 429];
const TOO_LARGE: readonly number[] = [413, 507];
/** No answer at all, and the answers of what stands in front of a manager that may come back. */
const AWAY: readonly number[] = [0, 401, 403, 404, 429, 502, 503];

/** Judges a failure to send a report. */
export function refusal(error: Error): Refusal {
  if (!(error instanceof ApiError)) {
    return { untouched: false, tooLarge: false, away: false, retryAfterMs: 0, name: error.name };
  }
  return {
    untouched: UNTOUCHED.includes(error.status),
    tooLarge: TOO_LARGE.includes(error.status),
    away: AWAY.includes(error.status) && error.reason !== "BadAnswer",
    retryAfterMs: Math.min(error.retryAfterMs ?? 0, RETRY_AFTER_MOST_MS),
    name: `${error.status}/${error.reason}`,
  };
}
